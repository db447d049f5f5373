#include "source/proxy/error_table.h"

#include <algorithm>

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::Side;
using stream_info::ResponseFlag;

struct Row {
  ErrorKind kind;
  Side side;
  ErrorAnswer answer;
};

#define RESET_BODY "upstream connect error or disconnect/reset before headers. "
#define RESET_DETAILS "upstream_reset_before_response_started{"
// Details and body of a reset upstream: Envoy's sentences with the reason at their end.
#define RESET(word, reason) RESET_DETAILS word "}", RESET_BODY "reset reason: " reason, reason

constexpr Row kRows[] = {
    {ErrorKind::kConnectFailed,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamConnectionFailure,
      RESET("remote_connection_failure", "remote connection failure")}},
    {ErrorKind::kConnectTimeout,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamConnectionFailure,
      RESET("connection_timeout", "connection timeout")}},
    {ErrorKind::kConnectionClosed,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamConnectionTermination,
      RESET("connection_termination", "connection termination")}},
    {ErrorKind::kStreamReset,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamRemoteReset, RESET("remote_reset", "remote reset")}},
    {ErrorKind::kRefusedStream,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamRemoteReset,
      RESET("remote_refused_stream_reset", "remote refused stream reset")}},
    {ErrorKind::kMalformed,
     Side::kUpstream,
     {502, ResponseFlag::kUpstreamProtocolError, RESET("protocol_error", "protocol error")}},
    {ErrorKind::kHeadersTooLarge,
     Side::kUpstream,
     {502, ResponseFlag::kUpstreamProtocolError, RESET("protocol_error", "protocol error")}},
    {ErrorKind::kUnsupported,
     Side::kUpstream,
     {502, ResponseFlag::kUpstreamProtocolError, RESET("protocol_error", "protocol error")}},
    {ErrorKind::kFlood,
     Side::kUpstream,
     {502, ResponseFlag::kUpstreamProtocolError, RESET("protocol_error", "protocol error")}},
    {ErrorKind::kBodyTooLarge,
     Side::kUpstream,
     {500, std::nullopt, "response_payload_too_large", "Internal Server Error"}},
    {ErrorKind::kOverflow,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamOverflow, RESET("overflow", "overflow")}},
    {ErrorKind::kNoHealthyHost,
     Side::kUpstream,
     {503, ResponseFlag::kNoHealthyUpstream, "no_healthy_upstream", "no healthy upstream"}},
    {ErrorKind::kNoCluster,
     Side::kUpstream,
     {503, ResponseFlag::kNoClusterFound, "cluster_not_found", ""}},
    {ErrorKind::kNoRoute,
     Side::kDownstream,
     {404, ResponseFlag::kNoRouteFound, "route_not_found", ""}},
    {ErrorKind::kUpstreamTimeout,
     Side::kUpstream,
     {504, ResponseFlag::kUpstreamRequestTimeout, "response_timeout", "upstream request timeout"}},
    {ErrorKind::kPerTryTimeout,
     Side::kUpstream,
     {504, ResponseFlag::kUpstreamRequestTimeout, "upstream_per_try_timeout",
      "upstream request timeout"}},
    {ErrorKind::kPerTryIdleTimeout,
     Side::kUpstream,
     {504, ResponseFlag::kStreamIdleTimeout, "upstream_per_try_idle_timeout",
      "upstream request timeout"}},
    {ErrorKind::kLocalReset,
     Side::kUpstream,
     {503, ResponseFlag::kLocalReset, RESET("local_reset", "local reset")}},
    {ErrorKind::kRequestTimeout,
     Side::kDownstream,
     {408, std::nullopt, "request_overall_timeout", "request timeout"}},
    {ErrorKind::kIdleTimeout,
     Side::kDownstream,
     {408, ResponseFlag::kStreamIdleTimeout, "stream_idle_timeout", "stream timeout"}},
    {ErrorKind::kMaxDuration,
     Side::kDownstream,
     {408, ResponseFlag::kDurationTimeout, "max_duration_timeout", "downstream duration timeout"}},
    {ErrorKind::kMaxDuration,
     Side::kUpstream,
     {408, ResponseFlag::kUpstreamMaxStreamDurationReached, "upstream_max_stream_duration_reached",
      "upstream max stream duration reached"}},
    {ErrorKind::kBodyTooLarge,
     Side::kDownstream,
     {413, std::nullopt, "request_payload_too_large", "Payload Too Large"}},
    {ErrorKind::kHeadersTooLarge,
     Side::kDownstream,
     {431, ResponseFlag::kDownstreamProtocolError, "request_headers_too_large", ""}},
    {ErrorKind::kMalformed,
     Side::kDownstream,
     {400, ResponseFlag::kDownstreamProtocolError, "codec_error", "Bad Request"}},
    {ErrorKind::kFlood,
     Side::kDownstream,
     {400, ResponseFlag::kDownstreamProtocolError, "codec_error", "Bad Request"}},
    {ErrorKind::kOverloaded,
     Side::kDownstream,
     {503, ResponseFlag::kOverloadManager, "overload", "envoy overloaded"}},
};

#undef RESET

// Words of the transport within response_code_details, which have no spaces.
std::string_view WithoutSpaces(std::string_view text, buffer::Arena& arena) {
  char* const copy = arena.Allocate(text.size());
  std::replace_copy(text.begin(), text.end(), copy, ' ', '_');
  return {copy, text.size()};
}

}  // namespace

ErrorAnswer AnswerFor(const http::StreamError& error) {
  for (const Row& row : kRows) {
    if (row.kind == error.kind && row.side == error.side) return row.answer;
  }
  return {500, std::nullopt, "internal_error", ""};
}

ErrorAnswer AnswerFor(const http::StreamError& error, const stream_info::UpstreamInfo& upstream,
                      buffer::Arena& arena) {
  ErrorAnswer answer = AnswerFor(error);
  const std::string_view transport = upstream.transport_failure_reason;
  const bool again = upstream.attempts > 1;
  if (answer.reset_reason.empty() || (transport.empty() && !again)) return answer;
  answer.body = arena.Concat({RESET_BODY, again ? "retried and the latest " : "",
                              "reset reason: ", answer.reset_reason,
                              transport.empty() ? "" : ", transport failure reason: ", transport});
  if (!transport.empty()) {
    answer.details = arena.Concat({RESET_DETAILS, WithoutSpaces(answer.reset_reason, arena), "|",
                                   WithoutSpaces(transport, arena), "}"});
  }
  return answer;
}

#undef RESET_DETAILS
#undef RESET_BODY

}  // namespace weir::proxy
