// Keeps an eye on the heap: shows its size in the stats, and gives back what is free when that is
// much, as after a large update or when many connections have gone.
//
// Main thread; the heap is read on the pool, as that walks the allocator's lists.
#pragma once

#include <functional>
#include <memory>

#include "source/event/executor.h"
#include "source/event/heap.h"
#include "source/event/loop.h"

namespace weir::server {

class HeapWatch {
 public:
  // Envoy's stats_flush_interval.
  static constexpr event::Duration kInterval = std::chrono::seconds(5);
  // Bytes, and the share of what is in use, that may become free and stay so for what comes next.
  static constexpr uint64_t kMayBeFree = 4 * 1024 * 1024;
  static constexpr uint64_t kMayBeFreeShare = 8;

  // `read` is told of each reading, on the main thread. All of it outlives the watch, but for work
  // that the executor still has: `heap` outlives that.
  HeapWatch(event::Loop& loop, event::Executor& executor, event::Heap& heap,
            std::function<void(const event::HeapReading&)> read);
  HeapWatch(const HeapWatch&) = delete;
  HeapWatch& operator=(const HeapWatch&) = delete;

  void Start();

 private:
  void Look();

  event::Loop& loop_;
  event::Executor& executor_;
  event::Heap& heap_;
  const std::function<void(const event::HeapReading&)> read_;
  event::Timer timer_;
  // Bytes that are free and were so after the heap was shrunk: an allocator counts the pages that
  // it gave back as free, and walks through all of them to give them back again.
  uint64_t given_back_ = 0;
  // Work on the pool holds it weakly.
  const std::shared_ptr<HeapWatch*> self_;
};

}  // namespace weir::server
