#include "source/stats/render.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "re2/re2.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/stats/histogram_buckets.h"

namespace weir::stats {
namespace {

// In percent, as Envoy lists them.
constexpr double kPercentiles[] = {0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100};

// Envoy's default bounds in the Prometheus output.
constexpr double kPrometheusBounds[] = {0.5,   1,      5,      10,      25,     50,    100,
                                        250,   500,    1000,   2500,    5000,   10000, 30000,
                                        60000, 300000, 600000, 1800000, 3600000};

// The shortest text that reads back as the same number: "0", "99.5", "3600000".
std::string Number(double value) {
  if (std::isnan(value)) return "nan";
  char text[32];
  const auto result = std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed);
  return std::string(text, result.ptr);
}

// Percentiles to a thousandth: finer digits would tell of the interpolation only.
std::string Rounded(double value) { return Number(std::round(value * 1000) / 1000); }

bool IsWanted(Kind kind, Query::Type type) {
  switch (type) {
    case Query::Type::kCounters:
      return kind == Kind::kCounter;
    case Query::Type::kGauges:
      return kind == Kind::kGauge;
    case Query::Type::kHistograms:
      return kind == Kind::kHistogram;
    case Query::Type::kAll:
      break;
  }
  return true;
}

bool IsUsed(const Reading& reading) {
  return reading.counter != 0 || reading.gauge != 0 || reading.histogram.count != 0;
}

// The least value that falls into the bucket with this upper bound.
uint64_t LowerOfUpper(uint64_t upper) { return BucketLower(BucketOf(upper)); }

void AppendValue(std::string& out, const Reading& reading) {
  if (reading.kind == Kind::kGauge) {
    StrAppend(out, reading.gauge);
  } else {
    StrAppend(out, reading.counter);
  }
}

void AppendQuantilesJson(std::string& out, const Reading& reading) {
  out.append("{\"name\":\"");
  AppendJsonEscaped(out, reading.name);
  out.append("\",\"values\":[");
  bool first = true;
  for (const double percentile : kPercentiles) {
    const double value = Quantile(reading.histogram, percentile / 100);
    StrAppend(out, first ? "" : ",", "{\"interval\":null,\"cumulative\":",
              std::isnan(value) ? std::string("null") : Rounded(value), "}");
    first = false;
  }
  out.append("]}");
}

std::string MetricName(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    const bool kept =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!kept) c = '_';
  }
  return name;
}

std::string Labels(const Reading& reading) {
  std::string out;
  for (const auto& [name, value] : reading.tags) {
    StrAppend(out, out.empty() ? "" : ",", MetricName(name), "=\"");
    for (const char c : value) {
      if (c == '\\' || c == '"') out.push_back('\\');
      if (c == '\n') {
        out.append("\\n");
      } else {
        out.push_back(c);
      }
    }
    out.push_back('"');
  }
  return out;
}

void AppendSample(std::string& out, std::string_view name, std::string_view labels,
                  std::string_view value) {
  StrAppend(out, name, "{", labels, "} ", value, "\n");
}

void AppendHistogramSamples(std::string& out, const std::string& name, const Reading& reading) {
  const std::string labels = Labels(reading);
  const std::string separator = labels.empty() ? "" : ",";
  const Histogram::Snapshot& histogram = reading.histogram;
  size_t next = 0;
  uint64_t below = 0;
  for (const double bound : kPrometheusBounds) {
    while (next < histogram.buckets.size() &&
           static_cast<double>(LowerOfUpper(histogram.buckets[next].first)) <= bound) {
      below += histogram.buckets[next++].second;
    }
    AppendSample(out, StrCat(name, "_bucket"),
                 StrCat(labels, separator, "le=\"", Number(bound), "\""), StrCat(below));
  }
  AppendSample(out, StrCat(name, "_bucket"), StrCat(labels, separator, "le=\"+Inf\""),
               StrCat(histogram.count));
  AppendSample(out, StrCat(name, "_sum"), labels, StrCat(histogram.sum));
  AppendSample(out, StrCat(name, "_count"), labels, StrCat(histogram.count));
}

std::string_view PrometheusType(Kind kind) {
  switch (kind) {
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
    default:
      return "counter";
  }
}

// Help text: backslash and line feed are escaped.
std::string EscapedHelp(std::string_view help) {
  std::string out;
  for (const char c : help) {
    if (c == '\\') {
      out.append("\\\\");
    } else if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

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

std::string RenderText(const std::vector<Reading>& readings) {
  std::string out;
  for (const Reading& reading : readings) {
    if (reading.kind == Kind::kHistogram) continue;
    StrAppend(out, reading.name, ": ");
    AppendValue(out, reading);
    out.push_back('\n');
  }
  for (const Reading& reading : readings) {
    if (reading.kind != Kind::kHistogram) continue;
    StrAppend(out, reading.name, ":");
    if (reading.histogram.count == 0) {
      out.append(" No recorded values\n");
      continue;
    }
    for (const double percentile : kPercentiles) {
      StrAppend(out, " P", Number(percentile), "(nan,",
                Rounded(Quantile(reading.histogram, percentile / 100)), ")");
    }
    out.push_back('\n');
  }
  return out;
}

std::string RenderJson(const std::vector<Reading>& readings) {
  std::string out = "{\"stats\":[";
  std::string quantiles;
  bool first = true;
  for (const Reading& reading : readings) {
    if (reading.kind == Kind::kHistogram) {
      if (!quantiles.empty()) quantiles.push_back(',');
      AppendQuantilesJson(quantiles, reading);
      continue;
    }
    out.append(first ? "{\"name\":\"" : ",{\"name\":\"");
    first = false;
    AppendJsonEscaped(out, reading.name);
    out.append("\",\"value\":");
    AppendValue(out, reading);
    out.push_back('}');
  }
  if (!quantiles.empty()) {
    StrAppend(out, first ? "" : ",", "{\"histograms\":{\"supported_quantiles\":[");
    bool first_percentile = true;
    for (const double percentile : kPercentiles) {
      StrAppend(out, first_percentile ? "" : ",", Number(percentile));
      first_percentile = false;
    }
    StrAppend(out, "],\"computed_quantiles\":[", quantiles, "]}}");
  }
  out.append("]}");
  return out;
}

std::string RenderPrometheus(const std::vector<Reading>& readings) {
  // All samples of a metric stand together, whatever stands between them in the order of full
  // names.
  std::map<std::pair<std::string, Kind>, std::vector<const Reading*>> metrics;
  for (const Reading& reading : readings) {
    metrics[{StrCat("envoy_", MetricName(reading.extracted_name)), reading.kind}].push_back(
        &reading);
  }
  std::string out;
  std::set<std::string> written;
  for (const auto& [key, samples] : metrics) {
    const auto& [name, kind] = key;
    // One name with two types would make the scrape invalid: the first type is shown.
    if (!written.insert(name).second) continue;
    const std::string_view help = samples.front()->help;
    if (!help.empty()) StrAppend(out, "# HELP ", name, " ", EscapedHelp(help), "\n");
    StrAppend(out, "# TYPE ", name, " ", PrometheusType(kind), "\n");
    for (const Reading* reading : samples) {
      if (kind == Kind::kHistogram) {
        AppendHistogramSamples(out, name, *reading);
        continue;
      }
      std::string value;
      AppendValue(value, *reading);
      AppendSample(out, name, Labels(*reading), value);
    }
  }
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
