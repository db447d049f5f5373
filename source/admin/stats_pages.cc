// /stats and /stats/prometheus: the query, and the writers of source/stats.
#include <optional>
#include <string>
#include <vector>

#include "source/admin/pages.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/stats/render.h"

namespace weir::admin {
namespace {

// The version of the text format that scrapers ask for.
constexpr std::string_view kPrometheusType = "text/plain; version=0.0.4; charset=UTF-8";

struct Selection {
  std::vector<stats::Reading> readings;
  std::optional<Page> error;
};

Selection Read(const stats::Registry& registry, const Query& query) {
  stats::Query wanted;
  wanted.used_only = query.Has("usedonly");
  wanted.filter = query.Get("filter").value_or("");
  const std::string type = AsciiLower(query.Get("type").value_or("All"));
  if (type == "counters") {
    wanted.type = stats::Query::Type::kCounters;
  } else if (type == "gauges") {
    wanted.type = stats::Query::Type::kGauges;
  } else if (type == "histograms") {
    wanted.type = stats::Query::Type::kHistograms;
  } else if (type == "textreadouts") {
    wanted.type = stats::Query::Type::kTextReadouts;
  } else if (type != "all") {
    return {{},
            TextPage(
                400,
                "invalid &type= param: it is Counters, Gauges, Histograms, TextReadouts or All\n")};
  }
  auto selected = stats::Select(registry.Read(wanted.used_only), wanted);
  if (!selected.ok()) return {{}, TextPage(400, StrCat(MessageOf(selected.status()), "\n"))};
  return {*std::move(selected), std::nullopt};
}

// The default, too, for "summary" and "none".
std::optional<stats::HistogramView> ViewOf(std::string_view name) {
  using View = stats::HistogramView;
  if (name == "summary" || name == "none") return View::kSummary;
  if (name == "cumulative") return View::kCumulative;
  if (name == "disjoint") return View::kDisjoint;
  if (name == "detailed") return View::kDetailed;
  return std::nullopt;
}

}  // namespace

Page PrometheusPage(const Inputs& inputs, const Query& query) {
  Selection selection = Read(inputs.registry, query);
  if (selection.error.has_value()) return *std::move(selection.error);
  return {.content_type = kPrometheusType,
          .body = stats::RenderPrometheus(selection.readings, query.Has("text_readouts"))};
}

Page StatsPage(const Inputs& inputs, const Query& query) {
  const std::string_view format = query.Get("format").value_or("text");
  if (format == "prometheus") return PrometheusPage(inputs, query);
  if (format != "text" && format != "json") {
    return TextPage(400, "usage: /stats, /stats?format=json or /stats?format=prometheus\n");
  }
  const auto view = ViewOf(query.Get("histogram_buckets").value_or("summary"));
  if (!view.has_value()) {
    return TextPage(400,
                    "usage: /stats?histogram_buckets=(summary|cumulative|disjoint|detailed)\n");
  }
  Selection selection = Read(inputs.registry, query);
  if (selection.error.has_value()) return *std::move(selection.error);
  if (format == "json") return JsonPage(stats::RenderJson(selection.readings, *view));
  return TextPage(200, stats::RenderText(selection.readings, *view));
}

}  // namespace weir::admin
