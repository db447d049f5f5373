// What began together is not to end together.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

// `duration`, lengthened by a random part of at most `percent` (0 to 100) of it. `random`: 64
// uniform bits.
inline std::chrono::milliseconds WithJitter(std::chrono::milliseconds duration, double percent,
                                            uint64_t random) {
  constexpr double kUnit = 1.0 / 18446744073709551616.0;  // 2^-64
  const double most = static_cast<double>(duration.count()) * percent / 100;
  return duration + std::chrono::milliseconds(
                        static_cast<int64_t>(most * static_cast<double>(random) * kUnit));
}

}  // namespace weir
