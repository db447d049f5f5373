// How long to wait before the next stream: exponential with full jitter, as Envoy's xDS clients wait.
#pragma once

#include <algorithm>

#include "source/event/clock.h"
#include "source/event/random.h"

namespace weir::xds {

// A value with state; one thread. `random` outlives it.
class ReconnectDelay {
 public:
  // 0 < base <= max.
  ReconnectDelay(event::Random& random, event::Duration base, event::Duration max)
      : random_(random), base_(base), max_(std::max(base, max)), bound_(base) {}

  // Uniform in [0, bound); the bound doubles with each call, up to the maximum.
  event::Duration Next() {
    const event::Duration delay(static_cast<event::Duration::rep>(
        random_.Below(static_cast<uint64_t>(bound_.count()))));
    bound_ = std::min(bound_ * 2, max_);
    return delay;
  }
  void Reset() { bound_ = base_; }

 private:
  event::Random& random_;
  const event::Duration base_;
  const event::Duration max_;
  event::Duration bound_;
};

}  // namespace weir::xds
