#include "source/server/overload_stats.h"

namespace weir::server {

std::span<const stats::Field> PressureStats::Fields() {
  static constexpr stats::Field kFields[] = {
      WEIR_STAT_FIELD(PressureStats, kGauge, pressure, "Percent of the resource in use"),
  };
  return kFields;
}

std::span<const stats::Field> ActionStats::Fields() {
  static constexpr stats::Field kFields[] = {
      WEIR_STAT_FIELD(ActionStats, kGauge, active, "1 while the action acts wholly"),
      WEIR_STAT_FIELD(ActionStats, kGauge, scale_percent, "Percent by which the action acts"),
  };
  return kFields;
}

std::span<const stats::Field> ShrinkHeapStats::Fields() {
  static constexpr stats::Field kFields[] = {
      WEIR_STAT_FIELD(ShrinkHeapStats, kCounter, shrink_count, "Times that the heap was shrunk"),
  };
  return kFields;
}

std::span<const stats::Field> ResetStreamStats::Fields() {
  static constexpr stats::Field kFields[] = {
      WEIR_STAT_FIELD(ResetStreamStats, kCounter, count, "Streams reset for what they held"),
  };
  return kFields;
}

}  // namespace weir::server
