#include "source/stats/render.h"

#include <cmath>

#include "gtest/gtest.h"
#include "source/stats/tags.h"

namespace weir::stats {
namespace {

struct Stats {
  Counter rq_total;
  Gauge cx_active;
  Histogram rq_time;
  StatusCounters upstream_rq_;

  static std::span<const Field> Fields() {
    static constexpr Field kFields[] = {
        WEIR_STAT_FIELD(Stats, kCounter, rq_total, "Requests \\ in all."),
        WEIR_STAT_FIELD(Stats, kGauge, cx_active, ""),
        WEIR_STAT_FIELD(Stats, kHistogram, rq_time, ""),
        WEIR_STAT_FIELD(Stats, kStatusCounters, upstream_rq_, ""),
    };
    return kFields;
  }
};

TEST(NameScopeTest, Table) {
  struct Case {
    std::string_view prefix, instance, suffix, full, extracted;
    Tags tags;
  };
  const Case cases[] = {
      {"server.", "", "", "server.", "server.", {}},
      {"cluster_manager.", "", "cds.", "cluster_manager.cds.", "cluster_manager.cds.", {}},
      {"cluster.", "web", "", "cluster.web.", "cluster.", {{"envoy.cluster_name", "web"}}},
      {"cluster.",
       "a.b",
       "circuit_breakers.default.",
       "cluster.a.b.circuit_breakers.default.",
       "cluster.circuit_breakers.default.",
       {{"envoy.cluster_name", "a.b"}}},
      {"http.", "in", "", "http.in.", "http.", {{"envoy.http_conn_manager_prefix", "in"}}},
      {"http.",
       "in.rds.main",
       "",
       "http.in.rds.main.",
       "http.rds.",
       {{"envoy.rds_route_config", "main"}, {"envoy.http_conn_manager_prefix", "in"}}},
      {"listener.",
       "0.0.0.0_80",
       "",
       "listener.0.0.0.0_80.",
       "listener.",
       {{"envoy.listener_address", "0.0.0.0_80"}}},
      {"listener.",
       "[__1]_80.http.in",
       "",
       "listener.[__1]_80.http.in.",
       "listener.http.",
       {{"envoy.http_conn_manager_prefix", "in"}, {"envoy.listener_address", "[__1]_80"}}},
      {"listener.",
       "0.0.0.0_80.worker_3",
       "",
       "listener.0.0.0.0_80.worker_3.",
       "listener.worker.",
       {{"envoy.worker_id", "3"}, {"envoy.listener_address", "0.0.0.0_80"}}},
      {"tcp.", "db", "", "tcp.db.", "tcp.", {{"envoy.tcp_prefix", "db"}}},
      {"vhost.",
       "v.vcluster.c",
       "",
       "vhost.v.vcluster.c.",
       "vhost.vcluster.",
       {{"envoy.virtual_cluster", "c"}, {"envoy.virtual_host", "v"}}},
      {"other.", "x", "", "other.x.", "other.x.", {}},
  };
  for (const Case& c : cases) {
    const ScopeName name =
        NameScope(c.prefix, c.instance, c.suffix, [](std::string_view) { return true; });
    EXPECT_EQ(name.full, c.full);
    EXPECT_EQ(name.extracted, c.extracted) << c.full;
    EXPECT_EQ(name.tags, c.tags) << c.full;
  }
}

TEST(NameScopeTest, ACertificatesNameMayHaveAnythingInIt) {
  const ScopeName name = NameScope("listener.", "0.0.0.0_80.ssl.certificate.spiffe://d/a.http.b",
                                   "", [](std::string_view) { return true; });
  EXPECT_EQ(name.full, "listener.0.0.0.0_80.ssl.certificate.spiffe://d/a.http.b.");
  EXPECT_EQ(name.extracted, "listener.ssl.certificate.");
  const Tags tags = {{"envoy.tls_certificate", "spiffe://d/a.http.b"},
                     {"envoy.listener_address", "0.0.0.0_80"}};
  EXPECT_EQ(name.tags, tags);
}

TEST(NameScopeTest, ValuesOfUnwantedTagsStayInTheName) {
  const auto none = [](std::string_view) { return false; };
  EXPECT_EQ(NameScope("cluster.", "web", "x.", none).extracted, "cluster.web.x.");
  EXPECT_EQ(NameScope("http.", "in.rds.main", "", none).extracted, "http.in.rds.main.");
  EXPECT_EQ(NameScope("listener.", "a.worker_3", "", none).extracted, "listener.a.worker_3.");
  const auto route = [](std::string_view tag) { return tag == "envoy.rds_route_config"; };
  const ScopeName name = NameScope("http.", "in.rds.main", "", route);
  EXPECT_EQ(name.extracted, "http.in.rds.");
  EXPECT_EQ(name.tags, (Tags{{"envoy.rds_route_config", "main"}}));
}

TEST(RenderTest, TextIsEnvoys) {
  Registry registry;
  Block<Stats> block(registry, Scope{"cluster.", "web"});
  block->rq_total.Add(2);
  block->cx_active.Set(-1);
  EXPECT_EQ(RenderText(registry.Read()),
            "cluster.web.cx_active: -1\ncluster.web.rq_total: 2\n"
            "cluster.web.rq_time: No recorded values\n");
  for (int i = 0; i < 4; ++i) block->rq_time.Record(5);
  EXPECT_EQ(RenderText(*Select(registry.Read(), {.type = Query::Type::kHistograms})),
            "cluster.web.rq_time: P0(nan,5) P25(nan,5) P50(nan,5) P75(nan,5) P90(nan,5) P95(nan,5) "
            "P99(nan,5) P99.5(nan,5) P99.9(nan,5) P100(nan,5)\n");
}

TEST(RenderTest, JsonIsEnvoys) {
  Registry registry;
  Block<Stats> block(registry, Scope{"cluster.", "a\"b"});
  block->rq_total.Add(2);
  EXPECT_EQ(RenderJson(*Select(registry.Read(), {.type = Query::Type::kCounters})),
            R"({"stats":[{"name":"cluster.a\"b.rq_total","value":2}]})");
  const std::string json = RenderJson(*Select(registry.Read(), {.type = Query::Type::kHistograms}));
  EXPECT_EQ(
      json.rfind(
          R"({"stats":[{"histograms":{"supported_quantiles":[0,25,50,75,90,95,99,99.5,99.9,100],)"
          R"("computed_quantiles":[{"name":"cluster.a\"b.rq_time","values":[)"
          R"({"interval":null,"cumulative":null},)",
          0),
      0u)
      << json;
  block->rq_time.Record(9);
  EXPECT_NE(RenderJson(registry.Read()).find(R"({"interval":null,"cumulative":9})"),
            std::string::npos);
  EXPECT_EQ(RenderJson({}), R"({"stats":[]})");
}

