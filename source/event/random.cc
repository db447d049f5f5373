#include "source/event/random.h"

#include <sys/random.h>

#include "source/base/check.h"

namespace weir::event {
namespace {

// Spreads a seed over the state: splitmix64, as the generator's authors recommend.
uint64_t SplitMix(uint64_t& state) {
  uint64_t z = (state += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix(seed);
}

Random Random::FromSystem() {
  uint64_t seed;
  WEIR_CHECK(getrandom(&seed, sizeof(seed), 0) == sizeof(seed), "the kernel gives no entropy");
  return Random(seed);
}

// Lemire's multiply-and-reject: the high word of a product is uniform once the low word's short
// remainder is rejected.
uint64_t Random::Below(uint64_t bound) {
  WEIR_DCHECK(bound > 0, "an empty range");
  unsigned __int128 product = static_cast<unsigned __int128>(Next()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = -bound % bound;
    while (static_cast<uint64_t>(product) < threshold) {
      product = static_cast<unsigned __int128>(Next()) * bound;
    }
  }
  return static_cast<uint64_t>(product >> 64);
}

double Random::Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

}  // namespace weir::event
