// What a cluster may have of connections and pools beside its max_connections, and what its
// connections are made from.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/strings.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::StartsWith;

constexpr char kGet[] = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

// One connection to each host.
constexpr char kOneToEach[] =
    "circuit_breakers: { per_host_thresholds: [ { max_connections: 1 } ] }\n";

TEST(HostLimitScenario, RequestsWaitForTheConnectionsThatTheirHostMayHave) {
  World world(
      EdgeBootstrap({.cluster_options = kOneToEach, .endpoints = {"10.0.0.1:80", "10.0.0.2:80"}}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  Upstream& two = world.AddUpstream("10.0.0.2:80");
  std::vector<Peer*> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(&world.Connect());
    world.Say(*clients.back(), kGet);
  }
  EXPECT_EQ(one.connection_count(), 1u);
  EXPECT_EQ(two.connection_count(), 1u);
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_overflow"), 4);
  for (int i = 0; i < 3; ++i) {
    world.Say(one.last(), kOk);
    world.Say(two.last(), kOk);
  }
  for (Peer* client : clients) EXPECT_THAT(client->received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(one.connection_count() + two.connection_count(), 2u);
}

TEST(HostLimitScenario, AWorkerGetsTheConnectionThatAnotherKeepsIdle) {
  World world(EdgeBootstrap({.cluster_options = kOneToEach}), {.workers = 4});
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  upstream.AnswerAll(kOk);
  for (int i = 0; i < 20; ++i) {
    Peer& client = world.Connect();
    world.Say(client, kGet);
    world.Run(std::chrono::milliseconds(50));
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_LE(world.Stat("cluster.web.upstream_cx_active"), 1);
  }
  EXPECT_GT(upstream.connection_count(), 1u) << "more than one worker has served";
}

TEST(HostLimitScenario, ANewLimitHoldsForTheConnectionsThatComeThen) {
  World world(EdgeBootstrap({.cluster_options = "circuit_breakers: { per_host_thresholds: [ { "
                                                "max_connections: 2 }, { priority: HIGH, "
                                                "max_connections: 1 } ] }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  for (int i = 0; i < 4; ++i) world.Say(world.Connect(), kGet);
  EXPECT_EQ(upstream.connection_count(), 2u) << "the limit of its own priority";
  // One that breaks makes room for another.
  upstream.connection(0).Reset();
  world.Run();
  EXPECT_EQ(upstream.connection_count(), 3u);
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_active"), 2);
}

constexpr char kOnePool[] = "circuit_breakers: { thresholds: [ { max_connection_pools: 1 } ] }\n";

TEST(PoolLimitScenario, AnIdlePoolMakesRoomForAnother) {
  World world(
      EdgeBootstrap({.cluster_options = kOnePool, .endpoints = {"10.0.0.1:80", "10.0.0.2:80"}}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  world.AddUpstream("10.0.0.2:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  for (int i = 0; i < 4; ++i) {
    world.Say(client, kGet);
    EXPECT_EQ(client.TakeReceived().substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_EQ(world.Stat("cluster.web.upstream_cx_active"), 1);
  }
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_total"), 4) << "the hosts take turns";
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_pool_overflow"), 0);
}

TEST(PoolLimitScenario, ABusyPoolLeavesNoRoom) {
  World world(
      EdgeBootstrap({.cluster_options = kOnePool, .endpoints = {"10.0.0.1:80", "10.0.0.2:80"}}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  Upstream& two = world.AddUpstream("10.0.0.2:80");
  Peer& first = world.Connect();
  Peer& second = world.Connect();
  world.Say(first, kGet);
  world.Say(second, kGet);
  EXPECT_THAT(second.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(world.log().lines().back(), "503 UH no_healthy_upstream 19");
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_pool_overflow"), 1);
  world.Say(one.connection_count() > 0 ? one.last() : two.last(), kOk);
  EXPECT_THAT(first.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(BindScenario, ConnectionsComeFromTheSourceOfTheirHostsVersionOfIp) {
  const auto local_addresses = [](const std::string& endpoint, std::string_view address) {
    World world(EdgeBootstrap(
        {.cluster_options = "upstream_bind_config: { source_address: { address: 10.0.0.9, "
                            "port_value: 0 }, extra_source_addresses: [ { address: { address: "
                            "'fd00::9', port_value: 0 } } ] }\n",
         .endpoints = {endpoint},
         .log_format = "%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"}));
    EXPECT_TRUE(world.status().ok()) << world.status();
    world.AddUpstream(address).AnswerAll(kOk);
    world.Say(world.Connect(), kGet);
    return world.log().lines();
  };
  EXPECT_THAT(local_addresses("10.0.0.1:80", "10.0.0.1:80"), testing::ElementsAre("10.0.0.9"));
  EXPECT_THAT(local_addresses("fd00::1:80", "[fd00::1]:80"), testing::ElementsAre("fd00::9"));
}

}  // namespace
}  // namespace weir::scenario
