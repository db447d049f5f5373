// Sources with a stream of their own (api_config_source), as some control planes have one for each
// type.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "source/schema/resource_type.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/resources.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kSource[] =
    "{ resource_api_version: V3, api_config_source: { api_type: GRPC, transport_api_version: V3, "
    "set_node_on_first_message_only: true, grpc_services: [{ envoy_grpc: { cluster_name: "
    "control_plane } }] } }";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// Every source that says `ads` says kSource.
std::string OnOwnStreams(const std::string& text) {
  return Replaced(text, "{ resource_api_version: V3, ads: {} }", kSource);
}

std::string Bootstrap() {
  const std::string text = kDynamicBootstrap;
  const size_t ads = text.find("  ads_config:");
  const size_t lds = text.find("  lds_config:");
  return OnOwnStreams(text.substr(0, ads) + text.substr(lds));
}

TEST(OwnStreamScenario, EachTypeComesByItsOwnStream) {
  World world(Bootstrap());
  ASSERT_TRUE(world.status().ok()) << world.status();
  ControlPlane clusters(world, schema::kClusterTypeUrl);
  ControlPlane listeners(world, schema::kListenerTypeUrl);
  EXPECT_FALSE(world.has_xds(schema::kClusterLoadAssignmentTypeUrl));
  clusters.Send(schema::kClusterTypeUrl, "c1", OnOwnStreams(Cluster("one")));
  EXPECT_EQ(clusters.AnswerTo("c1"), "");
  ControlPlane endpoints(world, schema::kClusterLoadAssignmentTypeUrl);
  EXPECT_THAT(endpoints.Asked(schema::kClusterLoadAssignmentTypeUrl), ElementsAre("one"));
  endpoints.Send(schema::kClusterLoadAssignmentTypeUrl, "e1", Endpoints("one", "10.0.0.1"));
  listeners.Send(schema::kListenerTypeUrl, "l1", OnOwnStreams(Listener("edge", 80)));
  ControlPlane routes(world, schema::kRouteConfigurationTypeUrl);
  EXPECT_THAT(routes.Asked(schema::kRouteConfigurationTypeUrl), ElementsAre("routes"));
  routes.Send(schema::kRouteConfigurationTypeUrl, "r1", Routes("one"));
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  // The stream of endpoints ends with its last cluster; the routes go on without it.
  clusters.Send(schema::kClusterTypeUrl, "c2", "");
  world.Run();
  EXPECT_EQ(world.Stat("control_plane.connected_state"), 3);
}

TEST(OwnStreamScenario, ASourceThatLeadsNowhereIsRefusedByName) {
  World world(Bootstrap());
  ControlPlane clusters(world, schema::kClusterTypeUrl);
  clusters.Send(schema::kClusterTypeUrl, "c1",
                Replaced(OnOwnStreams(Cluster("one")), "control_plane", "nobody"));
  EXPECT_THAT(clusters.AnswerTo("c1"), HasSubstr("cluster \"nobody\" is none of the bootstrap's"));
}

// Credentials that cannot be read may be readable later.
TEST(OwnStreamScenario, WhatWasAskedForBeforeThereWasAWayIsAskedForWithTheNext) {
  World world(Bootstrap());
  ControlPlane clusters(world, schema::kClusterTypeUrl);
  world.RefuseTransports(absl::UnavailableError("the key cannot be read"));
  clusters.Send(schema::kClusterTypeUrl, "c1",
                OnOwnStreams(Cluster("gone") + Cluster("one") + Cluster("left")));
  EXPECT_EQ(clusters.AnswerTo("c1"), "");
  EXPECT_FALSE(world.has_xds(schema::kClusterLoadAssignmentTypeUrl));
  clusters.Send(schema::kClusterTypeUrl, "c2", OnOwnStreams(Cluster("one") + Cluster("left")));
  world.RefuseTransports(absl::OkStatus());
  clusters.Send(schema::kClusterTypeUrl, "c3",
                OnOwnStreams(Cluster("one") + Cluster("left") + Cluster("two")));
  ControlPlane endpoints(world, schema::kClusterLoadAssignmentTypeUrl);
  EXPECT_THAT(endpoints.Asked(schema::kClusterLoadAssignmentTypeUrl),
              ElementsAre("left", "one", "two"));
  clusters.Send(schema::kClusterTypeUrl, "c4", OnOwnStreams(Cluster("one") + Cluster("two")));
  EXPECT_THAT(endpoints.Asked(schema::kClusterLoadAssignmentTypeUrl), ElementsAre("one", "two"));
  endpoints.Send(schema::kClusterLoadAssignmentTypeUrl, "e1",
                 Endpoints("one", "10.0.0.1") + Endpoints("two", "10.0.0.2"));
  EXPECT_EQ(world.Stat("cluster_manager.active_clusters"), 3) << "with the static one";
}

TEST(OwnStreamScenario, RequestsBeyondTheRateLimitWait) {
  World world(Replaced(Bootstrap(), "set_node_on_first_message_only: true,",
                       "rate_limit_settings: { max_tokens: 2, fill_rate: 1 },"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  ControlPlane clusters(world, schema::kClusterTypeUrl);
  for (int i = 1; i <= 3; ++i) {
    clusters.Send(schema::kClusterTypeUrl, "c" + std::to_string(i), "");
  }
  // The subscription and the first answer had the tokens.
  EXPECT_EQ(clusters.AnswerTo("c1"), "");
  EXPECT_EQ(clusters.AnswerTo("c2"), "no answer");
  EXPECT_EQ(world.Stat("control_plane.rate_limit_enforced"), 2);
  EXPECT_EQ(world.Stat("control_plane.pending_requests"), 2);
  world.Run(std::chrono::milliseconds(2100));
  clusters.Asked(schema::kClusterTypeUrl);
  EXPECT_EQ(clusters.AnswerTo("c2"), "");
  EXPECT_EQ(clusters.AnswerTo("c3"), "");
  EXPECT_EQ(world.Stat("control_plane.pending_requests"), 0);
}

}  // namespace
}  // namespace weir::scenario
