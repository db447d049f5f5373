// Inputs of several parts, a line each: seeds that people can read, and cuts that a fuzzer finds.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

inline std::string_view TextOf(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Up to the next line break, which is taken away.
inline std::string_view TakeLine(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

// The first byte, which is taken away; 0 when there is none.
inline uint8_t TakeByte(std::string_view& rest) {
  if (rest.empty()) return 0;
  const auto byte = static_cast<uint8_t>(rest.front());
  rest.remove_prefix(1);
  return byte;
}

}  // namespace weir
