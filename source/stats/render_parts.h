// What the renderers share. Private to stats.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "source/stats/registry.h"

namespace weir::stats {

// Envoy's default bounds of histograms.
std::span<const double> HistogramBounds();

// The shortest text that reads back as the same number: "0", "99.5", "3600000".
std::string NumberText(double value);

// The least value that falls into the bucket with this upper bound.
uint64_t LowerOfUpper(uint64_t upper);

// How many values lie at or below each of HistogramBounds(), by their order, and how many there are
// in all.
std::vector<uint64_t> CountsAtOrBelow(const Histogram::Snapshot& histogram);

// Appends the number of a counter or a gauge.
void AppendValue(std::string& out, const Reading& reading);

}  // namespace weir::stats