TEST(RenderTest, TheLastIntervalStandsBesideTheWholeTime) {
  Registry registry;
  Block<Stats> block(registry, Scope{"cluster.", "web"});
  block->rq_time.Record(5);
  registry.RollIntervals();
  block->rq_time.Record(9);
  registry.RollIntervals();
  const std::vector<Reading> readings =
      *Select(registry.Read(), {.type = Query::Type::kHistograms});
  EXPECT_NE(RenderText(readings).find(" P0(9,5) "), std::string::npos) << RenderText(readings);
  EXPECT_NE(RenderJson(readings).find(R"({"interval":9,"cumulative":5})"), std::string::npos);
  // What came since the end of the interval is not in it, and an interval without values has none.
  block->rq_time.Record(2);
  EXPECT_NE(RenderText(registry.Read()).find(" P0(9,2) "), std::string::npos);
  registry.RollIntervals();
  registry.RollIntervals();
  EXPECT_NE(RenderText(registry.Read()).find(" P0(nan,2) "), std::string::npos);
}

TEST(RenderTest, AnIntervalBelongsToItsBlocksAndNotToTheirName) {
  Registry registry;
  {
    Block<Stats> gone(registry, Scope{"cluster.", "web"});
    gone->rq_time.Record(5);
    registry.RollIntervals();
  }
  Block<Stats> block(registry, Scope{"cluster.", "web"});
  block->rq_time.Record(7);
  EXPECT_NE(RenderText(registry.Read()).find(" P0(nan,7) "), std::string::npos);
  registry.RollIntervals();
  EXPECT_NE(RenderText(registry.Read()).find(" P0(7,7) "), std::string::npos);
}

