// The fields by which a request, or the answer to it, steers the proxy: timeouts and retries
// (x-envoy-*, grpc-timeout), who the client is (x-forwarded-for), its certificate
// (x-forwarded-client-cert), when to come again, and the key of a WebSocket. The first byte chooses
// the settings; fields of the request, an empty line, fields of the answer.
#include <algorithm>

#include "source/base/check.h"
#include "source/proxy/client_address.h"
#include "source/proxy/client_certificate.h"
#include "source/proxy/request_overrides.h"
#include "source/proxy/websocket.h"
#include "test/fuzz/fields.h"

namespace weir::proxy {
namespace {

using std::chrono::milliseconds;

void CheckValid(const http::HeaderMap& headers) {
  for (const http::HeaderField& field : headers) {
    WEIR_CHECK(http::HeaderMap::IsValidName(field.name), "a name that cannot be sent");
    WEIR_CHECK(http::HeaderMap::IsValidValue(field.value), "a value that cannot be sent");
  }
}

config::HttpConnectionManager ConfigOf(uint8_t bits) {
  config::HttpConnectionManager config;
  config.use_remote_address = (bits & 1) != 0;
  config.skip_xff_append = (bits & 2) != 0;
  config.append_x_forwarded_port = (bits & 4) != 0;
  config.ipv4_as_mapped_ipv6 = (bits & 8) != 0;
  config.xff_num_trusted_hops = bits >> 4 & 3;
  config.internal_addresses.ranges = config::InternalAddresses::PrivateRanges();
  config.client_cert = {.mode = static_cast<config::ForwardClientCert>(bits % 5),
                        .details = {true, true, true, true, true}};
  if ((bits & 0x40) != 0) {
    config.ip_detection.push_back(config::HeaderDetection{.name = "x-client", .trusted = true});
  }
  if ((bits & 0x80) != 0) {
    config.ip_detection.push_back(
        config::XffDetection{.trusted = config::InternalAddresses::PrivateRanges()});
  }
  return config;
}

void FillConnection(http::HeaderMap& headers, stream_info::ConnectionInfo& connection) {
  connection.local_address = *net::Address::Parse("10.0.0.1:443");
  connection.remote_address = *net::Address::Parse("10.0.0.2:5000");
  // Names in certificates are what their authors wrote.
  const std::string name(headers.Get("x-certificate").value_or("CN=a"));
  auto facts = MakeLocal<net::TlsFacts>();
  facts->peer = std::make_shared<const net::CertificateFacts>(net::CertificateFacts{
      .subject = name, .uri_names = {name}, .dns_names = {name}, .pem = name});
  facts->peer_authorities = {{.pem = name}};
  facts->local = facts->peer;
  connection.tls = std::move(facts);
}

void CheckClient(const config::HttpConnectionManager& config, http::RequestHead& head) {
  stream_info::ConnectionInfo connection;
  FillConnection(head.headers, connection);
  stream_info::StreamInfo info(connection);
  const FoundClient found = FindClient(config, info, head);
  WEIR_CHECK(info.downstream_remote_address.is_ip(), "somebody is the client");
  if (found.origin == Origin::kInternal) {
    WEIR_CHECK(config.internal_addresses.Contains(info.downstream_remote_address), "one of ours");
  }
  ForwardClientCertificate(config, info, head);
  CheckValid(head.headers);
}

// Of conditions the two that each policy has, and more of them.
const config::RetryPolicy& Policy(bool more) {
  static const auto* const kPolicy = new config::RetryPolicy{
      .retry_on = config::kRetryOn5xx | config::kRetryOnRetriableHeaders,
      .num_retries = 3,
      .reset_headers = {{.field = "retry-after"},
                        {.field = "x-ratelimit-reset", .unix_timestamp = true}},
  };
  static const auto* const kMore = [] {
    auto* const policy = new config::RetryPolicy(*kPolicy);
    policy->retry_on = ~config::kRetryOn5xx;
    policy->retriable_status_codes = {404, 418};
    policy->retriable_headers = {{.name = "x-again"}};
    policy->retriable_request_headers = {{.name = "x-may-be-repeated"}};
    return policy;
  }();
  return more ? *kMore : *kPolicy;
}

// Whatever may end a try without an answer.
void CheckErrors(const Retry& retry) {
  for (int kind = 1; kind <= static_cast<int>(http::ErrorKind::kOverloaded); ++kind) {
    const http::StreamError error{.kind = static_cast<http::ErrorKind>(kind)};
    http::StreamError unprocessed = error;
    unprocessed.unprocessed = true;
    WEIR_CHECK(!retry.Wants(error) || retry.Wants(unprocessed), "what was not read is no worse");
  }
}

void CheckRetry(const RequestOverrides& overrides, const http::RequestHead& head,
                const http::ResponseHead& response, bool more) {
  const config::RetryPolicy& policy = Policy(more);
  Retry retry(&policy, overrides.retry, head);
  const event::SystemTime now = event::SystemTime{} + std::chrono::seconds(1'700'000'000);
  (void)retry.Wants(response);
  CheckErrors(retry);
  CheckErrors(Retry(nullptr, overrides.retry, head));
  if (!retry.any_left()) return;
  const auto wait = retry.TakeAsAsked(response, now, 12345);
  if (wait.has_value()) {
    WEIR_CHECK(wait->count() > 0 && *wait <= 2 * policy.reset_max, "a wait has its limits");
  } else if (retry.any_left()) {
    WEIR_CHECK(retry.Take(12345) <= policy.back_off_max, "so has one of ours");
  }
}

// A time that a gRPC call is told is no longer than the one that is left.
void CheckWritten(milliseconds time) {
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  http::RequestHead head(arena);
  head.headers.Add(http::HeaderId::kGrpcTimeout, GrpcTimeoutText(time));
  const auto again = GrpcTimeout(head);
  WEIR_CHECK(again.has_value() && *again <= time, "it is written as it is read");
  WEIR_CHECK(*again == time || time > std::chrono::hours(27), "and exactly, where that fits");
}

void CheckStrict(const http::RequestHead& head) {
  using http::HeaderId;
  constexpr HeaderId kChecked[] = {
      HeaderId::kXEnvoyUpstreamRqTimeoutMs, HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs,
      HeaderId::kXEnvoyMaxRetries, HeaderId::kXEnvoyRetryOn, HeaderId::kXEnvoyRetryGrpcOn};
  const http::HeaderField* const field = UnreadableOverride(head, kChecked);
  if (field == nullptr) return;
  WEIR_CHECK(std::find(std::begin(kChecked), std::end(kChecked), field->id) != std::end(kChecked),
             "one of those that are checked");
}

void CheckTimes(const RequestOverrides& overrides, const http::RequestHead& head) {
  for (const auto& time : {overrides.timeout, overrides.per_try_timeout, overrides.max_duration}) {
    WEIR_CHECK(!time.has_value() || time->count() >= 0, "no time is negative");
  }
  const auto grpc = GrpcTimeout(head);
  WEIR_CHECK(!grpc.has_value() || grpc->count() >= 0, "no time is negative");
  if (grpc.has_value()) CheckWritten(*grpc);
  config::RouteAction action;
  action.grpc_timeout =
      config::GrpcTimeoutLimit{.max = milliseconds(700), .offset = milliseconds(30)};
  const bool bounded = BoundsGrpcTimeout(action, head);
  WEIR_CHECK(TimeoutOf(action, head) <= milliseconds(bounded ? 700 : 15000), "a limit");
  action.grpc_timeout->max = milliseconds(0);
  (void)TimeoutOf(action, head);
  action.max_stream_duration = config::MaxStreamDuration{.grpc_header_max = milliseconds(500),
                                                         .grpc_header_offset = milliseconds(20)};
  const auto most = MaxStreamDurationOf(action, head);
  WEIR_CHECK(!grpc.has_value() || (most->count() >= 1 && *most <= milliseconds(500)), "a limit");
}

void CheckWebSocket(const http::RequestHead& head) {
  event::Random random(head.headers.size());
  const std::string_view made = NewWebSocketKey(random, head.headers.arena());
  WEIR_CHECK(made.size() == 24, "16 bytes in base64");  // RFC 6455, 4.1
  const auto key = head.headers.Get(kWebSocketKey);
  if (!key.has_value()) return;
  const std::string_view accept = WebSocketAccept(*key, head.headers.arena());
  WEIR_CHECK(accept.size() == 28, "SHA-1 in base64");  // RFC 6455, 4.2.2
}

}  // namespace
}  // namespace weir::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::proxy;
  std::string_view rest = weir::TextOf(data, size);
  const uint8_t bits = weir::TakeByte(rest);
  weir::buffer::BlockPool pool;
  weir::buffer::Arena arena(pool);
  weir::http::RequestHead head(arena);
  head.method = "GET";
  head.path = "/";
  head.authority = "a.example";
  weir::TakeFields(rest, head.headers);
  weir::http::ResponseHead response(arena);
  response.status = static_cast<uint16_t>(200 + bits * 3 / 2);
  weir::TakeFields(rest, response.headers);
  CheckStrict(head);
  const RequestOverrides overrides = TakeOverrides(head, (bits & 1) != 0);
  CheckTimes(overrides, head);
  CheckWebSocket(head);
  CheckRetry(overrides, head, response, (bits & 2) != 0);
  CheckClient(ConfigOf(bits), head);
  return 0;
}
