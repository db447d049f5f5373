// Time, as a seam. Production reads the kernel's clocks; tests own virtual time.
#pragma once

#include <chrono>

namespace weir::event {

using Duration = std::chrono::nanoseconds;
// Monotonic; never goes back. The epoch means nothing.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
// Wall time, for logs and dates; may jump.
using SystemTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime Monotonic() const = 0;
  virtual SystemTime System() const = 0;
};

// The kernel's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  MonotonicTime Monotonic() const override;
  SystemTime System() const override;
};

}  // namespace weir::event
