// What became of streams that nghttp2 has let go: it treats all of them alike and ignores what
// still comes for them. RFC 9113, 5.1 does not: after our own RST_STREAM late frames are to be
// ignored, after an end that the peer knows of they are an error of the connection, and an
// identifier below the highest one opens no stream (5.1.1).
//
// Belongs to one connection. Remembers the latest streams that were reset from here; a peer whose
// frames are late by more resets than that is taken for a broken one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::http::h2 {

class ClosedStreams {
 public:
  static constexpr size_t kRemembered = 128;

  // A stream was opened (by its HEADERS, whoever sent them).
  void OnOpened(int32_t id) { highest_ = id > highest_ ? id : highest_; }
  // RST_STREAM was sent, or the stream refused before it was one.
  void OnReset(int32_t id) {
    reset_[next_] = id;
    next_ = (next_ + 1) % kRemembered;
  }
  int32_t highest() const { return highest_; }
  // Whether a frame for `id`, which is no open stream, is a late one that we have asked for.
  bool IsAwaited(int32_t id) const {
    for (const int32_t each : reset_) {
      if (each == id) return true;
    }
    return false;
  }

 private:
  int32_t highest_ = 0;
  std::array<int32_t, kRemembered> reset_{};
  size_t next_ = 0;
};

}  // namespace weir::http::h2
