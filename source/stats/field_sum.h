// The sums of one field over the blocks of a scope, while somebody reads. Private to stats.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "source/stats/stats.h"

namespace weir::stats {

// The worth of one field: of dead blocks, or summed while reading.
struct FieldSum {
  uint64_t counter = 0;
  int64_t gauge = 0;
  std::map<uint64_t, uint64_t> buckets;
  uint64_t histogram_sum = 0;
  std::map<uint16_t, uint64_t> statuses;  // 0: without a code
  std::string text;
};

void AddField(const void* data, const Field& field, FieldSum& sum);

// Adds what outlives a block. Gauges and texts are states of a living one: nothing of them remains.
void Fold(const void* data, std::span<const Field> fields, std::vector<FieldSum>& into);

Histogram::Snapshot HistogramOf(const FieldSum& sum);

// What `now` has beyond `before`, which is an earlier reading of the same histogram.
Histogram::Snapshot Difference(const Histogram::Snapshot& now, const Histogram::Snapshot& before);

void MergeHistogram(Histogram::Snapshot& into, const Histogram::Snapshot& from);

}  // namespace weir::stats
