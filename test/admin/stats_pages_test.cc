#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "re2/re2.h"
#include "source/stats/stats.h"
#include "test/admin/pages.h"

namespace weir::admin {
namespace {

struct WebStats {
  stats::Counter requests;
  stats::Counter failures;
  stats::Gauge open;
  stats::Histogram time_ms;
  static std::span<const stats::Field> Fields() {
    static constexpr stats::Field kFields[] = {
        WEIR_STAT_FIELD(WebStats, kCounter, requests, "Requests."),
        WEIR_STAT_FIELD(WebStats, kCounter, failures, "Failures."),
        WEIR_STAT_FIELD(WebStats, kGauge, open, "Open now."),
        WEIR_STAT_FIELD(WebStats, kHistogram, time_ms, "How long."),
    };
    return kFields;
  }
};

class StatsPagesTest : public testing::Test {
 protected:
  StatsPagesTest() : stats_(registry_, {"cluster.", "w\"eb"}) {
    stats_->requests.Add(12);
    stats_->open.Set(3);
    stats_->time_ms.Record(7);
  }
  Page Ask(std::string_view target) {
    return Answer(RequestFor("GET", target), {.view = nullptr, .registry = registry_});
  }

  stats::Registry registry_;
  stats::Block<WebStats> stats_;
};

TEST_F(StatsPagesTest, TheQueryDecidesWhatIsShown) {
  const struct {
    std::string_view target;
    std::string_view body;
  } rows[] = {
      {"/stats?type=Counters", "cluster.w\"eb.failures: 0\ncluster.w\"eb.requests: 12\n"},
      {"/stats?type=counters&usedonly", "cluster.w\"eb.requests: 12\n"},
      {"/stats?type=Gauges&unknown=parameter", "cluster.w\"eb.open: 3\n"},
      {"/stats?type=TextReadouts", ""},
      {"/stats?filter=fail", "cluster.w\"eb.failures: 0\n"},
      {"/stats?filter=%5Ecluster.%2Bopen$", "cluster.w\"eb.open: 3\n"},
      {"/stats?filter=^cluster.+open$", "cluster.w\"eb.open: 3\n"},
      {"/stats?filter=nothing", ""},
  };
  for (const auto& row : rows) {
    const Page page = Ask(row.target);
    EXPECT_EQ(page.status, 200) << row.target;
    EXPECT_EQ(page.body, row.body) << row.target;
    EXPECT_EQ(page.content_type, "text/plain; charset=UTF-8");
  }
  EXPECT_EQ(Ask("/stats?format=json").content_type, "application/json");
  EXPECT_EQ(Ask("/stats?format=json").body.substr(0, 10), "{\"stats\":[");
  for (const std::string_view bad :
       {"/stats?filter=%28", "/stats?type=Some", "/stats?format=xml",
        "/stats/prometheus?filter=%28", "/stats?format=json&filter=%28"}) {
    EXPECT_EQ(Ask(bad).status, 400) << bad;
  }
}

// Reads the exposition format as a scraper does: every line is a comment or a sample, and types
// come first.
TEST_F(StatsPagesTest, PrometheusOutputParses) {
  const Page page = Ask("/stats/prometheus");
  EXPECT_EQ(page.content_type, "text/plain; version=0.0.4; charset=UTF-8");
  EXPECT_EQ(page.body, Ask("/stats?format=prometheus").body);
  const re2::RE2 sample(R"(([a-zA-Z_:][a-zA-Z0-9_:]*))"
                        R"((\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+))");
  const re2::RE2 type(R"(# TYPE (\S+) (counter|gauge|histogram))");
  std::map<std::string, std::string> types;
  std::map<std::string, std::string> values;
  std::istringstream lines(page.body);
  for (std::string line; std::getline(lines, line);) {
    std::string name, labels, ignored, kind, value;
    if (re2::RE2::FullMatch(line, type, &name, &kind)) {
      EXPECT_TRUE(types.emplace(name, kind).second) << "typed twice: " << name;
    } else if (line.starts_with("# HELP ")) {
      continue;
    } else if (!line.empty()) {
      ASSERT_TRUE(re2::RE2::FullMatch(line, sample, &name, &ignored, &labels, &value)) << line;
      const std::string family =
          re2::RE2::FullMatch(name, ".*_(bucket|sum|count)") && !types.contains(name)
              ? name.substr(0, name.rfind('_'))
              : name;
      EXPECT_TRUE(types.contains(family)) << line;
      EXPECT_TRUE(values.emplace(name + "{" + labels, value).second) << "twice: " << line;
    }
  }
  EXPECT_EQ(types["envoy_cluster_requests"], "counter");
  EXPECT_EQ(values["envoy_cluster_requests{envoy_cluster_name=\"w\\\"eb\""], "12") << page.body;
  EXPECT_EQ(types["envoy_cluster_time_ms"], "histogram");
  EXPECT_EQ(values["envoy_cluster_time_ms_count{envoy_cluster_name=\"w\\\"eb\""], "1");
}

}  // namespace
}  // namespace weir::admin
