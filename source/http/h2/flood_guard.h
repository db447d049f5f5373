// Counts what a peer can send cheaply and we must work for (the floods of CVE-2019-9511 to 9518,
// rapid reset CVE-2023-44487). Limits and defaults are Envoy's. Belongs to one connection.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/http/h2/codec.h"

namespace weir::http::h2 {

class FloodGuard {
 public:
  explicit FloodGuard(const Options& options) : options_(options) {}

  // Each returns the word for the limit that was exceeded, or "" while all is well.
  std::string_view OnFrame(uint8_t type, uint8_t flags, size_t payload_bytes);
  // A stream that ended before its answer began: reset by the peer, or refused for its head or
  // body.
  std::string_view OnPrematureEnd();

  void OnStreamOpened() { ++streams_; }
  void OnDataFrameSent() { ++data_frames_sent_; }

 private:
  const Options& options_;
  uint64_t streams_ = 0;
  uint64_t data_frames_sent_ = 0;
  uint64_t priority_frames_ = 0;
  uint64_t window_updates_ = 0;
  uint64_t premature_ends_ = 0;
  uint32_t empty_frames_ = 0;  // In a row.
};

}  // namespace weir::http::h2
