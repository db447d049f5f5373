// Counts what a peer can send cheaply and we must work for (the floods of CVE-2019-9511 to 9518,
// rapid reset CVE-2023-44487, resets provoked from us CVE-2025-8671). Limits and defaults are
// Envoy's. Belongs to one connection.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/http/h2/codec.h"

namespace weir::http::h2 {

// A limit that was exceeded: the word for logs, and its counter (null: the connection's user
// counts it).
struct Flood {
  std::string_view detail;
  stats::Counter Stats::* counter = nullptr;
};

inline constexpr Flood kEmptyFramesFlood{"http2.inbound_empty_frames_flood",
                                         &Stats::inbound_empty_frames_flood};
inline constexpr Flood kPriorityFlood{"http2.inbound_priority_frames_flood",
                                      &Stats::inbound_priority_frames_flood};
inline constexpr Flood kWindowUpdateFlood{"http2.inbound_window_update_frames_flood",
                                          &Stats::inbound_window_update_frames_flood};
inline constexpr Flood kOutboundFlood{"http2.outbound_flood", &Stats::outbound_flood};
inline constexpr Flood kOutboundControlFlood{"http2.outbound_control_flood",
                                             &Stats::outbound_control_flood};
inline constexpr Flood kPrematureResets{kTooManyPrematureResets};

class FloodGuard {
 public:
  explicit FloodGuard(const Options& options) : options_(options) {}

  // Each returns the limit that was exceeded, or null while all is well.
  const Flood* OnFrame(uint8_t type, uint8_t flags, size_t payload_bytes);
  // A stream is over. `premature`: it was reset or refused for its peer's doing before it had its
  // answer, or for breaking the rules at any time.
  const Flood* OnStreamEnd(bool premature);

  void OnStreamOpened() { ++streams_; }
  void OnDataFrameSent() { ++data_frames_sent_; }

 private:
  const Options& options_;
  uint64_t streams_ = 0;
  uint64_t data_frames_sent_ = 0;
  uint64_t priority_frames_ = 0;
  uint64_t window_updates_ = 0;
  uint64_t ended_ = 0;
  uint64_t premature_ends_ = 0;
  uint32_t empty_frames_ = 0;  // In a row.
};

}  // namespace weir::http::h2
