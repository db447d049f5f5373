// Readings as text for people and scrapers: Envoy's /stats, its JSON, and Prometheus' exposition
// format.
//
//   auto readings = Select(registry.Read(query.used_only), query);
//   if (readings.ok()) body = RenderText(*readings);
//
// Pure functions; any thread. Nothing is rounded but the percentiles, which are read from buckets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/stats/registry.h"

namespace weir::stats {

// The query of an admin request. Used only: counters above zero, gauges other than zero, histograms
// with values.
struct Query {
  enum class Type : uint8_t { kAll, kCounters, kGauges, kHistograms };
  bool used_only = false;
  Type type = Type::kAll;
  std::string filter;  // RE2, found anywhere in the name; empty takes all.
};

// What the query leaves, in the same order. InvalidArgument: the filter is no regular expression.
absl::StatusOr<std::vector<Reading>> Select(std::vector<Reading> readings, const Query& query);

// "name: value" a line, counters and gauges first; then "name: P0(nan,0) P25(nan,1.05) ...", the
// first of each pair being the flush interval's, which is not kept.
std::string RenderText(const std::vector<Reading>& readings);

// {"stats":[{"name":..,"value":..},..,{"histograms":{"supported_quantiles":[..],
// "computed_quantiles":[..]}}]}
std::string RenderJson(const std::vector<Reading>& readings);

// Text format 0.0.4: names begin with "envoy_", tags are labels, histograms are cumulative buckets
// in milliseconds. Sorted by metric name.
std::string RenderPrometheus(const std::vector<Reading>& readings);

// The value below which `quantile` (0 to 1) of the values lie, interpolated within its bucket. NaN
// when there are no values.
double Quantile(const Histogram::Snapshot& histogram, double quantile);

}  // namespace weir::stats
