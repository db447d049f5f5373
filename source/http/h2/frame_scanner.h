// Finds the frames in the bytes of a connection before nghttp2 sees them: it tells nobody of those
// that it ignores, and these count as much as others.
//
// Belongs to one connection. Payloads are passed over, headers read wherever they are cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::http::h2 {

// RFC 9113, 4.1.
struct FrameHeader {
  uint32_t length = 0;
  uint8_t type = 0;
  uint8_t flags = 0;
  int32_t stream_id = 0;
};

class FrameScanner {
 public:
  // `preface_bytes`: what comes before the first frame.
  explicit FrameScanner(size_t preface_bytes) : left_(preface_bytes) {}

  // How many bytes from the front of `bytes`, which is not empty, belong to the frame that is under
  // way or begins there. `on_header(const FrameHeader&)` is called when its header is whole.
  template <typename OnHeader>
  size_t Next(std::string_view bytes, OnHeader on_header) {
    if (left_ > 0) return Pass(bytes.size());
    const size_t part = std::min(kHeaderSize - have_, bytes.size());
    std::copy_n(bytes.data(), part, reinterpret_cast<char*>(header_) + have_);
    have_ += part;
    if (have_ < kHeaderSize) return part;
    have_ = 0;
    const FrameHeader header = Parse();
    left_ = header.length;
    in_block_frame_ = header.type == kHeaders || header.type == kContinuation;
    block_goes_on_ = in_block_frame_ && (header.flags & kEndHeaders) == 0;
    on_header(header);
    return part + Pass(bytes.size() - part);
  }

  // A header block has begun and is not whole.
  bool in_header_block() const { return block_goes_on_ || (in_block_frame_ && left_ > 0); }

 private:
  static constexpr size_t kHeaderSize = 9;
  // RFC 9113, 6.2 and 6.10.
  static constexpr uint8_t kHeaders = 1;
  static constexpr uint8_t kContinuation = 9;
  static constexpr uint8_t kEndHeaders = 4;

  size_t Pass(size_t bytes) {
    const size_t n = std::min(left_, bytes);
    left_ -= n;
    return n;
  }
  FrameHeader Parse() const {
    const auto number = [this](size_t at, size_t size) {
      uint32_t value = 0;
      for (size_t i = at; i < at + size; ++i) value = value << 8 | header_[i];
      return value;
    };
    // The first bit of the identifier is reserved.
    return {number(0, 3), header_[3], header_[4], static_cast<int32_t>(number(5, 4) & 0x7fffffff)};
  }

  uint8_t header_[kHeaderSize] = {};
  size_t have_ = 0;
  size_t left_ = 0;  // Of the preface or the payload.
  bool in_block_frame_ = false;
  bool block_goes_on_ = false;
};

}  // namespace weir::http::h2