TEST(RenderTest, BucketsAreEnvoys) {
  Registry registry;
  Block<Stats> block(registry, Scope{"cluster.", "web"});
  block->rq_time.Record(3);
  registry.RollIntervals();
  registry.RollIntervals();
  block->rq_time.Record(40);
  const std::vector<Reading> readings =
      *Select(registry.Read(), {.type = Query::Type::kHistograms});
  const std::string cumulative = RenderText(readings, HistogramView::kCumulative);
  EXPECT_EQ(cumulative.find("cluster.web.rq_time: B0.5(0,0) B1(0,0) B5(0,1) B10(0,1) B25(0,1) "
                            "B50(0,2) B100(0,2) "),
            0u)
      << cumulative;
  const std::string disjoint = RenderText(readings, HistogramView::kDisjoint);
  EXPECT_EQ(disjoint.find("cluster.web.rq_time: B0.5(0,0) B1(0,0) B5(0,1) B10(0,0) B25(0,0) "
                          "B50(0,1) B100(0,0) "),
            0u)
      << disjoint;
  const std::string detailed = RenderText(readings, HistogramView::kDetailed);
  EXPECT_EQ(detailed.find("cluster.web.rq_time:\n  totals=3,1:1, 40,2:1\n  intervals=\n"
                          "  summary= P0(nan,3) "),
            0u)
      << detailed;
  EXPECT_EQ(RenderJson(readings, HistogramView::kCumulative)
                .find(R"({"stats":[{"histograms":[{"name":"cluster.web.rq_time","buckets":[)"
                      R"({"upper_bound":0.5,"interval":0,"cumulative":0},)"),
            0u);
  EXPECT_NE(RenderJson(readings, HistogramView::kDetailed)
                .find(R"("details":[{"name":"cluster.web.rq_time","totals":[)"
                      R"({"lower_bound":3,"width":1,"count":1},)"),
            std::string::npos);
}

struct Texts {
  TextReadout version_text;
  Counter updates;

  static std::span<const Field> Fields() {
    static constexpr Field kFields[] = {
        WEIR_STAT_FIELD(Texts, kText, version_text, "The version."),
        WEIR_STAT_FIELD(Texts, kCounter, updates, ""),
    };
    return kFields;
  }
};

TEST(RenderTest, TextsStandFirstAndInQuotes) {
  Registry registry;
  Block<Texts> block(registry, Scope{"a.", ""});
  EXPECT_TRUE(registry.Read(true).empty());
  block->version_text.Set("v\"1");
  const std::vector<Reading> readings = registry.Read();
  EXPECT_EQ(RenderText(readings), "a.version_text: \"v\"1\"\na.updates: 0\n");
  EXPECT_EQ(RenderJson(readings), R"({"stats":[{"name":"a.version_text","value":"v\"1"},)"
                                  R"({"name":"a.updates","value":0}]})");
  EXPECT_EQ(RenderPrometheus(readings).find("version_text"), std::string::npos);
  EXPECT_NE(RenderPrometheus(readings, true)
                .find("# TYPE envoy_a_version_text gauge\n"
                      "envoy_a_version_text{text_value=\"v\\\"1\"} 0\n"),
            std::string::npos)
      << RenderPrometheus(readings, true);
  EXPECT_EQ(Select(readings, {.type = Query::Type::kTextReadouts})->size(), 1u);
}

std::vector<Reading> ReadWith(NameOptions options) {
  Registry registry;
  Block<Stats> block(registry, Scope{"cluster.", "web.east"});
  block->upstream_rq_.Inc(200);
  registry.SetPolicy(*NamePolicy::Create(std::move(options)));
  return registry.Read();
}

TEST(NamePolicyTest, TagsComeFromRulesAndTheDefaults) {
  const std::string text = RenderPrometheus(ReadWith(
      {.tags = {
           {.name = "site", .fixed_value = "x", .regex = {}},
           {.name = "zone", .fixed_value = {}, .regex = R"(^cluster\.[a-z]+(\.([a-z]+))\.)"}}}));
  EXPECT_NE(
      text.find(R"(envoy_cluster_rq_total{envoy_cluster_name="web.east",site="x",zone="east"} 0)"),
      std::string::npos)
      << text;
  const std::string few = RenderPrometheus(
      ReadWith({.tags = {{.name = "envoy.response_code", .fixed_value = {}, .regex = {}}},
                .all_default_tags = false}));
  EXPECT_NE(few.find("envoy_cluster_web_east_rq_total{} 0"), std::string::npos) << few;
  EXPECT_NE(few.find("envoy_cluster_web_east_upstream_rq{envoy_response_code=\"200\"} 1"),
            std::string::npos)
      << few;
}

TEST(NamePolicyTest, ShowsWhatItIsToldTo) {
  const std::vector<Reading> readings = ReadWith(
      {.shows = [](std::string_view name) { return name == "cluster.web.east.rq_total"; }});
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings[0].name, "cluster.web.east.rq_total");
}

TEST(NamePolicyTest, RefusesWhatIsNoRule) {
  const std::pair<NameOptions::Tag, std::string_view> cases[] = {
      {{.name = "x", .fixed_value = {}, .regex = {}}, "no default tag"},
      {{.name = "x", .fixed_value = {}, .regex = "("}, "no regular expression"},
      {{.name = "x", .fixed_value = {}, .regex = "a"}, "has no group"},
  };
  for (const auto& [tag, error] : cases) {
    const auto policy = NamePolicy::Create({.tags = {tag}});
    EXPECT_NE(policy.status().ToString().find(error), std::string::npos) << policy.status();
  }
}

