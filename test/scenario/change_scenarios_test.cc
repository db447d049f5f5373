// Changes of configuration while requests flow: what is streamed, what is refused, what stays.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/schema/resource_type.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/resources.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ChangeScenario, EverythingIsStreamedAndAsksForWhatItNames) {
  World world(kDynamicBootstrap);
  ASSERT_TRUE(world.status().ok()) << world.status();
  ControlPlane control(world);
  control.Send(schema::kClusterTypeUrl, "c1", Cluster("one"));
  EXPECT_EQ(control.AnswerTo("c1"), "");
  EXPECT_THAT(control.Asked(schema::kClusterLoadAssignmentTypeUrl), ElementsAre("one"));
  EXPECT_NE(world.server().state(), admin::ServerState::kLive);
  control.Send(schema::kClusterLoadAssignmentTypeUrl, "e1", Endpoints("one", "10.0.0.1"));
  control.Send(schema::kListenerTypeUrl, "l1", Listener("edge", 80));
  EXPECT_THAT(control.Asked(schema::kRouteConfigurationTypeUrl), ElementsAre("routes"));
  control.Send(schema::kRouteConfigurationTypeUrl, "r1", Routes("one"));
  EXPECT_EQ(world.server().state(), admin::ServerState::kLive);
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(ChangeScenario, AConnectionOutlivesAChangeOfRoutesAndTheNextRequestTakesThem) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  Upstream& two = world.AddUpstream("10.0.0.2:80");
  one.AnswerAll(kOk);
  two.AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_EQ(one.answered(), 1u);
  streamed.control.Send(schema::kClusterTypeUrl, "c2", Cluster("one") + Cluster("two"));
  streamed.control.Send(schema::kClusterLoadAssignmentTypeUrl, "e2", Endpoints("two", "10.0.0.2"));
  streamed.control.Send(schema::kRouteConfigurationTypeUrl, "r2", Routes("two"));
  world.Say(client, kGet);
  EXPECT_EQ(two.answered(), 1u);
  EXPECT_FALSE(client.ended());
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_total"), 1);
}

TEST(ChangeScenario, ARequestUnderWaySurvivesTheRemovalOfItsCluster) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  streamed.control.Send(schema::kClusterTypeUrl, "c2", "");
  world.Say(one.last(), kOk);
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 200 OK\r\n"));
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(world.Stat("http.edge.no_cluster"), 1);
}

TEST(ChangeScenario, ATunnelOutlivesItsRouteItsClusterAndItsEndpoint) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  streamed.control.Send(schema::kRouteConfigurationTypeUrl, "r2",
                        Routes("one, upgrade_configs: [ { upgrade_type: websocket } ]"));
  Peer& client = world.Connect();
  world.Say(
      client,
      "GET / HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  world.Say(one.last(), "HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 101 "));
  streamed.control.Send(schema::kRouteConfigurationTypeUrl, "r3", Routes("two"));
  streamed.control.Send(schema::kClusterTypeUrl, "c2", Cluster("two"));
  streamed.control.Send(schema::kClusterLoadAssignmentTypeUrl, "e2", Endpoints("two", "10.0.0.2"));
  world.Run(std::chrono::seconds(60));
  world.Say(client, "ping");
  EXPECT_TRUE(one.last().received().ends_with("ping"));
  world.Say(one.last(), "pong");
  EXPECT_EQ(client.received(), "pong");
  client.EndWrites();
  one.last().EndWrites();
  world.Run();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_upgrades_active"), 0);
}

TEST(ChangeScenario, ARejectedResourceKeepsItsLastGoodVersionAndTheOthersApply) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  streamed.control.Send(
      schema::kClusterTypeUrl, "c2",
      Cluster("one",
              "  health_checks: [{ timeout: 1s, interval: 1s, unhealthy_threshold: 1, "
              "healthy_threshold: 1, tcp_health_check: {} }]\n") +
          Cluster("two"));
  EXPECT_THAT(streamed.control.AnswerTo("c2"), HasSubstr("one"));
  EXPECT_THAT(streamed.control.AnswerTo("c2"), HasSubstr("health_checks"));
  EXPECT_THAT(streamed.control.AnswerTo("c2"), Not(HasSubstr("two")));
  EXPECT_THAT(streamed.control.Asked(schema::kClusterLoadAssignmentTypeUrl),
              testing::UnorderedElementsAre("one", "two"));
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(ChangeScenario, TrafficGoesOnWhenTheControlPlaneIsGone) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  streamed.control.Kill();
  world.Run(std::chrono::minutes(5));
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_GT(world.xds().opened(), 5u);
}

