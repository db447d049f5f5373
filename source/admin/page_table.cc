#include "source/admin/page_table.h"

#include <iterator>

#include "source/admin/pages.h"
#include "source/base/check.h"
#include "source/base/strings.h"

namespace weir::admin {
namespace {

constexpr PageParameter kStatsParameters[] = {
    {"usedonly", "leaves out what never changed"},
    {"filter", "a regular expression (RE2) found in the name"},
    {"type", "Counters, Gauges, Histograms, TextReadouts or All"},
    {"text_readouts", "also shows texts to Prometheus, as labels of gauges"},
    {"format", "json or prometheus; else text"},
    {"histogram_buckets", "cumulative, disjoint or detailed; else percentiles"},
};
constexpr PageParameter kPrometheusParameters[] = {kStatsParameters[0], kStatsParameters[1],
                                                   kStatsParameters[2], kStatsParameters[3]};
constexpr PageParameter kFormatParameter[] = {{"format", "json; else text"}};
constexpr PageParameter kConfigDumpParameters[] = {
    {"resource", "one list of the dump, such as dynamic_active_clusters"},
    {"mask", "the fields to show, comma-separated; with resource: of each element"},
    {"name_regex", "a regular expression (RE2) that the whole name matches"},
    {"include_eds", "also shows endpoints"},
};
constexpr PageParameter kInitDumpParameters[] = {
    {"mask", "listener: listeners alone"},
};
constexpr PageParameter kLoggingParameters[] = {
    {"level", "sets all components"},
    {"paths", "component:level,component:level"},
    {"<component>", "sets this one"},
};
constexpr PageParameter kDrainParameters[] = {
    {"graceful", "tells clients to go and stops the listeners after the drain time"},
    {"inboundonly", "only listeners of inbound traffic"},
    {"skip_exit", "with graceful: the listeners go on after the drain time"},
};

Page HelpPage(const Inputs&, const Query&);
Page IndexPage(const Inputs&, const Query&);

constexpr PageEntry kPages[] = {
    {"/", "this list as a page", Effect::kNone, Needs::kNothing, {}, IndexPage},
    {"/certs",
     "certificates in use, with the days until they end",
     Effect::kNone,
     Needs::kView,
     {},
     CertificatesPage},
    {"/clusters", "clusters, their limits, hosts and counters", Effect::kNone, Needs::kView,
     kFormatParameter, ClustersPage},
    {"/config_dump", "the configuration in force, what was refused and what was ignored",
     Effect::kNone, Needs::kView, kConfigDumpParameters, ConfigDumpPage},
    {"/contention",
     "how long locks were waited for: not traced",
     Effect::kNone,
     Needs::kNothing,
     {},
     ContentionPage},
    {"/drain_listeners", "stops listeners", Effect::kChanges, Needs::kNothing, kDrainParameters,
     DrainListenersPage},
    {"/healthcheck/fail",
     "makes the server answer health checks as draining",
     Effect::kChanges,
     Needs::kNothing,
     {},
     FailHealthCheckPage},
    {"/healthcheck/ok",
     "takes /healthcheck/fail back",
     Effect::kChanges,
     Needs::kNothing,
     {},
     PassHealthCheckPage},
    {"/help", "this list as text", Effect::kNone, Needs::kNothing, {}, HelpPage},
    {"/hot_restart_version",
     "\"disabled\": there is no hot restart",
     Effect::kNone,
     Needs::kNothing,
     {},
     HotRestartVersionPage},
    {"/init_dump", "what waits, and for what", Effect::kNone, Needs::kView, kInitDumpParameters,
     InitDumpPage},
    {"/listeners", "listeners and their addresses", Effect::kNone, Needs::kView, kFormatParameter,
     ListenersPage},
    {"/logging", "log levels by component; sets them by POST", Effect::kMayChange, Needs::kNothing,
     kLoggingParameters, LoggingPage},
    {"/memory",
     "the heap in bytes, and who makes it hold what",
     Effect::kNone,
     Needs::kMemory,
     {},
     MemoryPage},
    {"/quitquitquit", "ends the server", Effect::kChanges, Needs::kNothing, {}, QuitPage},
    {"/ready", "200 and LIVE, or 503 and the state", Effect::kNone, Needs::kView, {}, ReadyPage},
    {"/reopen_logs",
     "opens the files of access logs anew",
     Effect::kChanges,
     Needs::kNothing,
     {},
     ReopenLogsPage},
    {"/runtime",
     "values of the runtime by key and layer",
     Effect::kNone,
     Needs::kView,
     {},
     RuntimePage},
    {"/runtime_modify",
     "refused: values of the runtime do not change",
     Effect::kChanges,
     Needs::kNothing,
     {},
     ModifyRuntimePage},
    {"/server_info",
     "version, state, uptime, options and node",
     Effect::kNone,
     Needs::kView,
     {},
     ServerInfoPage},
    {"/stats", "counters, gauges and histograms", Effect::kNone, Needs::kNothing, kStatsParameters,
     StatsPage},
    {"/stats/prometheus", "the same for Prometheus", Effect::kNone, Needs::kNothing,
     kPrometheusParameters, PrometheusPage},
};

std::string ListOfPages() {
  std::string text = "admin commands are:\n";
  for (const PageEntry& page : kPages) {
    StrAppend(text, "  ", page.path, page.effect == Effect::kChanges ? " (POST): " : ": ",
              page.help, "\n");
    for (const PageParameter& parameter : page.parameters) {
      StrAppend(text, "      ", parameter.name, ": ", parameter.help, "\n");
    }
  }
  return text;
}

Page HelpPage(const Inputs&, const Query&) { return TextPage(200, ListOfPages()); }

// For the constant texts of the table.
std::string HtmlEscaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Page IndexPage(const Inputs&, const Query&) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Weir admin</title>\n"
      "<style>body{font:15px sans-serif;margin:2em}td{padding:.25em 1.5em .25em "
      "0;vertical-align:top}"
      "li{color:#555}ul{margin:.2em 0;padding-left:1.2em}form{margin:0}</style></head>\n"
      "<body><h1>Weir admin</h1>\n<table>\n";
  for (const PageEntry& page : kPages) {
    StrAppend(html, "<tr><td>");
    if (page.effect == Effect::kChanges) {
      StrAppend(html, "<form method=\"post\" action=\"", page.path.substr(1), "\"><button>",
                page.path.substr(1), "</button></form>");
    } else {
      StrAppend(html, "<a href=\"", page.path == "/" ? "./" : page.path.substr(1), "\">", page.path,
                "</a>");
    }
    StrAppend(html, "</td><td>", HtmlEscaped(page.help));
    if (!page.parameters.empty()) html += "<ul>";
    for (const PageParameter& parameter : page.parameters) {
      StrAppend(html, "<li><code>", HtmlEscaped(parameter.name),
                "</code>: ", HtmlEscaped(parameter.help), "</li>");
    }
    if (!page.parameters.empty()) html += "</ul>";
    html += "</td></tr>\n";
  }
  html += "</table></body></html>\n";
  return {.content_type = kHtmlType, .body = std::move(html)};
}

// Nothing when the method fits.
std::string_view NeededMethod(const PageEntry& page, const Request& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool changes = page.effect == Effect::kChanges ||
                       (page.effect == Effect::kMayChange && !request.query.empty());
  if (request.method == "POST" || (reads && !changes)) return "";
  return changes ? "POST" : "GET";
}

}  // namespace

std::span<const PageEntry> AllPages() { return kPages; }

const PageEntry* FindPage(std::string_view path) {
  for (const PageEntry& page : kPages) {
    if (page.path == path) return &page;
  }
  return nullptr;
}

Page Answer(const Request& request, const Inputs& inputs) {
  const PageEntry* const page = FindPage(request.path);
  if (page == nullptr) return TextPage(404, StrCat("invalid path. ", ListOfPages()));
  if (const std::string_view needed = NeededMethod(*page, request); !needed.empty()) {
    Page refusal =
        TextPage(405, StrCat("Method ", request.method, " not allowed, ", needed, " required.\n"));
    refusal.allow = needed == "POST" ? "POST" : "GET, HEAD, POST";
    return refusal;
  }
  WEIR_CHECK(inputs.view != nullptr || page->needs == Needs::kNothing, "the page needs a View");
  return page->make(inputs, Query(request.query));
}

}  // namespace weir::admin
