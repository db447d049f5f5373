// What can go wrong with a stream in flight, as one value. proxy has the one table from it to a
// status code, response flags, details and counters; nothing else interprets it.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::http {

enum class ErrorKind : uint8_t {
  kNone,
  // Of the peer's bytes.
  kMalformed,        // Violates the protocol; `detail` names the rule.
  kHeadersTooLarge,  // 431.
  kBodyTooLarge,     // 413.
  kUnsupported,      // Well-formed, and refused: version, transfer coding, upgrade.
  kFlood,            // A protection of the codec was hit.
  // Of the connection or stream.
  kConnectFailed,     // UF; never reached the upstream: safe to retry.
  kConnectTimeout,    // UF.
  kConnectionClosed,  // UC: ended or reset by the peer in mid-stream.
  kStreamReset,       // UR: RST_STREAM from the upstream, or the client's reset.
  kRefusedStream,  // REFUSED_STREAM, or beyond GOAWAY's last stream: not processed, safe to retry.
  // Decided here.
  kOverflow,           // UO: a circuit breaker.
  kNoHealthyHost,      // UH.
  kNoCluster,          // NC.
  kNoRoute,            // NR.
  kRequestTimeout,     // The client was too slow with its request: 408.
  kUpstreamTimeout,    // UT: the route's timeout.
  kPerTryTimeout,      // UT.
  kPerTryIdleTimeout,  // SI; a try without progress.
  kIdleTimeout,        // SI.
  kMaxDuration,        // DT.
  kLocalReset,         // LR: the proxy itself gave up.
  kDraining,
  kOverloaded,
};

enum class Side : uint8_t { kDownstream, kUpstream };

struct StreamError {
  ErrorKind kind = ErrorKind::kNone;
  Side side = Side::kDownstream;
  // No byte of the request was processed by the peer: a retry cannot repeat an effect.
  bool unprocessed = false;
  // A static word for %RESPONSE_CODE_DETAILS% and logs, such as "http1.codec_error".
  std::string_view detail;
  // What the transport says of a connection that failed (transport_failure_reason); empty: nothing.
  // Valid during the call that tells of the error.
  std::string_view transport_reason = {};

  explicit operator bool() const { return kind != ErrorKind::kNone; }
};

}  // namespace weir::http
