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
  enum class Type : uint8_t { kAll, kCounters, kGauges, kHistograms, kTextReadouts };
  bool used_only = false;
  Type type = Type::kAll;
  std::string filter;  // RE2, found anywhere in the name; empty takes all.
};

// What the query leaves, in the same order. InvalidArgument: the filter is no regular expression.
absl::StatusOr<std::vector<Reading>> Select(std::vector<Reading> readings, const Query& query);

// How histograms are shown (?histogram_buckets): percentiles; how many values lie at or below each
// of Envoy's bounds, or between two of them; or the buckets as they are, with the percentiles.
enum class HistogramView : uint8_t { kSummary, kCumulative, kDisjoint, kDetailed };

// "name: value" a line: texts in quotes, then counters and gauges, then histograms as
// "name: P0(nan,0) P25(nan,1.05) ...". Of each pair the first is the last interval's that is over,
// the second that since the start.
std::string RenderText(const std::vector<Reading>& readings,
                       HistogramView view = HistogramView::kSummary);

// {"stats":[{"name":..,"value":..},..,{"histograms":..}]}, where histograms are
// {"supported_quantiles":[..],"computed_quantiles":[..]}, a list of {"name":..,"buckets":[..]} or
// {"supported_percentiles":[..],"details":[..]}.
std::string RenderJson(const std::vector<Reading>& readings,
                       HistogramView view = HistogramView::kSummary);

// Text format 0.0.4: names begin with "envoy_", tags are labels, histograms are cumulative buckets
// in milliseconds. Sorted by metric name. `texts`: text readouts are gauges of value 0 with a label
// text_value; else they are left out.
std::string RenderPrometheus(const std::vector<Reading>& readings, bool texts = false);

// The value below which `quantile` (0 to 1) of the values lie, interpolated within its bucket. NaN
// when there are no values.
double Quantile(const Histogram::Snapshot& histogram, double quantile);

}  // namespace weir::stats
