// The header fields that the proxy itself reads or writes, as small integers.
//
// Finding one of these in a map compares bytes, not strings. Names are lower case (RFC
// 9113, 8.2.1).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace weir::http {

// X(enumerator, wire name)
#define WEIR_KNOWN_HEADERS(X)                                                        \
  X(kAccept, "accept")                                                               \
  X(kAcceptEncoding, "accept-encoding")                                              \
  X(kAuthorization, "authorization")                                                 \
  X(kCacheControl, "cache-control")                                                  \
  X(kConnection, "connection")                                                       \
  X(kContentEncoding, "content-encoding")                                            \
  X(kContentLength, "content-length")                                                \
  X(kContentType, "content-type")                                                    \
  X(kCookie, "cookie")                                                               \
  X(kDate, "date")                                                                   \
  X(kExpect, "expect")                                                               \
  X(kForwarded, "forwarded")                                                         \
  X(kGrpcMessage, "grpc-message")                                                    \
  X(kGrpcStatus, "grpc-status")                                                      \
  X(kGrpcTimeout, "grpc-timeout")                                                    \
  X(kHost, "host")                                                                   \
  X(kHttp2Settings, "http2-settings")                                                \
  X(kKeepAlive, "keep-alive")                                                        \
  X(kLocation, "location")                                                           \
  X(kOrigin, "origin")                                                               \
  X(kProxyConnection, "proxy-connection")                                            \
  X(kReferer, "referer")                                                             \
  X(kRetryAfter, "retry-after")                                                      \
  X(kServer, "server")                                                               \
  X(kSetCookie, "set-cookie")                                                        \
  X(kTe, "te")                                                                       \
  X(kTrailer, "trailer")                                                             \
  X(kTransferEncoding, "transfer-encoding")                                          \
  X(kUpgrade, "upgrade")                                                             \
  X(kUserAgent, "user-agent")                                                        \
  X(kVia, "via")                                                                     \
  X(kXEnvoyAttemptCount, "x-envoy-attempt-count")                                    \
  X(kXEnvoyDecoratorOperation, "x-envoy-decorator-operation")                        \
  X(kXEnvoyDownstreamServiceCluster, "x-envoy-downstream-service-cluster")           \
  X(kXEnvoyDownstreamServiceNode, "x-envoy-downstream-service-node")                 \
  X(kXEnvoyExpectedRqTimeoutMs, "x-envoy-expected-rq-timeout-ms")                    \
  X(kXEnvoyExternalAddress, "x-envoy-external-address")                              \
  X(kXEnvoyForceTrace, "x-envoy-force-trace")                                        \
  X(kXEnvoyHedgeOnPerTryTimeout, "x-envoy-hedge-on-per-try-timeout")                 \
  X(kXEnvoyInternal, "x-envoy-internal")                                             \
  X(kXEnvoyIsTimeoutRetry, "x-envoy-is-timeout-retry")                               \
  X(kXEnvoyMaxRetries, "x-envoy-max-retries")                                        \
  X(kXEnvoyOriginalPath, "x-envoy-original-path")                                    \
  X(kXEnvoyOverloaded, "x-envoy-overloaded")                                         \
  X(kXEnvoyRatelimited, "x-envoy-ratelimited")                                       \
  X(kXEnvoyRetriableHeaderNames, "x-envoy-retriable-header-names")                   \
  X(kXEnvoyRetriableStatusCodes, "x-envoy-retriable-status-codes")                   \
  X(kXEnvoyRetryGrpcOn, "x-envoy-retry-grpc-on")                                     \
  X(kXEnvoyRetryOn, "x-envoy-retry-on")                                              \
  X(kXEnvoyUpstreamAltStatName, "x-envoy-upstream-alt-stat-name")                    \
  X(kXEnvoyUpstreamRqPerTryTimeoutMs, "x-envoy-upstream-rq-per-try-timeout-ms")      \
  X(kXEnvoyUpstreamRqTimeoutAltResponse, "x-envoy-upstream-rq-timeout-alt-response") \
  X(kXEnvoyUpstreamRqTimeoutMs, "x-envoy-upstream-rq-timeout-ms")                    \
  X(kXEnvoyUpstreamStreamDurationMs, "x-envoy-upstream-stream-duration-ms")          \
  X(kXEnvoyUpstreamServiceTime, "x-envoy-upstream-service-time")                     \
  X(kXForwardedClientCert, "x-forwarded-client-cert")                                \
  X(kXForwardedFor, "x-forwarded-for")                                               \
  X(kXForwardedHost, "x-forwarded-host")                                             \
  X(kXForwardedPort, "x-forwarded-port")                                             \
  X(kXForwardedProto, "x-forwarded-proto")                                           \
  X(kXRequestId, "x-request-id")

enum class HeaderId : uint8_t {
#define WEIR_HEADER_ENUMERATOR(id, name) id,
  WEIR_KNOWN_HEADERS(WEIR_HEADER_ENUMERATOR)
#undef WEIR_HEADER_ENUMERATOR
      kOther,
};

// A set of known names; the others are one element, kOther.
class HeaderIdSet {
 public:
  constexpr HeaderIdSet() = default;
  constexpr HeaderIdSet(std::initializer_list<HeaderId> ids) {
    for (const HeaderId id : ids) Add(id);
  }
  constexpr void Add(HeaderId id) { bits_ |= BitOf(id); }
  constexpr bool Has(HeaderId id) const { return (bits_ & BitOf(id)) != 0; }
  constexpr bool HasAnyOf(HeaderIdSet ids) const { return (bits_ & ids.bits_) != 0; }

 private:
  static constexpr uint64_t BitOf(HeaderId id) { return uint64_t{1} << static_cast<int>(id); }
  static_assert(static_cast<int>(HeaderId::kOther) < 64);

  uint64_t bits_ = 0;
};

// The id of a lower-case name; kOther for every name that is not in the table. A perfect hash: one
// probe and one comparison.
HeaderId LookUpHeader(std::string_view lower_case_name);
// The wire name; not for kOther.
std::string_view NameOf(HeaderId id);

}  // namespace weir::http
