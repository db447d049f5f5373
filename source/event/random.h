// Random numbers, as a seam. Each worker has a generator of its own; a seed repeats a whole run.
#pragma once

#include <array>
#include <cstdint>

namespace weir::event {

// xoshiro256++ by Blackman and Vigna: fast, 2^256-1 long, good in all bits; not for secrets.
// A value with state: one thread, one owner. Two generators with one seed give the same numbers.
class Random {
 public:
  explicit Random(uint64_t seed);
  // From the kernel's entropy.
  static Random FromSystem();

  uint64_t Next();
  // Uniform in [0, bound), without bias; bound > 0.
  uint64_t Below(uint64_t bound);
  // Uniform in [0, 1).
  double Unit();

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace weir::event
