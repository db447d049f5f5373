// HTTP/2 frames written by hand, so that tests can send what no library would: fields are HPACK
// literals without indexing or Huffman coding (RFC 7541, 6.2.2).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/http/preface.h"

namespace weir::http::h2 {

using FieldList = std::vector<std::pair<std::string, std::string>>;

inline constexpr uint8_t kEndStream = 0x1;
inline constexpr uint8_t kAck = 0x1;
inline constexpr uint8_t kEndHeaders = 0x4;

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline std::string Number(uint32_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
  return out;
}

inline std::string Frame(uint8_t type, uint8_t flags, uint32_t stream_id,
                         std::string_view payload) {
  std::string out = Number(static_cast<uint32_t>(payload.size()), 3);
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  out += Number(stream_id, 4);
  out += payload;
  return out;
}

// A string literal with its length in a prefix of seven bits.
inline std::string HpackString(std::string_view text) {
  std::string out;
  size_t length = text.size();
  if (length < 127) {
    out.push_back(static_cast<char>(length));
  } else {
    out.push_back(127);
    for (length -= 127; length >= 128; length /= 128) {
      out.push_back(static_cast<char>(length % 128 + 128));
    }
    out.push_back(static_cast<char>(length));
  }
  out += text;
  return out;
}

inline std::string HeaderBlockOf(const FieldList& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out.push_back(0);
    out += HpackString(name) + HpackString(value);
  }
  return out;
}

// HEADERS, with CONTINUATION as the frame size asks for.
inline std::string Headers(uint32_t stream_id, const FieldList& fields, bool end) {
  constexpr size_t kMaxFrame = 16384;
  const std::string block = HeaderBlockOf(fields);
  std::string out;
  size_t at = 0;
  do {
    const std::string part = block.substr(at, kMaxFrame);
    const uint8_t flags = static_cast<uint8_t>(
        (at == 0 && end ? kEndStream : 0) | (at + part.size() == block.size() ? kEndHeaders : 0));
    out += Frame(at == 0 ? kHeaders : kContinuation, flags, stream_id, part);
    at += part.size();
  } while (at < block.size());
  return out;
}

inline std::string Data(uint32_t stream_id, std::string_view bytes, bool end) {
  return Frame(kData, end ? kEndStream : 0, stream_id, bytes);
}

inline std::string ClientPreface() {
  return std::string(kHttp2Preface) + Frame(kSettings, 0, 0, "");
}

inline const FieldList kGet = {
    {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a.example"}};

struct SeenFrame {
  uint8_t type;
  uint8_t flags;
  uint32_t stream_id;
  std::string payload;
  uint32_t error_code() const {  // Of RST_STREAM, and of GOAWAY.
    const size_t at = type == kGoaway ? 4 : 0;
    uint32_t code = 0;
    for (size_t i = at; i < at + 4; ++i) code = code << 8 | static_cast<uint8_t>(payload[i]);
    return code;
  }
};

inline std::vector<SeenFrame> ReadFrames(std::string_view bytes) {
  if (bytes.starts_with(kHttp2Preface)) bytes.remove_prefix(kHttp2Preface.size());
  std::vector<SeenFrame> frames;
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])); };
  while (bytes.size() >= 9) {
    const size_t size = byte(0) << 16 | byte(1) << 8 | byte(2);
    frames.push_back(SeenFrame{static_cast<uint8_t>(byte(3)), static_cast<uint8_t>(byte(4)),
                               byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8),
                               std::string(bytes.substr(9, size))});
    bytes.remove_prefix(9 + size);
  }
  return frames;
}

}  // namespace weir::http::h2
