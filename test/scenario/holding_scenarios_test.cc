// Who holds what, as /memory shows it, and what is given up for not moving.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

std::shared_ptr<const admin::View> MemoryOf(World& world) {
  std::shared_ptr<const admin::View> view;
  world.server().CollectView(
      admin::Needs::kMemory,
      [&view](std::shared_ptr<const admin::View> collected) { view = std::move(collected); });
  world.Run();
  return view;
}

TEST(HoldingScenarios, TheLargestHolderIsNamedWithWhatItHolds) {
  World world(EdgeBootstrap(
      {.http_filters =
           "- name: buffer\n"
           "  typed_config:\n"
           "    \"@type\": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer\n"
           "    max_request_bytes: 100000\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.Say(world.Connect(),
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\n\r\n" + std::string(700, 'x'));
  world.Say(world.Connect(), "GET / HT");
  const auto view = MemoryOf(world);
  ASSERT_NE(view, nullptr);
  ASSERT_EQ(view->memory.workers.size(), 1u);
  const admin::HeldBytes& all = view->memory.workers[0].downstream;
  EXPECT_EQ(all.connections, 2u);
  EXPECT_EQ(all.body, 700u);
  EXPECT_EQ(all.input, 8u);
  EXPECT_EQ(all.output, 0u);
  EXPECT_GT(all.headers, 0u);
  ASSERT_EQ(view->memory.largest.size(), 1u);
  EXPECT_FALSE(view->memory.largest[0].upstream);
  EXPECT_EQ(view->memory.largest[0].held.body, 700u);
  EXPECT_EQ(view->memory.largest[0].held.connections, 2u);
}

TEST(HoldingScenarios, WhatOtherPagesNeedLeavesConnectionsAlone) {
  World world(EdgeBootstrap());
  std::shared_ptr<const admin::View> view;
  world.server().CollectView(
      admin::Needs::kView,
      [&view](std::shared_ptr<const admin::View> collected) { view = std::move(collected); });
  world.Run();
  ASSERT_NE(view, nullptr);
  EXPECT_TRUE(view->memory.workers.empty());
}

// More than the kernel's buffers of the simulated network take.
std::string LargeAnswer() {
  const std::string body(1024 * 1024, 'b');
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string WithFlushTimeout(const std::string& more = "") {
  return EdgeBootstrap({.http_options = "stream_flush_timeout: 2s\n" + more});
}

TEST(HoldingScenarios, AClientThatTakesSomeOfItNowAndThenIsNot) {
  World world(WithFlushTimeout());
  world.AddUpstream("10.0.0.1:80").AnswerAll(LargeAnswer());
  Peer& client = world.Connect();
  client.SetReading(false);
  world.Say(client, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  for (int i = 0; i < 3; ++i) {
    world.Run(1500ms);
    client.SetReading(true);
    client.SetReading(false);
    world.Run();
  }
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_active"), 1);
  client.SetReading(true);
  world.Run(1s);
  EXPECT_GE(client.received().size(), LargeAnswer().size());
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// Preface, SETTINGS with INITIAL_WINDOW_SIZE 0, and GET / on stream 1.
std::string Http2RequestWithoutWindow() {
  using namespace std::string_view_literals;
  std::string text = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  text += "\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0"sv;
  text +=
      "\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01"
      "a"sv;
  return text;
}

// The connection manager says how long, or the route.
class FlushTimeoutScenarios : public testing::TestWithParam<Edge> {};

INSTANTIATE_TEST_SUITE_P(
    , FlushTimeoutScenarios,
    testing::Values(Edge{.http_options = "stream_flush_timeout: 2s\n"},
                    Edge{.routes = "- match: { prefix: / }\n"
                                   "  route: { cluster: web, flush_timeout: 2s }\n"}));

TEST_P(FlushTimeoutScenarios, AnHttp2StreamWhoseWindowStaysShutIsReset) {
  using namespace std::string_view_literals;
  World world(EdgeBootstrap(GetParam()));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  Peer& client = world.Connect();
  world.Say(client, Http2RequestWithoutWindow());
  const std::string_view reset = "\0\0\x04\x03\0\0\0\0\x01"sv;
  world.Run(1s);
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_active"), 1);
  EXPECT_EQ(client.received().find(reset), std::string::npos);
  world.Run(2s);
  EXPECT_NE(client.received().find(reset), std::string::npos);
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_active"), 0);
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_active"), 1);
  EXPECT_EQ(world.Stat("http2.tx_flush_timeout"), 1);
}

}  // namespace
}  // namespace weir::scenario
