#include "source/event/clock.h"

namespace weir::event {

MonotonicTime SystemClock::Monotonic() const { return std::chrono::steady_clock::now(); }

SystemTime SystemClock::System() const { return std::chrono::system_clock::now(); }

}  // namespace weir::event
