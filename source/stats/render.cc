#include "source/stats/render.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "re2/re2.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/stats/histogram_buckets.h"
#include "source/stats/render_parts.h"

namespace weir::stats {
namespace {

// In percent, as Envoy lists them.
constexpr double kPercentiles[] = {0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100};

constexpr double kBounds[] = {0.5,   1,      5,      10,      25,     50,    100,
                              250,   500,    1000,   2500,    5000,   10000, 30000,
                              60000, 300000, 600000, 1800000, 3600000};

// Percentiles to a thousandth: finer digits would tell of the interpolation only.
std::string Rounded(double value) { return NumberText(std::round(value * 1000) / 1000); }

bool IsWanted(Kind kind, Query::Type type) {
  switch (type) {
    case Query::Type::kCounters:
      return kind == Kind::kCounter;
    case Query::Type::kGauges:
      return kind == Kind::kGauge;
    case Query::Type::kHistograms:
      return kind == Kind::kHistogram;
    case Query::Type::kTextReadouts:
      return kind == Kind::kText;
    case Query::Type::kAll:
      break;
  }
  return true;
}

bool IsUsed(const Reading& reading) {
  return reading.counter != 0 || reading.gauge != 0 || reading.histogram.count != 0 ||
         !reading.text.empty();
}

// By the view: at or below each bound, or between it and the one before; then the rest.
std::vector<uint64_t> CountsOf(const Histogram::Snapshot& histogram, HistogramView view) {
  std::vector<uint64_t> counts = CountsAtOrBelow(histogram);
  if (view == HistogramView::kCumulative) return counts;
  for (size_t i = counts.size() - 1; i > 0; --i) counts[i] -= counts[i - 1];
  return counts;
}

// --- Text

void AppendQuantilesText(std::string& out, const Reading& reading) {
  for (const double percentile : kPercentiles) {
    StrAppend(out, " P", NumberText(percentile), "(",
              Rounded(Quantile(reading.interval, percentile / 100)), ",",
              Rounded(Quantile(reading.histogram, percentile / 100)), ")");
  }
}

void AppendBucketsText(std::string& out, const Reading& reading, HistogramView view) {
  const std::vector<uint64_t> interval = CountsOf(reading.interval, view);
  const std::vector<uint64_t> cumulative = CountsOf(reading.histogram, view);
  for (size_t i = 0; i < cumulative.size(); ++i) {
    StrAppend(out, " B", NumberText(kBounds[i]), "(", interval[i], ",", cumulative[i], ")");
  }
}

// "lower,width:count" of each bucket.
std::string DetailText(const Histogram::Snapshot& histogram) {
  std::string out;
  for (const auto& [upper, count] : histogram.buckets) {
    const uint64_t lower = LowerOfUpper(upper);
    StrAppend(out, out.empty() ? "" : ", ", lower, ",", upper - lower + 1, ":", count);
  }
  return out;
}

void AppendHistogramText(std::string& out, const Reading& reading, HistogramView view) {
  StrAppend(out, reading.name, ":");
  if (reading.histogram.count == 0) {
    out.append(" No recorded values\n");
    return;
  }
  switch (view) {
    case HistogramView::kSummary:
      AppendQuantilesText(out, reading);
      break;
    case HistogramView::kCumulative:
    case HistogramView::kDisjoint:
      AppendBucketsText(out, reading, view);
      break;
    case HistogramView::kDetailed:
      StrAppend(out, "\n  totals=", DetailText(reading.histogram),
                "\n  intervals=", DetailText(reading.interval), "\n  summary=");
      AppendQuantilesText(out, reading);
      break;
  }
  out.push_back('\n');
}

// --- JSON

std::string NumberOrNull(double value) { return std::isnan(value) ? "null" : Rounded(value); }

void AppendNameJson(std::string& out, const Reading& reading) {
  out.append("{\"name\":\"");
  AppendJsonEscaped(out, reading.name);
  out.push_back('"');
}

// "key":[{"interval":..,"cumulative":..},..]
void AppendQuantilesJson(std::string& out, std::string_view key, const Reading& reading) {
  StrAppend(out, ",\"", key, "\":[");
  bool first = true;
  for (const double percentile : kPercentiles) {
    StrAppend(out, first ? "" : ",",
              "{\"interval\":", NumberOrNull(Quantile(reading.interval, percentile / 100)),
              ",\"cumulative\":", NumberOrNull(Quantile(reading.histogram, percentile / 100)), "}");
    first = false;
  }
  out.push_back(']');
}

void AppendBucketsJson(std::string& out, const Reading& reading, HistogramView view) {
  const std::vector<uint64_t> interval = CountsOf(reading.interval, view);
  const std::vector<uint64_t> cumulative = CountsOf(reading.histogram, view);
  out.append(",\"buckets\":[");
  for (size_t i = 0; i < cumulative.size(); ++i) {
    StrAppend(out, i == 0 ? "" : ",", "{\"upper_bound\":", NumberText(kBounds[i]),
              ",\"interval\":", interval[i], ",\"cumulative\":", cumulative[i], "}");
  }
  out.push_back(']');
}

void AppendDetailJson(std::string& out, std::string_view key,
                      const Histogram::Snapshot& histogram) {
  StrAppend(out, ",\"", key, "\":[");
  bool first = true;
  for (const auto& [upper, count] : histogram.buckets) {
    const uint64_t lower = LowerOfUpper(upper);
    StrAppend(out, first ? "" : ",", "{\"lower_bound\":", lower, ",\"width\":", upper - lower + 1,
              ",\"count\":", count, "}");
    first = false;
  }
  out.push_back(']');
}

std::string HistogramJson(const Reading& reading, HistogramView view) {
  std::string out;
  AppendNameJson(out, reading);
  switch (view) {
    case HistogramView::kSummary:
      AppendQuantilesJson(out, "values", reading);
      break;
    case HistogramView::kCumulative:
    case HistogramView::kDisjoint:
      AppendBucketsJson(out, reading, view);
      break;
    case HistogramView::kDetailed:
      AppendDetailJson(out, "totals", reading.histogram);
      AppendDetailJson(out, "intervals", reading.interval);
      AppendQuantilesJson(out, "percentiles", reading);
      break;
  }
  out.push_back('}');
  return out;
}

// The element of "stats" that holds all histograms.
std::string HistogramsJson(const std::string& list, HistogramView view) {
  if (view == HistogramView::kCumulative || view == HistogramView::kDisjoint) {
    return StrCat("{\"histograms\":[", list, "]}");
  }
  const bool summary = view == HistogramView::kSummary;
  std::string out =
      StrCat("{\"histograms\":{\"supported_", summary ? "quantiles" : "percentiles", "\":[");
  bool first = true;
  for (const double percentile : kPercentiles) {
    StrAppend(out, first ? "" : ",", NumberText(percentile));
    first = false;
  }
  return StrCat(out, "],\"", summary ? "computed_quantiles" : "details", "\":[", list, "]}}");
}

void AppendValueJson(std::string& out, const Reading& reading) {
  AppendNameJson(out, reading);
  out.append(",\"value\":");
  if (reading.kind == Kind::kText) {
    out.push_back('"');
    AppendJsonEscaped(out, reading.text);
    out.push_back('"');
  } else {
    AppendValue(out, reading);
  }
  out.push_back('}');
}

}  // namespace

std::span<const double> HistogramBounds() { return kBounds; }

std::string NumberText(double value) {
  if (std::isnan(value)) return "nan";
  char text[32];
  const auto result = std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed);
  return std::string(text, result.ptr);
}

