// The bytes of one body: each depends on the exchange, the direction and the position, so that a
// byte of another stream, a lost one, a repeated one and a shifted one are all seen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::sim {

enum class Direction : uint8_t { kRequest, kAnswer };

class Mark {
 public:
  Mark(uint64_t exchange, Direction direction)
      : key_(exchange * 2 + static_cast<uint64_t>(direction) + 1) {}

  std::string Bytes(uint64_t from, uint64_t count) const;
  // Whether `bytes` are those that begin at `from`.
  bool Matches(uint64_t from, std::string_view bytes) const;

 private:
  uint64_t Word(uint64_t index) const;

  uint64_t key_;
};

}  // namespace weir::sim
