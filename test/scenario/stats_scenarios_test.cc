// Stats of the whole proxy, by Envoy's names.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "source/schema/resource_type.h"
#include "source/stats/render.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/resources.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StatsScenario, LimitsSayWhenTheyAreReachedAndHowMuchIsLeft) {
  World world(
      EdgeBootstrap({.cluster_options = "circuit_breakers: { thresholds: [{ max_requests: "
                                        "1, max_retries: 7, track_remaining: true }] }\n"}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  const std::string at = "cluster.web.circuit_breakers.default.";
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_EQ(world.Stat(at + "rq_open"), 1);
  EXPECT_EQ(world.Stat(at + "remaining_rq"), 0);
  EXPECT_EQ(world.Stat(at + "cx_open"), 0);
  EXPECT_EQ(world.Stat(at + "remaining_cx"), 1023);
  EXPECT_EQ(world.Stat(at + "remaining_retries"), 7);
  world.Say(up.last(), kOk);
  EXPECT_EQ(world.Stat(at + "rq_open"), 0);
  EXPECT_EQ(world.Stat(at + "remaining_rq"), 1);
}

TEST(StatsScenario, WhatIsLeftIsShownWhereItIsAskedFor) {
  World world(EdgeBootstrap());
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  world.Say(world.Connect(), kGet);
  const std::string text = stats::RenderText(world.registry().Read());
  EXPECT_THAT(text, HasSubstr("cluster.web.circuit_breakers.default.rq_pending_open: 0\n"));
  EXPECT_THAT(text, HasSubstr("cluster.web.circuit_breakers.default.rq_retry_open: 0\n"));
  EXPECT_THAT(text, HasSubstr("cluster.web.circuit_breakers.default.cx_pool_open: 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("remaining_")));
}

constexpr char kUnavailable[] = "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n";

// A virtual host "all" whose virtual cluster "posts" takes POSTs.
const std::string kPostsApart =
    "virtual_clusters: [ { name: posts, headers: [ { name: \":method\", string_match: { exact: "
    "POST } } ] } ]\n";

TEST(StatsScenario, RequestsAreCountedForTheirRouteAndTheirVirtualCluster) {
  World world(EdgeBootstrap({.routes = "- match: { prefix: /counted }\n"
                                       "  stat_prefix: mine\n"
                                       "  route: { cluster: web }\n"
                                       "- match: { prefix: / }\n"
                                       "  route: { cluster: web }\n",
                             .virtual_host_options = kPostsApart,
                             .log_format = "%VIRTUAL_CLUSTER_NAME%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
  world.Say(client, "GET /counted HTTP/1.1\r\nhost: a\r\n\r\n");
  world.Say(client, kGet);
  EXPECT_THAT(world.log().lines(), testing::ElementsAre("posts", "-", "-"));
  EXPECT_EQ(world.Stat("vhost.all.vcluster.posts.upstream_rq_total"), 1);
  EXPECT_EQ(world.Stat("vhost.all.vcluster.other.upstream_rq_total"), 2);
  EXPECT_EQ(world.Stat("vhost.all.route.mine.upstream_rq_total"), 1);
  for (const std::string_view name : {"completed", "2xx", "200"}) {
    EXPECT_EQ(world.Stat(StrCat("vhost.all.vcluster.other.upstream_rq_", name)), 2) << name;
    EXPECT_EQ(world.Stat(StrCat("vhost.all.route.mine.upstream_rq_", name)), 1) << name;
  }
  const auto times = *stats::Select(world.registry().Read(), {.filter = "upstream_rq_time"});
  size_t counted = 0;
  for (const stats::Reading& reading : times) {
    if (reading.name.starts_with("vhost.")) counted += reading.histogram.count;
  }
  EXPECT_EQ(counted, 4u);
  EXPECT_THAT(stats::RenderPrometheus(world.registry().Read()),
              HasSubstr("envoy_vhost_vcluster_upstream_rq_total{envoy_virtual_cluster=\"posts\","
                        "envoy_virtual_host=\"all\"} 1\n"));
}

TEST(StatsScenario, AVirtualClusterKnowsItsRetriesAndTimeouts) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: / }\n"
                 "  route: { cluster: web, timeout: 1s, retry_policy: { retry_on: 5xx } }\n",
       .virtual_host_options = kPostsApart}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  const std::string at = "vhost.all.vcluster.other.upstream_rq_";
  world.Say(client, kGet);
  world.Say(up.last(), kUnavailable);
  world.Run(std::chrono::milliseconds(30));
  EXPECT_EQ(world.Stat(at + "retry"), 1);
  EXPECT_EQ(world.Stat(at + "retry_backoff_exponential"), 1);
  world.Say(up.last(), kOk);
  EXPECT_EQ(world.Stat(at + "retry_success"), 1);
  EXPECT_EQ(world.Stat(at + "total"), 2);
  EXPECT_EQ(world.Stat(at + "completed"), 1);  // What is tried again is no answer.

  world.Say(client, kGet);
  world.Say(up.last(), kUnavailable);
  world.Run(std::chrono::milliseconds(30));
  world.Say(up.last(), kUnavailable);
  EXPECT_EQ(world.Stat(at + "retry_limit_exceeded"), 1);
  EXPECT_EQ(world.Stat(at + "503"), 1);

  world.Say(client, kGet);
  world.Run(std::chrono::seconds(2));
  EXPECT_EQ(world.Stat(at + "timeout"), 1);
  EXPECT_EQ(world.Stat(at + "504"), 1);
}

// Whether any stat is named so, used or not.
bool IsNamed(const World& world, std::string_view prefix) {
  const std::vector<stats::Reading> readings = world.registry().Read();
  return std::any_of(readings.begin(), readings.end(), [&](const stats::Reading& reading) {
    return reading.name.starts_with(prefix);
  });
}

void SendRoutesCountedAs(const std::string& name, const std::string& version, Streamed& streamed) {
  std::string routes = Routes("one");
  routes.insert(routes.find("match: { prefix: / }"), "stat_prefix: " + name + ", ");
  streamed.control.Send(schema::kRouteConfigurationTypeUrl, version, routes);
}

TEST(StatsScenario, CountersGoWhenNoConfigurationHasTheirNameAnyMore) {
  Streamed streamed(kDynamicBootstrap, {.workers = 2});
  World& world = streamed.world;
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  const auto send_routes = [&](const std::string& version, const std::string& name) {
    SendRoutesCountedAs(name, version, streamed);
  };
  const auto ask = [&] {
    for (int i = 0; i < 8; ++i) world.Say(world.Connect(), kGet);
  };
  send_routes("r10", "kept");
  ask();
  EXPECT_EQ(world.Stat("vhost.v.route.kept.upstream_rq_total"), 8);
  for (int i = 0; i < 4; ++i) {  // Whose tables differ, and name it all.
    streamed.control.Send(schema::kClusterTypeUrl, StrCat("c", i + 10), Cluster("one"));
    send_routes(StrCat("r1", i), "kept");
  }
  ask();
  EXPECT_EQ(world.Stat("vhost.v.route.kept.upstream_rq_total"), 16);
  for (int i = 0; i < 20; ++i) {
    send_routes(StrCat("s", i), StrCat("name", i));
    ask();
  }
  EXPECT_FALSE(IsNamed(world, "vhost.v.route.kept."));
  EXPECT_FALSE(IsNamed(world, "vhost.v.route.name17."));
  EXPECT_EQ(world.Stat("vhost.v.route.name19.upstream_rq_total"), 8);
}

TEST(StatsScenario, CountersOfARequestThatGoesOnStay) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  const auto send_routes = [&](const std::string& version, const std::string& name) {
    SendRoutesCountedAs(name, version, streamed);
  };
  send_routes("r10", "first");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  ASSERT_EQ(up.connection_count(), 1u);
  for (int i = 0; i < 4; ++i) send_routes(StrCat("s", i), "second");
  EXPECT_EQ(world.Stat("vhost.v.route.first.upstream_rq_total"), 1);
  world.Say(up.last(), kOk);
  EXPECT_EQ(world.Stat("vhost.v.route.first.upstream_rq_completed"), 1);
  for (int i = 0; i < 4; ++i) send_routes(StrCat("t", i), StrCat("third", i));
  EXPECT_FALSE(IsNamed(world, "vhost.v.route.first."));
}

TEST(StatsScenario, VersionsAndTheControlPlaneAreTexts) {
  Streamed streamed;
  envoy::service::discovery::v3::DiscoveryResponse response;
  response.set_type_url(std::string(schema::kClusterTypeUrl));
  response.set_version_info("c2");
  response.set_nonce("c2");
  response.mutable_control_plane()->set_identifier("planner-7");
  streamed.world.xds().open_call()->Deliver(response.SerializeAsString());
  streamed.world.Run();
  const std::string text = stats::RenderText(streamed.world.registry().Read());
  EXPECT_THAT(text, HasSubstr("control_plane.identifier: \"planner-7\"\n"));
  EXPECT_THAT(text, HasSubstr("cluster_manager.cds.version_text: \"c2\"\n"));
  EXPECT_THAT(text, HasSubstr("listener_manager.lds.version_text: \"l1\"\n"));
}

TEST(StatsScenario, WhatIsAskedForByNameIsCountedByName) {
  Streamed streamed;
  World& world = streamed.world;
  const std::string routes = "http.edge.rds.routes.";
  EXPECT_EQ(world.Stat("cluster.one.update_attempt"), 1);
  EXPECT_EQ(world.Stat("cluster.one.update_success"), 1);
  EXPECT_EQ(world.Stat(routes + "update_success"), 1);
  EXPECT_EQ(world.Stat(routes + "config_reload"), 1);
  // The same once more, and then one that is refused.
  streamed.control.Send(schema::kRouteConfigurationTypeUrl, "r2", Routes("one"));
  std::string broken = Routes("one");
  broken.replace(broken.find("\"*\""), 3, "\"\"");
  streamed.control.Send(schema::kRouteConfigurationTypeUrl, "r3", broken);
  EXPECT_EQ(world.Stat(routes + "update_success"), 2);
  EXPECT_EQ(world.Stat(routes + "config_reload"), 1);
  EXPECT_EQ(world.Stat(routes + "update_rejected"), 1);
  EXPECT_EQ(world.Stat("cluster.one.update_rejected"), 0);
  streamed.control.Kill();
  EXPECT_GE(world.Stat(routes + "update_failure"), 1);
  const std::string text = stats::RenderText(world.registry().Read());
  EXPECT_THAT(text, HasSubstr("http.edge.rds.routes.version_text: \"r2\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("http.rds.")));
  EXPECT_THAT(text, Not(HasSubstr("cluster_manager.eds.")));
  EXPECT_THAT(stats::RenderPrometheus(world.registry().Read()),
              HasSubstr("envoy_http_rds_update_success{envoy_rds_route_config=\"routes\","
                        "envoy_http_conn_manager_prefix=\"edge\"} 2\n"));
}

TEST(StatsScenario, TheCountsOfANameEndWithWhatAskedForIt) {
  Streamed streamed;
  streamed.control.Send(schema::kListenerTypeUrl, "l2", "");
  streamed.control.Send(schema::kClusterTypeUrl, "c2", "");
  const std::string text = stats::RenderText(streamed.world.registry().Read());
  EXPECT_THAT(text, Not(HasSubstr("http.edge.rds.")));
  EXPECT_THAT(text, Not(HasSubstr("cluster.one.update_")));
}

TEST(StatsScenario, EachFlushSetsTheGaugesAndEndsAnInterval) {
  World world(EdgeBootstrap(), {.workers = 2});
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& first = world.Connect();
  world.Connect();
  world.Say(first, kGet);
  world.Run(std::chrono::seconds(6));
  EXPECT_EQ(world.Stat("server.uptime"), 5);
  EXPECT_EQ(world.Stat("server.total_connections"), 2);
  const auto readings =
      *stats::Select(world.registry().Read(), {.filter = "^cluster.web.upstream_cx_connect_ms$"});
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings[0].interval.count, 1u);
  world.Run(std::chrono::seconds(5));
  EXPECT_EQ(
      stats::Select(world.registry().Read(), {.filter = "^cluster.web.upstream_cx_connect_ms$"})
          ->front()
          .interval.count,
      0u);
}

TEST(StatsScenario, TheBootstrapSaysWhichStatsAreShownAndWithWhichTags) {
  const std::string config =
      StrCat(EdgeBootstrap(),
             "stats_server_version_override: 77\n"
             "stats_config:\n  stats_tags:\n  - { tag_name: site, fixed_value: east }\n"
             "  stats_matcher: { inclusion_list: { patterns: [{ prefix: \"server.\" }] } }\n");
  World world(config);
  const auto readings = world.registry().Read();
  ASSERT_FALSE(readings.empty());
  for (const stats::Reading& reading : readings) {
    EXPECT_THAT(reading.name, testing::StartsWith("server."));
  }
  EXPECT_THAT(stats::RenderPrometheus(readings), HasSubstr("envoy_server_live{site=\"east\"} 1\n"));
  EXPECT_EQ(world.Stat("server.version"), 77);
  World wrong(
      StrCat(EdgeBootstrap(), "stats_config: { stats_tags: [{ tag_name: x, regex: \"(\" }] }\n"));
  EXPECT_THAT(std::string(wrong.status().message()),
              HasSubstr("stats_config.stats_tags: tag \"x\""));
}

}  // namespace
}  // namespace weir::scenario