TEST(ChangeScenario, ARemovedListenerTellsItsConnectionsAndTakesNoNewOnes) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.TakeReceived(), Not(HasSubstr("connection: close")));
  streamed.control.Send(schema::kListenerTypeUrl, "l2", "");
  world.Say(client, kGet);
  const std::string last = client.TakeReceived();
  EXPECT_THAT(last, StartsWith("HTTP/1.1 200 OK\r\n")) << "its routes are still there";
  EXPECT_THAT(last, HasSubstr("connection: close"));
  Peer& late = world.Connect();
  EXPECT_TRUE(late.failed());
}

TEST(ChangeScenario, AnEqualListenerIsLeftAlone) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  client.TakeReceived();
  streamed.control.Send(schema::kListenerTypeUrl, "l2",
                        Listener("edge", 80) + Listener("more", 81));
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.received(), Not(HasSubstr("connection: close")));
  EXPECT_EQ(world.Stat("listener_manager.listener_modified"), 0);
}

TEST(ChangeScenario, ARequestThatWaitsForAConnectionGoesByTheProtocolOfToday) {
  Streamed streamed;
  World& world = streamed.world;
  const net::Address address = *net::Address::Parse("10.0.0.1:80");
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  world.network().Drop(address);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.network().Restore(address);
  streamed.control.Send(schema::kClusterTypeUrl, "c2",
                        Cluster("one",
                                "  typed_extension_protocol_options:\n"
                                "    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
                                "      \"@type\": type.googleapis.com/"
                                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
                                "      explicit_http_config: { http2_protocol_options: {} }\n"));
  EXPECT_EQ(streamed.control.AnswerTo("c2"), "");
  world.Run();
  ASSERT_EQ(one.connection_count(), 1u);
  EXPECT_THAT(one.last().received(), StartsWith("PRI * HTTP/2.0"));
}

TEST(ChangeScenario, AnotherBacklogIsASettingOfTheSocketsThereAre) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  streamed.control.Send(schema::kListenerTypeUrl, "l2",
                        Listener("edge", 80, "  tcp_backlog_size: 7\n"));
  EXPECT_EQ(streamed.control.AnswerTo("l2"), "");
  world.Say(client, kGet);
  Peer& late = world.Connect();
  world.Say(late, kGet);
  EXPECT_EQ(one.answered(), 3u);
}

TEST(ChangeScenario, WhatASocketCannotChangeIsRefusedByName) {
  Streamed streamed;
  streamed.control.Send(schema::kListenerTypeUrl, "l2",
                        Listener("edge", 80, "  enable_reuse_port: false\n"));
  EXPECT_THAT(
      streamed.control.AnswerTo("l2"),
      HasSubstr("listener \"edge\" cannot listen on 10.0.0.100:80: enable_reuse_port cannot "
                "be changed while the address is listened on"));
}

TEST(ChangeScenario, AListenerOfAnotherNameTakesTheAddressOver) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  streamed.control.Send(schema::kListenerTypeUrl, "l2", Listener("renamed", 80));
  EXPECT_EQ(streamed.control.AnswerTo("l2"), "");
  world.Say(client, kGet);
  Peer& late = world.Connect();
  world.Say(late, kGet);
  EXPECT_EQ(one.answered(), 3u);
  EXPECT_FALSE(late.failed());
}

