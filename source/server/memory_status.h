// What the workers' connections hold, as /memory shows it. Pure.
#pragma once

#include <span>

#include "source/admin/view.h"
#include "source/server/worker_memory.h"

namespace weir::server {

// With the peers that make us hold the most over all workers, at most kLargestHolders.
inline constexpr size_t kLargestHolders = 20;
admin::MemoryStatus MemoryStatusOf(std::span<const WorkerMemory> workers);

}  // namespace weir::server
