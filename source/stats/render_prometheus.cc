// The exposition format of Prometheus.
#include <map>
#include <set>
#include <string>

#include "source/base/strings.h"
#include "source/stats/render.h"
#include "source/stats/render_parts.h"

namespace weir::stats {
namespace {

std::string MetricName(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    const bool kept =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!kept) c = '_';
  }
  return name;
}

void AppendLabel(std::string& out, std::string_view name, std::string_view value) {
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

std::string Labels(const Reading& reading) {
  std::string out;
  for (const auto& [name, value] : reading.tags) AppendLabel(out, name, value);
  if (reading.kind == Kind::kText) AppendLabel(out, "text_value", reading.text);
  return out;
}

void AppendSample(std::string& out, std::string_view name, std::string_view labels,
                  std::string_view value) {
  StrAppend(out, name, "{", labels, "} ", value, "\n");
}

void AppendHistogramSamples(std::string& out, const std::string& name, const Reading& reading) {
  const std::string labels = Labels(reading);
  const std::string separator = labels.empty() ? "" : ",";
  const std::vector<uint64_t> counts = CountsAtOrBelow(reading.histogram);
  for (size_t i = 0; i < counts.size(); ++i) {
    AppendSample(out, StrCat(name, "_bucket"),
                 StrCat(labels, separator, "le=\"", NumberText(HistogramBounds()[i]), "\""),
                 StrCat(counts[i]));
  }
  AppendSample(out, StrCat(name, "_bucket"), StrCat(labels, separator, "le=\"+Inf\""),
               StrCat(reading.histogram.count));
  AppendSample(out, StrCat(name, "_sum"), labels, StrCat(reading.histogram.sum));
  AppendSample(out, StrCat(name, "_count"), labels, StrCat(reading.histogram.count));
}

std::string_view PrometheusType(Kind kind) {
  switch (kind) {
    case Kind::kGauge:
    case Kind::kText:
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

std::string RenderPrometheus(const std::vector<Reading>& readings, bool texts) {
  // All samples of a metric stand together, whatever stands between them in the order of full
  // names.
  std::map<std::pair<std::string, Kind>, std::vector<const Reading*>> metrics;
  for (const Reading& reading : readings) {
    if (reading.kind == Kind::kText && !texts) continue;
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

}  // namespace weir::stats