TEST(ChangeScenario, WhoIsConnectingWhileAListenerGoesIsServed) {
  Streamed streamed(kDynamicBootstrap, {.network = {.latency = std::chrono::milliseconds(40)}});
  World& world = streamed.world;
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  buffer::BlockPool blocks;
  Peer connecting(blocks, world.network().Connect(*net::Address::Parse("10.0.0.100:80"), {}));
  streamed.control.Send(schema::kListenerTypeUrl, "l2", "");
  Peer late(blocks, world.network().Connect(*net::Address::Parse("10.0.0.100:80"), {}));
  connecting.Send(kGet);
  world.Run(std::chrono::seconds(1));
  EXPECT_THAT(connecting.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(connecting.received(), HasSubstr("connection: close"));
  EXPECT_TRUE(late.failed());
  connecting.Close();
  late.Close();
}

TEST(ChangeScenario, AListenerServesItsAddressesAndCanDropOne) {
  Streamed streamed;
  World& world = streamed.world;
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  streamed.control.Send(schema::kListenerTypeUrl, "l2",
                        Listener("edge", 80,
                                 "  additional_addresses: [{ address: { socket_address: { address: "
                                 "10.0.0.101, port_value: 81 } } }]\n"));
  EXPECT_EQ(streamed.control.AnswerTo("l2"), "");
  Peer& first = world.Connect("10.0.0.100:80");
  Peer& second = world.Connect("10.0.0.101:81");
  world.Say(first, kGet);
  world.Say(second, kGet);
  EXPECT_EQ(one.answered(), 2u);
  streamed.control.Send(schema::kListenerTypeUrl, "l3", Listener("edge", 80));
  EXPECT_TRUE(world.Connect("10.0.0.101:81").failed());
  EXPECT_FALSE(world.Connect("10.0.0.100:80").failed());
  world.Say(second, kGet);
  EXPECT_EQ(one.answered(), 3u) << "its chain is the same";
}

TEST(ChangeScenario, WhatWaitsIsShownWithWhatItWaitsFor) {
  World world(kDynamicBootstrap);
  ControlPlane control(world);
  control.Send(schema::kClusterTypeUrl, "c1", Cluster("one"));
  control.Send(schema::kListenerTypeUrl, "l1", Listener("edge", 80));
  std::shared_ptr<const admin::View> view;
  const auto look = [&] {
    world.server().CollectView(admin::Needs::kView, [&view](auto seen) { view = seen; });
    world.Run();
  };
  look();
  ASSERT_EQ(view->waiting_clusters.size(), 1u);
  EXPECT_THAT(view->waiting_clusters[0].awaits, ElementsAre("endpoints one"));
  ASSERT_EQ(view->waiting_listeners.size(), 1u);
  EXPECT_THAT(view->waiting_listeners[0].awaits,
              ElementsAre("route configuration routes", "the first clusters"));
  control.Send(schema::kClusterLoadAssignmentTypeUrl, "e1", Endpoints("one", "10.0.0.1"));
  look();
  EXPECT_TRUE(view->waiting_clusters.empty());
  EXPECT_THAT(view->waiting_listeners[0].awaits, ElementsAre("route configuration routes"));
}

TEST(ChangeScenario, AListenerWithoutAPortIsReachedByNobody) {
  Streamed streamed;
  streamed.control.Send(schema::kListenerTypeUrl, "l2",
                        Listener("edge", 80, "  bind_to_port: false\n"));
  EXPECT_EQ(streamed.control.AnswerTo("l2"), "");
  EXPECT_TRUE(streamed.world.Connect().failed());
  EXPECT_EQ(streamed.world.Stat("listener_manager.total_listeners_active"), 1);
}

TEST(ChangeScenario, ManyChangesUnderLoadLoseNothing) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Streamed streamed;
    World& world = streamed.world;
    Upstream& one = world.AddUpstream("10.0.0.1:80");
    Upstream& two = world.AddUpstream("10.0.0.2:80");
    one.AnswerAll(kOk);
    two.AnswerAll(kOk);
    streamed.control.Send(schema::kClusterTypeUrl, "c", Cluster("one") + Cluster("two"));
    streamed.control.Send(schema::kClusterLoadAssignmentTypeUrl, "e", Endpoints("two", "10.0.0.2"));
    event::Random random(seed);
    size_t sent = 0, answered = 0;
    std::vector<Peer*> clients;
    for (int i = 0; i < 4; ++i) clients.push_back(&world.Connect());
    for (int step = 0; step < 60; ++step) {
      for (Peer* client : clients) {
        client->Send(kGet);
        ++sent;
      }
      const std::string version = "v" + std::to_string(step);
      switch (random.Below(4)) {
        case 0:
          streamed.control.Send(schema::kRouteConfigurationTypeUrl, version,
                                Routes(random.Below(2) == 0 ? "one" : "two"));
          break;
        case 1:
          streamed.control.Send(schema::kClusterLoadAssignmentTypeUrl, version,
                                Endpoints("one", random.Below(2) == 0 ? "10.0.0.1" : "10.0.0.2"));
          break;
        case 2:
          streamed.control.Send(
              schema::kListenerTypeUrl, version,
              Listener("edge", 80) + (random.Below(2) == 0 ? Listener("more", 81) : ""));
          break;
        default:
          streamed.control.Send(
              schema::kClusterTypeUrl, version,
              Cluster("one", random.Below(2) == 0 ? "  connect_timeout: 2s\n" : "") +
                  Cluster("two"));
      }
      world.Run();
      for (Peer* client : clients) {
        const std::string answer = client->TakeReceived();
        if (answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok")) ++answered;
        EXPECT_FALSE(client->ended());
      }
    }
    EXPECT_EQ(answered, sent);
  }
}

}  // namespace
}  // namespace weir::scenario
