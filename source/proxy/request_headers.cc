#include "source/proxy/request_headers.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <optional>

#include "source/base/strings.h"
#include "source/proxy/client_certificate.h"
#include "source/proxy/proxy_status.h"

namespace weir::proxy {
namespace {

using http::HeaderId;

// The low 32 bits of `value` as eight hexadecimal digits, all at once: each digit in a byte.
void PutHex(char* out, uint64_t value) {
  uint64_t digits = value & 0xFFFFFFFF;
  digits = (digits | digits << 16) & 0x0000FFFF0000FFFF;
  digits = (digits | digits << 8) & 0x00FF00FF00FF00FF;
  digits = (digits | digits << 4) & 0x0F0F0F0F0F0F0F0F;
  // 1 in each byte of a digit above 9.
  const uint64_t letters = (digits + 0x0606060606060606) >> 4 & 0x0101010101010101;
  digits += 0x3030303030303030 + letters * ('a' - '0' - 10);
  digits = __builtin_bswap64(digits);
  std::memcpy(out, &digits, sizeof(digits));
}

// A random UUID (RFC 9562, 5.4) in `arena`.
std::string_view NewRequestId(event::Random& random, buffer::Arena& arena) {
  uint64_t high = random.Next(), low = random.Next();
  high = (high & ~uint64_t{0xF000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);
  char* const out = arena.Allocate(36);
  PutHex(out, high >> 32);
  out[8] = '-';
  char digits[8];
  PutHex(digits, high);
  std::memcpy(out + 9, digits, 4);
  out[13] = '-';
  std::memcpy(out + 14, digits + 4, 4);
  out[18] = '-';
  PutHex(digits, low >> 32);
  std::memcpy(out + 19, digits, 4);
  out[23] = '-';
  std::memcpy(out + 24, digits + 4, 4);
  PutHex(out + 28, low);
  return {out, 36};
}

bool HandleUnderscores(config::UnderscoresInHeaders action, http::HeaderMap& headers) {
  if (action == config::UnderscoresInHeaders::kAllow) return true;
  const auto has_underscore = [](const http::HeaderField& field) {
    return field.id == HeaderId::kOther && field.name.find('_') != std::string_view::npos;
  };
  const size_t found = headers.RemoveIf(has_underscore);
  return found == 0 || action == config::UnderscoresInHeaders::kDrop;
}

// What only our own proxies and services may ask of this one; sorted.
constexpr std::array<std::string_view, 15> kOwnRequests = {
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-force-trace",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-ip-tags",
    "x-envoy-max-retries",
    "x-envoy-original-url",
    "x-envoy-retriable-header-names",
    "x-envoy-retriable-status-codes",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-stream-duration-ms",
};

static_assert(std::is_sorted(kOwnRequests.begin(), kOwnRequests.end()));

bool IsUntrusted(const http::HeaderField& field, Origin origin) {
  if (field.id == HeaderId::kXEnvoyInternal) return true;
  if (origin == Origin::kEdge && field.name == "proxy-authorization") return true;
  if (origin == Origin::kInternal || !field.name.starts_with("x-envoy-")) return false;
  return origin == Origin::kEdge ||
         std::binary_search(kOwnRequests.begin(), kOwnRequests.end(), field.name);
}

// The authority without what the configuration strips off: the final dot of its name, its port.
void NormalizeHost(const config::HttpConnectionManager& config, const net::Address& local,
                   http::RequestHead& head) {
  if (config.host_port == config::HostPort::kKeep && !config.strip_trailing_host_dot) return;
  const size_t colon = head.authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && head.authority.find(']', colon) == std::string_view::npos;
  std::string_view name = head.authority.substr(0, has_port ? colon : head.authority.size());
  std::string_view port = has_port ? head.authority.substr(colon) : std::string_view();
  const bool dot = config.strip_trailing_host_dot && name.size() > 1 && name.ends_with('.');
  if (dot) name.remove_suffix(1);
  // The port of a CONNECT is where it goes to.
  if (!port.empty() && head.method != "CONNECT") {
    const bool matches = local.is_ip() && port.substr(1) == StrCat(local.port());
    if (config.host_port == config::HostPort::kStripAny ||
        (config.host_port == config::HostPort::kStripMatching && matches)) {
      port = {};
    }
  }
  head.authority = port.empty() ? name
                   : dot        ? head.headers.arena().Concat({name, port})
                                : head.authority;
}

}  // namespace

std::optional<Refusal> PrepareRequest(const config::HttpConnectionManager& config,
                                      stream_info::StreamInfo& info, event::Random& random,
                                      http::RequestHead& head) {
  if (!HandleUnderscores(config.underscores, head.headers)) {
    return Refusal{400, "http1.unexpected_underscore"};
  }
  if (!config.early_mutations.empty()) {
    config.early_mutations.Apply(head.headers, {.info = info, .request = &head});
  }
  NormalizeHost(config, info.connection.local_address, head);
  if (!config.scheme.empty()) head.scheme = config.scheme;
  const FoundClient client = FindClient(config, info, head);
  if (client.refuse_with != 0)
    return Refusal{client.refuse_with, "original_ip_detection_failed", true};
  const Origin origin = client.origin;
  head.headers.RemoveIf(
      [origin](const http::HeaderField& field) { return IsUntrusted(field, origin); });
  ForwardClientCertificate(config, info, head);
  const bool edge = origin == Origin::kEdge;
  if (origin == Origin::kInternal) head.headers.Add(HeaderId::kXEnvoyInternal, "true");
  if (edge && info.downstream_remote_address.is_ip()) {
    head.headers.Add(
        HeaderId::kXEnvoyExternalAddress,
        AddressText(config, info.downstream_remote_address.ip(), head.headers.arena()));
  }
  const bool renew = edge && !config.preserve_external_request_id;
  if (config.generate_request_id && (renew || !head.headers.Has(HeaderId::kXRequestId))) {
    head.headers.SetView(HeaderId::kXRequestId, NewRequestId(random, head.headers.arena()));
  }
  if (!config.via.empty()) head.headers.Add(HeaderId::kVia, config.via);
  return std::nullopt;
}

void RemoveInternalOnly(const std::vector<std::string>& names, http::RequestHead& head) {
  if (names.empty() || head.headers.Has(HeaderId::kXEnvoyInternal)) return;
  for (const std::string& name : names) head.headers.Remove(name);
}

void FinishResponse(const config::HttpConnectionManager& config, const http::RequestHead& request,
                    const stream_info::StreamInfo& info, std::string_view date,
                    http::ResponseHead& head) {
  if (config.proxy_status.has_value()) SayProxyStatus(*config.proxy_status, info, head);
  switch (config.server_header) {
    case config::ServerHeader::kOverwrite:
      head.headers.SetView(HeaderId::kServer, config.server_name);
      break;
    case config::ServerHeader::kAppendIfAbsent:
      if (!head.headers.Has(HeaderId::kServer))
        head.headers.Add(HeaderId::kServer, config.server_name);
      break;
    case config::ServerHeader::kPassThrough:
      break;
  }
  if (!head.headers.Has(HeaderId::kDate)) {
    head.headers.Add(HeaderId::kDate, date);
  }
  if (!config.via.empty()) head.headers.Add(HeaderId::kVia, config.via);
  if (config.always_set_request_id_in_response) {
    if (const auto id = request.headers.Get(HeaderId::kXRequestId)) {
      head.headers.Set(HeaderId::kXRequestId, *id);
    }
  }
}

std::string_view DateText::At(event::SystemTime now) {
  const int64_t second =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (second != second_) {
    second_ = second;
    const std::time_t time = static_cast<std::time_t>(second);
    std::tm parts;
    gmtime_r(&time, &parts);
    std::strftime(text_, sizeof(text_), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return {text_, 29};
}

}  // namespace weir::proxy
