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
