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
    const ScopeName name = NameScope(c.prefix, c.instance, c.suffix);
    EXPECT_EQ(name.full, c.full);
    EXPECT_EQ(name.extracted, c.extracted) << c.full;
    EXPECT_EQ(name.tags, c.tags) << c.full;
  }
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
