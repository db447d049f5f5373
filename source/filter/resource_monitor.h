// Resource monitors: what the overload manager watches. Immutable; the pool and the main thread.
#pragma once

#include <cstdint>
#include <optional>

#include "source/event/heap.h"

namespace weir::filter {

// What monitors measure. Outlives them.
struct MonitoredResources {
  const event::Heap& heap;
};

class ResourceMonitor {
 public:
  virtual ~ResourceMonitor() = default;
  // How much is used of what there is: 1 is all of it. Nothing when it is not measured but kept at
  // each use, as a limit on connections is; triggers cannot name such a monitor.
  virtual std::optional<double> Pressure() const = 0;
  // The most connections from clients at a time; nothing when it does not limit them.
  virtual std::optional<uint64_t> max_downstream_connections() const { return std::nullopt; }
};

}  // namespace weir::filter
