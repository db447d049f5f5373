#include "source/proxy/proxy_status.h"

#include <string>

#include "source/base/strings.h"

namespace weir::proxy {
namespace {

using stream_info::ResponseFlag;

struct Row {
  ResponseFlag flag;
  std::string_view error;  // RFC 9209, 2.3
  uint16_t recommended;    // 0: the RFC has none.
};

// Of several flags the first one here counts: Envoy's order, and its errors.
constexpr Row kRows[] = {
    {ResponseFlag::kFailedLocalHealthCheck, "destination_unavailable", 503},
    {ResponseFlag::kNoHealthyUpstream, "destination_unavailable", 503},
    {ResponseFlag::kUpstreamRequestTimeout, "http_response_timeout", 504},
    {ResponseFlag::kLocalReset, "connection_timeout", 504},
    {ResponseFlag::kUpstreamRemoteReset, "connection_terminated", 502},
    {ResponseFlag::kUpstreamConnectionFailure, "connection_refused", 502},
    {ResponseFlag::kUpstreamConnectionTermination, "connection_terminated", 502},
    {ResponseFlag::kUpstreamOverflow, "connection_limit_reached", 503},
    {ResponseFlag::kNoRouteFound, "destination_not_found", 500},
    {ResponseFlag::kUpstreamRetryLimitExceeded, "destination_unavailable", 503},
    {ResponseFlag::kStreamIdleTimeout, "http_response_timeout", 504},
    {ResponseFlag::kInvalidEnvoyRequestHeaders, "http_request_error", 0},
    {ResponseFlag::kDownstreamProtocolError, "http_request_error", 0},
    {ResponseFlag::kUpstreamMaxStreamDurationReached, "http_response_timeout", 504},
    {ResponseFlag::kUpstreamProtocolError, "http_protocol_error", 502},
    {ResponseFlag::kNoClusterFound, "destination_unavailable", 503},
};

const Row* ErrorOf(const stream_info::ResponseFlags& flags) {
  if (flags.empty()) return nullptr;
  for (const Row& row : kRows) {
    if (flags.Has(row.flag)) return &row;
  }
  return nullptr;
}

// Behind what is there; a string holds printable ASCII alone (RFC 9651, 3.3.3).
void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c < ' ' || c > '~') continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

void AppendDetails(std::string& out, const config::ProxyStatus& config,
                   const stream_info::StreamInfo& info) {
  if (!config.details || info.response_code_details.empty()) return;
  out += "; details=\"";
  AppendEscaped(out, info.response_code_details);
  const std::string_view termination = info.connection.further->termination_details;
  if (config.termination_details && !termination.empty()) {
    out += "; ";
    AppendEscaped(out, termination);
  }
  if (config.flags) {
    out += "; ";
    info.flags.AppendShortNames(out);
  }
  out += '"';
}

}  // namespace

void SayProxyStatus(const config::ProxyStatus& config, const stream_info::StreamInfo& info,
                    http::ResponseHead& head) {
  const Row* const row = ErrorOf(info.flags);
  if (row == nullptr) return;
  // Errors are no hot path.
  std::string value = StrCat(config.name, "; error=", row->error);
  AppendDetails(value, config, info);
  head.headers.Add("proxy-status", value);
  if (config.recommended_code && row->recommended != 0) head.status = row->recommended;
}

}  // namespace weir::proxy
