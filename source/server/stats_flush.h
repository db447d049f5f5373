// What happens to stats every stats_flush_interval: the gauges of the process are set, and the
// intervals of histograms end. There are no sinks that would be sent anything.
//
// Main thread; the histograms are rolled over on the pool.
#pragma once

#include <functional>

#include "source/event/executor.h"
#include "source/event/loop.h"
#include "source/stats/registry.h"

namespace weir::server {

class StatsFlush {
 public:
  // `set_gauges` is called at each flush. All of it outlives this; `registry` also the executor's
  // work.
  StatsFlush(event::Loop& loop, event::Executor& executor, stats::Registry& registry,
             event::Duration interval, std::function<void()> set_gauges);
  StatsFlush(const StatsFlush&) = delete;
  StatsFlush& operator=(const StatsFlush&) = delete;

  void Start() { timer_.Enable(interval_); }

 private:
  void Flush();

  event::Executor& executor_;
  stats::Registry& registry_;
  const event::Duration interval_;
  const std::function<void()> set_gauges_;
  event::Timer timer_;
};

}  // namespace weir::server