uint64_t LowerOfUpper(uint64_t upper) { return BucketLower(BucketOf(upper)); }

std::vector<uint64_t> CountsAtOrBelow(const Histogram::Snapshot& histogram) {
  std::vector<uint64_t> counts;
  size_t next = 0;
  uint64_t below = 0;
  for (const double bound : kBounds) {
    while (next < histogram.buckets.size() &&
           static_cast<double>(LowerOfUpper(histogram.buckets[next].first)) <= bound) {
      below += histogram.buckets[next++].second;
    }
    counts.push_back(below);
  }
  return counts;
}

void AppendValue(std::string& out, const Reading& reading) {
  if (reading.kind == Kind::kGauge) {
    StrAppend(out, reading.gauge);
  } else {
    StrAppend(out, reading.counter);
  }
}

absl::StatusOr<std::vector<Reading>> Select(std::vector<Reading> readings, const Query& query) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 filter(query.filter, options);
  if (!filter.ok())
    return InvalidArgument(StrCat("invalid filter '", query.filter, "': ", filter.error()));
  std::erase_if(readings, [&](const Reading& reading) {
    if (!IsWanted(reading.kind, query.type)) return true;
    if (query.used_only && !IsUsed(reading)) return true;
    return !query.filter.empty() && !RE2::PartialMatch(reading.name, filter);
  });
  return readings;
}

std::string RenderText(const std::vector<Reading>& readings, HistogramView view) {
  std::string texts;
  std::string numbers;
  std::string histograms;
  for (const Reading& reading : readings) {
    if (reading.kind == Kind::kHistogram) {
      AppendHistogramText(histograms, reading, view);
    } else if (reading.kind == Kind::kText) {
      StrAppend(texts, reading.name, ": \"", reading.text, "\"\n");
    } else {
      StrAppend(numbers, reading.name, ": ");
      AppendValue(numbers, reading);
      numbers.push_back('\n');
    }
  }
  return texts + numbers + histograms;
}

std::string RenderJson(const std::vector<Reading>& readings, HistogramView view) {
  std::vector<std::string> elements;
  std::string histograms;
  const auto append = [&](const Reading& reading) {
    if (reading.kind == Kind::kHistogram) {
      StrAppend(histograms, histograms.empty() ? "" : ",", HistogramJson(reading, view));
    } else {
      AppendValueJson(elements.emplace_back(), reading);
    }
  };
  for (const Reading& reading : readings) {
    if (reading.kind == Kind::kText) append(reading);
  }
  for (const Reading& reading : readings) {
    if (reading.kind != Kind::kText) append(reading);
  }
  if (!histograms.empty()) elements.push_back(HistogramsJson(histograms, view));
  std::string out = "{\"stats\":[";
  for (const std::string& element : elements) {
    StrAppend(out, &element == elements.data() ? "" : ",", element);
  }
  out.append("]}");
  return out;
}

double Quantile(const Histogram::Snapshot& histogram, double quantile) {
  if (histogram.count == 0) return std::numeric_limits<double>::quiet_NaN();
  const double rank = quantile * static_cast<double>(histogram.count);
  double below = 0;
  for (const auto& [upper, count] : histogram.buckets) {
    const double inside = static_cast<double>(count);
    if (below + inside >= rank) {
      const auto lower = static_cast<double>(LowerOfUpper(upper));
      const double part = rank <= below ? 0 : (rank - below) / inside;
      return lower + (static_cast<double>(upper) - lower) * part;
    }
    below += inside;
  }
  return static_cast<double>(histogram.buckets.back().first);
}

}  // namespace weir::stats
