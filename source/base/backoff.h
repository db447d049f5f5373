// How long to wait before the next try: exponential, bounded, with full jitter.
//
// A value; the random number is an argument, so that the wait is a function of its inputs. Full
// jitter (uniform from nothing to the interval) spreads the clients of a server that has failed
// best.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace weir {

class Backoff {
 public:
  using Duration = std::chrono::nanoseconds;

  // base > 0; a `max` below it is taken as `base`.
  Backoff(Duration base, Duration max) : base_(base), max_(std::max(base, max)), interval_(base_) {}

  // Uniform in [0, interval), where the interval is `base` at first and doubles with each call up
  // to `max`. `random`: 64 uniform bits.
  Duration Next(uint64_t random) {
    const auto interval = static_cast<uint64_t>(interval_.count());
    const auto wait =
        static_cast<uint64_t>(static_cast<unsigned __int128>(random) * interval >> 64);
    interval_ = interval_ > max_ / 2 ? max_ : interval_ * 2;
    return Duration(static_cast<int64_t>(wait));
  }
  // After a success: begins with `base` again.
  void Reset() { interval_ = base_; }

  // The bound of the next wait.
  Duration interval() const { return interval_; }

 private:
  Duration base_;
  Duration max_;
  Duration interval_;
};

}  // namespace weir
