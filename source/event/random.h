// Random numbers, as a seam. Each worker has a generator of its own; a seed repeats a whole run.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace weir::event {

// xoshiro256++ by Blackman and Vigna: fast, 2^256-1 long, good in all bits; not for secrets.
// A value with state: one thread, one owner. Two generators with one seed give the same numbers.
class Random {
 public:
  explicit Random(uint64_t seed);
  // From the kernel's entropy.
  static Random FromSystem();

  uint64_t Next() {
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  // Uniform in [0, bound), without bias; bound > 0.
  uint64_t Below(uint64_t bound);
  // Uniform in [0, 1).
  double Unit();

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace weir::event
