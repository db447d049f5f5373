// The response flags of the access log, with Envoy's short and long names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::stream_info {

// X(enumerator, short name, long name)
#define WEIR_RESPONSE_FLAGS(X)                                                      \
  X(kFailedLocalHealthCheck, "LH", "FailedLocalHealthCheck")                        \
  X(kNoHealthyUpstream, "UH", "NoHealthyUpstream")                                  \
  X(kUpstreamRequestTimeout, "UT", "UpstreamRequestTimeout")                        \
  X(kLocalReset, "LR", "LocalReset")                                                \
  X(kUpstreamRemoteReset, "UR", "UpstreamRemoteReset")                              \
  X(kUpstreamConnectionFailure, "UF", "UpstreamConnectionFailure")                  \
  X(kUpstreamConnectionTermination, "UC", "UpstreamConnectionTermination")          \
  X(kUpstreamOverflow, "UO", "UpstreamOverflow")                                    \
  X(kNoRouteFound, "NR", "NoRouteFound")                                            \
  X(kUpstreamRetryLimitExceeded, "URX", "UpstreamRetryLimitExceeded")               \
  X(kDownstreamConnectionTermination, "DC", "DownstreamConnectionTermination")      \
  X(kStreamIdleTimeout, "SI", "StreamIdleTimeout")                                  \
  X(kDownstreamProtocolError, "DPE", "DownstreamProtocolError")                     \
  X(kUpstreamProtocolError, "UPE", "UpstreamProtocolError")                         \
  X(kUpstreamMaxStreamDurationReached, "UMSDR", "UpstreamMaxStreamDurationReached") \
  X(kDurationTimeout, "DT", "DurationTimeout")                                      \
  X(kNoClusterFound, "NC", "NoClusterFound")                                        \
  X(kInvalidEnvoyRequestHeaders, "IH", "InvalidEnvoyRequestHeaders")                \
  X(kOverloadManager, "OM", "OverloadManagerTerminated")                            \
  X(kDownstreamRemoteReset, "DR", "DownstreamRemoteReset")

enum class ResponseFlag : uint8_t {
#define WEIR_FLAG_ENUMERATOR(id, short_name, long_name) id,
  WEIR_RESPONSE_FLAGS(WEIR_FLAG_ENUMERATOR)
#undef WEIR_FLAG_ENUMERATOR
      kCount,
};

// By short name: "UH". Nothing for a flag that is not in the table.
std::optional<ResponseFlag> ResponseFlagNamed(std::string_view short_name);

// A set of flags. A value.
class ResponseFlags {
 public:
  void Set(ResponseFlag flag) { bits_ |= uint32_t{1} << static_cast<unsigned>(flag); }
  bool Has(ResponseFlag flag) const {
    return (bits_ & (uint32_t{1} << static_cast<unsigned>(flag))) != 0;
  }
  bool empty() const { return bits_ == 0; }
  bool Intersects(const ResponseFlags& other) const { return (bits_ & other.bits_) != 0; }
  // "UH,NR", or "-" for none: %RESPONSE_FLAGS%.
  void AppendShortNames(std::string& out) const;
  // "NoHealthyUpstream,NoRouteFound", or "-": %RESPONSE_FLAGS_LONG%.
  void AppendLongNames(std::string& out) const;
  friend bool operator==(const ResponseFlags&, const ResponseFlags&) = default;

 private:
  uint32_t bits_ = 0;
};

}  // namespace weir::stream_info
