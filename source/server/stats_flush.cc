#include "source/server/stats_flush.h"

#include <utility>

namespace weir::server {

StatsFlush::StatsFlush(event::Loop& loop, event::Executor& executor, stats::Registry& registry,
                       event::Duration interval, std::function<void()> set_gauges)
    : executor_(executor),
      registry_(registry),
      interval_(interval),
      set_gauges_(std::move(set_gauges)),
      timer_(loop, [this] { Flush(); }) {}

void StatsFlush::Flush() {
  set_gauges_();
  executor_.Run([&registry = registry_] { registry.RollIntervals(); });
  timer_.Enable(interval_);
}

}  // namespace weir::server
