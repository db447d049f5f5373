// The counters of the overload manager, named as Envoy's: overload.<monitor or action>.*
#pragma once

#include <span>

#include "source/stats/stats.h"

namespace weir::server {

struct PressureStats {
  stats::Gauge pressure;
  static std::span<const stats::Field> Fields();
};

struct ActionStats {
  stats::Gauge active, scale_percent;
  static std::span<const stats::Field> Fields();
};

struct ShrinkHeapStats {
  stats::Counter shrink_count;
  static std::span<const stats::Field> Fields();
};

struct ResetStreamStats {
  stats::Counter count;
  static std::span<const stats::Field> Fields();
};

}  // namespace weir::server
