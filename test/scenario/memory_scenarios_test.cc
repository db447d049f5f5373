// Memory follows use: what is idle or slow holds little, and what is free goes back to the system.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kMiB = 1024 * 1024;

std::string AnswersItself() {
  return EdgeBootstrap({.routes = "- match: { prefix: \"/\" }\n"
                                  "  direct_response: { status: 200 }\n"});
}

size_t BytesInBlocks(World& world) {
  return world.server().worker(0).proxy_platform().blocks.bytes_in_use();
}

TEST(MemoryScenarios, AClientThatSendsItsHeadByteByByteHoldsNoMoreThanItSent) {
  World world(AnswersItself());
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  const std::string_view head = "GET /slow HTTP/1.1\r\nhost: a\r\n";
  for (size_t i = 0; i < head.size(); ++i) {
    world.Say(client, head.substr(i, 1));
    EXPECT_EQ(BytesInBlocks(world), i + 1);
  }
  world.Say(client, "\r\n");
  EXPECT_THAT(client.received(), testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(BytesInBlocks(world), 0u);
}

TEST(MemoryScenarios, MuchThatIsFreeGoesBackToTheSystem) {
  World world(AnswersItself());
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.heap().reading = {.allocated = 16 * kMiB, .size = 20 * kMiB};
  world.Run(6s);
  EXPECT_EQ(world.heap().shrinks, 0);
  EXPECT_EQ(world.Stat("server.memory_allocated"), int64_t{16 * kMiB});
  EXPECT_EQ(world.Stat("server.memory_heap_size"), int64_t{20 * kMiB});
  world.heap().reading.size += 1;
  world.Run(6s);
  EXPECT_EQ(world.heap().shrinks, 1);
  EXPECT_EQ(world.Stat("server.memory_heap_size"), int64_t{16 * kMiB});
}

TEST(MemoryScenarios, OfALargeHeapAnEighthMayBeFree) {
  World world(AnswersItself());
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.heap().reading = {.allocated = 80 * kMiB, .size = 90 * kMiB};
  world.Run(6s);
  EXPECT_EQ(world.heap().shrinks, 0);
  world.heap().reading.size += 1;
  world.Run(6s);
  EXPECT_EQ(world.heap().shrinks, 1);
}

}  // namespace
}  // namespace weir::scenario
