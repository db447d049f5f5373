// per_connection_buffer_limit_bytes, on both sides: who is slow stops who is fast, and what is held
// meanwhile is bounded.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::StartsWith;

constexpr size_t kLimit = 32 * 1024;
// One read is taken whole before the limit is looked at; a little is for heads.
constexpr size_t kRead = 65 * 1024;
constexpr size_t kLarge = 4 * 1024 * 1024;

std::string WithLimits() {
  const std::string limit = "per_connection_buffer_limit_bytes: " + std::to_string(kLimit) + "\n";
  std::string yaml = EdgeBootstrap({.cluster_options = limit});
  const std::string name = "  - name: edge\n";
  return yaml.replace(yaml.find(name), name.size(), name + "    " + limit);
}

// What all connections hold.
size_t HeldIn(World& world) {
  const server::WorkerMemory memory = world.server().worker(0).Memory();
  return memory.downstream.total.held.total() + memory.upstream.total.held.total();
}

TEST(LimitScenarios, ASlowClientStopsTheUpstreamAtTheLimit) {
  World world(WithLimits());
  ASSERT_TRUE(world.status().ok()) << world.status();
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(kLarge);
  world.AddUpstream("10.0.0.1:80").AnswerAll(head + "\r\n\r\n" + std::string(kLarge, 'b'));
  Peer& client = world.Connect();
  client.SetReading(false);
  world.Say(client, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  world.Run(std::chrono::seconds(1));
  EXPECT_GT(HeldIn(world), kLimit);
  EXPECT_LE(HeldIn(world), 2 * (kLimit + kRead));
  client.SetReading(true);
  world.Run(std::chrono::seconds(10));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_GT(client.received().size(), kLarge);
  EXPECT_EQ(HeldIn(world), 0u);
}

TEST(LimitScenarios, AnAnswerOfTheLimitIsTakenWholeFromTheUpstream) {
  World world(WithLimits());
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(kLimit);
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  upstream.AnswerAll(head + "\r\n\r\n" + std::string(kLimit, 'b'));
  Peer& client = world.Connect();
  client.SetReading(false);
  world.Say(client, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  world.Run(std::chrono::seconds(1));
  // The upstream's connection serves the next one meanwhile.
  world.Say(world.Connect(), "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_EQ(upstream.connection_count(), 1u);
}

TEST(LimitScenarios, ASlowUpstreamStopsTheClientAtTheLimit) {
  World world(WithLimits());
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client,
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: " + std::to_string(kLarge) + "\r\n\r\n");
  ASSERT_EQ(upstream.connection_count(), 1u);
  upstream.last().SetReading(false);
  world.Say(client, std::string(kLarge, 'b'));
  world.Run(std::chrono::seconds(1));
  EXPECT_GT(HeldIn(world), kLimit);
  EXPECT_LE(HeldIn(world), 2 * (kLimit + kRead));
  upstream.last().SetReading(true);
  world.Run(std::chrono::seconds(10));
  EXPECT_GT(upstream.last().received().size(), kLarge);
}

}  // namespace
}  // namespace weir::scenario
