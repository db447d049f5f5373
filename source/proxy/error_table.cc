#include "source/proxy/error_table.h"

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

// Envoy's sentence with the reason at its end.
#define RESET_BODY(reason) \
  "upstream connect error or disconnect/reset before headers. reset reason: " reason

constexpr Row kRows[] = {
    {ErrorKind::kConnectFailed,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamConnectionFailure,
      "upstream_reset_before_response_started{remote_connection_failure}",
      RESET_BODY("remote connection failure")}},
    {ErrorKind::kConnectTimeout,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamConnectionFailure,
      "upstream_reset_before_response_started{connection_timeout}",
      RESET_BODY("connection timeout")}},
    {ErrorKind::kConnectionClosed,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamConnectionTermination,
      "upstream_reset_before_response_started{connection_termination}",
      RESET_BODY("connection termination")}},
    {ErrorKind::kStreamReset,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamRemoteReset,
      "upstream_reset_before_response_started{remote_reset}", RESET_BODY("remote reset")}},
    {ErrorKind::kRefusedStream,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamRemoteReset,
      "upstream_reset_before_response_started{remote_refused_stream_reset}",
      RESET_BODY("remote refused stream reset")}},
    {ErrorKind::kMalformed,
     Side::kUpstream,
     {502, ResponseFlag::kUpstreamProtocolError,
      "upstream_reset_before_response_started{protocol_error}", RESET_BODY("protocol error")}},
    {ErrorKind::kHeadersTooLarge,
     Side::kUpstream,
     {502, ResponseFlag::kUpstreamProtocolError,
      "upstream_reset_before_response_started{protocol_error}", RESET_BODY("protocol error")}},
    {ErrorKind::kUnsupported,
     Side::kUpstream,
     {502, ResponseFlag::kUpstreamProtocolError,
      "upstream_reset_before_response_started{protocol_error}", RESET_BODY("protocol error")}},
    {ErrorKind::kFlood,
     Side::kUpstream,
     {502, ResponseFlag::kUpstreamProtocolError,
      "upstream_reset_before_response_started{protocol_error}", RESET_BODY("protocol error")}},
    {ErrorKind::kBodyTooLarge,
     Side::kUpstream,
     {500, std::nullopt, "response_payload_too_large", "Internal Server Error"}},
    {ErrorKind::kOverflow,
     Side::kUpstream,
     {503, ResponseFlag::kUpstreamOverflow, "upstream_reset_before_response_started{overflow}",
      RESET_BODY("overflow")}},
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
     {503, ResponseFlag::kLocalReset, "upstream_reset_before_response_started{local_reset}",
      RESET_BODY("local reset")}},
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

#undef RESET_BODY

}  // namespace

ErrorAnswer AnswerFor(const http::StreamError& error) {
  for (const Row& row : kRows) {
    if (row.kind == error.kind && row.side == error.side) return row.answer;
  }
  return {500, std::nullopt, "internal_error", ""};
}

}  // namespace weir::proxy
