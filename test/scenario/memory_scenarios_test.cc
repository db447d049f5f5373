// Memory follows use: what is idle or slow holds little, and what is free goes back to the system.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/http/h2/raw_frames.h"
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

// Every stream that a client may open with the largest head that it may have, and no answer: what
// they hold together has a bound that can be told beforehand.
TEST(MemoryScenarios, TheLargestHeadsOnAllStreamsHoldWhatTheirLimitsSay) {
  constexpr size_t kConnections = 4;
  constexpr uint32_t kStreams = 100;
  constexpr size_t kHeadBytes = 60 * 1024;  // max_request_headers_kb
  World world(
      EdgeBootstrap({.http_options = "http2_protocol_options: { max_concurrent_streams: 100 }\n"
                                     "codec_type: HTTP2\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80");
  http::h2::FieldList head = http::h2::kGet;
  for (char c = 'a'; c < 'a' + 14; ++c) {
    head.emplace_back(StrCat("x-", std::string_view(&c, 1)), std::string(4096, c));
  }
  std::vector<Peer*> clients;
  for (size_t i = 0; i < kConnections; ++i) {
    clients.push_back(&world.Connect());
    world.Say(*clients.back(), http::h2::ClientPreface());
    for (uint32_t stream = 0; stream <= kStreams; ++stream) {  // One more than there may be.
      world.Say(*clients.back(), http::h2::Headers(2 * stream + 1, head, true));
    }
  }
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_active"), int64_t{kConnections * kStreams});
  const size_t held = BytesInBlocks(world);
  EXPECT_GE(held, kConnections * kStreams * 14 * 4096u);
  EXPECT_LE(held, kConnections * kStreams * (kHeadBytes + buffer::BlockPool::kBlockSize));
  for (Peer* client : clients) client->Close();
  world.Run(1s);
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_active"), 0);
}

TEST(MemoryScenarios, MuchThatIsFreeGoesBackToTheSystem) {
  World world(AnswersItself());
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.heap().reading = {.allocated = 16 * kMiB, .size = 20 * kMiB, .resident = 24 * kMiB};
  world.Run(6s);
  EXPECT_EQ(world.heap().shrinks, 0);
  EXPECT_EQ(world.Stat("server.memory_allocated"), int64_t{16 * kMiB});
  EXPECT_EQ(world.Stat("server.memory_heap_size"), int64_t{20 * kMiB});
  EXPECT_EQ(world.Stat("server.memory_physical_size"), int64_t{24 * kMiB});
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

TEST(MemoryScenarios, WhatStaysFreeIsNotGivenBackAgain) {
  World world(AnswersItself());
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.heap().holes = 12 * kMiB;  // As the allocator counts them.
  world.heap().reading = {.allocated = 16 * kMiB, .size = 40 * kMiB};
  world.Run(60s);
  EXPECT_EQ(world.heap().shrinks, 1);
  EXPECT_EQ(world.Stat("server.memory_heap_size"), int64_t{28 * kMiB});
  // 3 MiB are used again, and 1 MiB more than may be free becomes free.
  world.heap().reading.allocated = 19 * kMiB;
  world.Run(6s);
  EXPECT_EQ(world.heap().shrinks, 1);
  world.heap().reading.allocated = 14 * kMiB;
  world.Run(60s);
  EXPECT_EQ(world.heap().shrinks, 2);
}

}  // namespace
}  // namespace weir::scenario
