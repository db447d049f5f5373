// The three shapes of the Protobuf wire format that a discovery response needs (encoding document,
// "message structure"): written here so that a response's resources are copied once and shared
// between streams.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::control::engine::wire {

inline void AppendVarint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

inline size_t VarintSize(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

// The head of field `number` of a length-delimited type, to be followed by `size` bytes.
inline void AppendHead(std::string& out, uint32_t number, size_t size) {
  AppendVarint(out, uint64_t{number} << 3 | 2);
  AppendVarint(out, size);
}

// A string, bytes or message field; nothing at all when empty, as proto3 does.
inline void AppendField(std::string& out, uint32_t number, std::string_view bytes) {
  if (bytes.empty()) return;
  AppendHead(out, number, bytes.size());
  out.append(bytes);
}

// An element of a repeated field: also when empty.
inline void AppendElement(std::string& out, uint32_t number, std::string_view bytes) {
  AppendHead(out, number, bytes.size());
  out.append(bytes);
}

}  // namespace weir::control::engine::wire
