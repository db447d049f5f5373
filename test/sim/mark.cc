#include "test/sim/mark.h"

namespace weir::sim {

// The finalizer of splitmix64: neighbouring inputs give unrelated words.
uint64_t Mark::Word(uint64_t index) const {
  uint64_t z = key_ * 0x9e3779b97f4a7c15u + index * 0xd1b54a32d192ed03u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::string Mark::Bytes(uint64_t from, uint64_t count) const {
  std::string bytes(count, '\0');
  uint64_t word = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t at = from + i;
    if (i == 0 || at % 8 == 0) word = Word(at / 8);
    bytes[i] = static_cast<char>(word >> (at % 8 * 8));
  }
  return bytes;
}

bool Mark::Matches(uint64_t from, std::string_view bytes) const {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const uint64_t at = from + i;
    if (i == 0 || at % 8 == 0) word = Word(at / 8);
    if (bytes[i] != static_cast<char>(word >> (at % 8 * 8))) return false;
  }
  return true;
}

}  // namespace weir::sim