TEST(RegistryTest, AsksItsSourcesWhileTheirHandleLives) {
  Registry registry;
  int64_t value = 3;
  auto handle = registry.AddSource([&value] {
    return std::vector<Sample>{{Scope{"cluster.", "web"}, "cx_open", value, "help"}};
  });
  EXPECT_EQ(RenderText(registry.Read()), "cluster.web.cx_open: 3\n");
  value = 0;
  EXPECT_TRUE(registry.Read(true).empty());
  handle.reset();
  EXPECT_TRUE(registry.Read().empty());
}

TEST(RenderTest, PrometheusHasTagsAsLabelsAndOneHeadAMetric) {
  Registry registry;
  Block<Stats> web(registry, Scope{"cluster.", "web"});
  Block<Stats> odd(registry, Scope{"cluster.", "a\\\"\nb"});
  web->rq_total.Add(2);
  odd->rq_total.Add(3);
  web->upstream_rq_.Inc(200);
  EXPECT_EQ(RenderPrometheus(*Select(registry.Read(), {.type = Query::Type::kCounters})),
            "# HELP envoy_cluster_rq_total Requests \\\\ in all.\n"
            "# TYPE envoy_cluster_rq_total counter\n"
            "envoy_cluster_rq_total{envoy_cluster_name=\"a\\\\\\\"\\nb\"} 3\n"
            "envoy_cluster_rq_total{envoy_cluster_name=\"web\"} 2\n"
            "# TYPE envoy_cluster_upstream_rq counter\n"
            "envoy_cluster_upstream_rq{envoy_response_code=\"200\",envoy_cluster_name=\"web\"} 1\n"
            "# TYPE envoy_cluster_upstream_rq_xx counter\n"
            "envoy_cluster_upstream_rq_xx{envoy_response_code_class=\"2\",envoy_cluster_name="
            "\"web\"} 1\n");
}

TEST(RenderTest, PrometheusHistogramsAreCumulative) {
  Registry registry;
  Block<Stats> block(registry, Scope{"server.", ""});
  for (const uint64_t value : {0u, 1u, 7u, 25u, 90u, 4'000'000u}) block->rq_time.Record(value);
  const std::string text = RenderPrometheus(registry.Read());
  const std::string_view expected[] = {
      "# TYPE envoy_server_rq_time histogram\n",
      "envoy_server_rq_time_bucket{le=\"0.5\"} 1\n",
      "envoy_server_rq_time_bucket{le=\"1\"} 2\n",
      "envoy_server_rq_time_bucket{le=\"5\"} 2\n",
      "envoy_server_rq_time_bucket{le=\"10\"} 3\n",
      "envoy_server_rq_time_bucket{le=\"25\"} 4\n",
      "envoy_server_rq_time_bucket{le=\"50\"} 4\n",
      "envoy_server_rq_time_bucket{le=\"100\"} 5\n",
      "envoy_server_rq_time_bucket{le=\"3600000\"} 5\n",
      "envoy_server_rq_time_bucket{le=\"+Inf\"} 6\n",
      "envoy_server_rq_time_sum{} 4000123\n",
      "envoy_server_rq_time_count{} 6\n",
      "envoy_server_cx_active{} 0\n",
  };
  for (const std::string_view line : expected)
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(SelectTest, FilterFindsAnywhereAndBadOnesAreErrors) {
  Registry registry;
  Block<Stats> web(registry, Scope{"cluster.", "web"});
  Block<Stats> api(registry, Scope{"cluster.", "api"});
  web->rq_total.Inc();
  EXPECT_EQ(Select(registry.Read(), {.filter = "web"})->size(), 3u);
  EXPECT_EQ(Select(registry.Read(), {.filter = "^web"})->size(), 0u);
  EXPECT_EQ(Select(registry.Read(), {.filter = "rq_t.*"})->size(), 4u);
  EXPECT_EQ(Select(registry.Read(), {.used_only = true})->size(), 1u);
  EXPECT_EQ(Select(registry.Read(), {.type = Query::Type::kGauges})->size(), 2u);
  const auto bad = Select(registry.Read(), {.filter = "("});
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(QuantileTest, InterpolatesWithinTheBucket) {
  Histogram histogram;
  EXPECT_TRUE(std::isnan(Quantile(histogram.Read(), 0.5)));
  for (uint64_t i = 1; i <= 1000; ++i) histogram.Record(i);
  const auto read = histogram.Read();
  EXPECT_EQ(Quantile(read, 0), 1);
  EXPECT_NEAR(Quantile(read, 0.5), 500, 500 * 0.0625);
  EXPECT_NEAR(Quantile(read, 0.99), 990, 990 * 0.0625);
  EXPECT_NEAR(Quantile(read, 1), 1000, 1000 * 0.0625);
}

}  // namespace
}  // namespace weir::stats
