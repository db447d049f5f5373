// What the proxy does when the heap, which the test sets, or the number of connections runs high.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kGet[] = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

// A heap of at most 1000 bytes, and one action at 90 % of it.
std::string WithAction(const std::string& action,
                       const std::string& trigger = "threshold: { value: 0.9 }",
                       const std::string& more = "") {
  return EdgeBootstrap({.routes = "- match: { prefix: \"/\" }\n"
                                  "  direct_response: { status: 200 }\n"}) +
         R"(
overload_manager:
  refresh_interval: 1s
  resource_monitors:
  - name: heap
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig
      max_heap_size_bytes: 1000
  actions:
  - name: envoy.overload_actions.)" +
         action + "\n    triggers: [ { name: heap, " + trigger + " } ]\n" + more;
}

// Lets the next refresh see this.
void SetHeap(World& world, uint64_t bytes) {
  world.heap().reading = {.allocated = bytes, .size = bytes};
  world.Run(1s);
}

std::string Ask(World& world, Peer& client) {
  world.Say(client, kGet);
  return client.TakeReceived();
}

TEST(OverloadScenarios, RequestsAreAnswered503WhileTheHeapIsFull) {
  World world(WithAction("stop_accepting_requests"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  SetHeap(world, 899);
  EXPECT_THAT(Ask(world, client), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(world.Stat("overload.heap.pressure"), 90);
  EXPECT_EQ(world.Stat("overload.envoy.overload_actions.stop_accepting_requests.active"), 0);
  SetHeap(world, 900);
  const std::string refusal = Ask(world, client);
  EXPECT_THAT(refusal, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(refusal, EndsWith("envoy overloaded"));
  EXPECT_EQ(world.log().lines().back(), "503 OM overload 16");
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_overload_close"), 1);
  EXPECT_EQ(world.Stat("overload.envoy.overload_actions.stop_accepting_requests.active"), 1);
  SetHeap(world, 100);
  EXPECT_THAT(Ask(world, client), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(world.Stat("overload.envoy.overload_actions.stop_accepting_requests.active"), 0);
}

TEST(OverloadScenarios, AScaledActionActsOnAShareOfTheRequests) {
  World world(WithAction("stop_accepting_requests",
                         "scaled: { scaling_threshold: 0.8, saturation_threshold: 1.0 }"));
  Peer& client = world.Connect();
  SetHeap(world, 900);
  EXPECT_EQ(world.Stat("overload.envoy.overload_actions.stop_accepting_requests.scale_percent"),
            50);
  EXPECT_EQ(world.Stat("overload.envoy.overload_actions.stop_accepting_requests.active"), 0);
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    refused += Ask(world, client).starts_with("HTTP/1.1 503 ") ? 1 : 0;
  }
  EXPECT_GT(refused, 60);
  EXPECT_LT(refused, 140);
}

TEST(OverloadScenarios, AnswersEndTheirConnectionsWhereKeepaliveIsDisabled) {
  World world(WithAction("disable_http_keepalive"));
  Peer& client = world.Connect();
  EXPECT_THAT(Ask(world, client), Not(HasSubstr("connection: close")));
  SetHeap(world, 900);
  EXPECT_THAT(Ask(world, client), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_overload_disable_keepalive"), 1);
}

TEST(OverloadScenarios, ConnectionsWaitInTheKernelWhileNoneAreAccepted) {
  World world(WithAction("stop_accepting_connections"));
  Peer& before = world.Connect();
  world.Run();
  SetHeap(world, 900);
  Peer& waiting = world.Connect();
  EXPECT_EQ(Ask(world, waiting), "");
  EXPECT_THAT(Ask(world, before), StartsWith("HTTP/1.1 200 "));
  SetHeap(world, 100);
  EXPECT_THAT(waiting.received(), StartsWith("HTTP/1.1 200 "));
}

TEST(OverloadScenarios, ConnectionsAreClosedAtOnceWhereTheyAreRejected) {
  World world(WithAction("reject_incoming_connections"));
  SetHeap(world, 900);
  Peer& client = world.Connect();
  world.Run();
  EXPECT_TRUE(client.ended() || client.failed());
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.downstream_cx_overload_reject"), 1);
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.downstream_cx_active"), 0);
}

TEST(OverloadScenarios, TheHeapIsShrunkAtOnceAndThenAtEachInterval) {
  World world(WithAction("shrink_heap"));
  SetHeap(world, 900);
  EXPECT_EQ(world.heap().shrinks, 1);
  world.Run(9s);
  EXPECT_EQ(world.heap().shrinks, 1);
  world.Run(2s);
  EXPECT_EQ(world.heap().shrinks, 2);
  EXPECT_EQ(world.Stat("overload.envoy.overload_actions.shrink_heap.shrink_count"), 2);
  SetHeap(world, 100);
  world.Run(30s);
  EXPECT_EQ(world.heap().shrinks, 2);
}

TEST(OverloadScenarios, StreamsThatHoldMuchAreResetAndLighterOnesAreNot) {
  const std::string held =
      "- name: buffer\n"
      "  typed_config:\n"
      "    \"@type\": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer\n"
      "    max_request_bytes: 100000\n";
  std::string yaml = EdgeBootstrap({.http_filters = held});
  const std::string action =
      WithAction("reset_high_memory_stream", "threshold: { value: 0.9 }",
                 "  buffer_factory_config: { minimum_account_to_track_power_of_two: 12 }\n");
  World world(yaml + action.substr(action.find("\noverload_manager:")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& heavy = world.Connect();
  Peer& light = world.Connect();
  const std::string head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 50000\r\n\r\n";
  world.Say(heavy, head + std::string(4096, 'x'));
  world.Say(light, head + std::string(3000, 'x'));
  SetHeap(world, 900);
  world.Run(1s);
  EXPECT_TRUE(heavy.ended() || heavy.failed());
  EXPECT_FALSE(light.ended() || light.failed());
  EXPECT_THAT(world.log().lines().back(), HasSubstr("OM overload_manager_reset"));
  EXPECT_EQ(world.Stat("overload.envoy.overload_actions.reset_high_memory_stream.count"), 1);
}

constexpr std::string_view kTwoConnections = R"(
overload_manager:
  resource_monitors:
  - name: connections
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
      max_active_downstream_connections: 2
)";

TEST(OverloadScenarios, AllListenersTogetherHaveNoMoreThanTheMostConnections) {
  World world(EdgeBootstrap() + std::string(kTwoConnections));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& first = world.Connect();
  world.Connect();
  world.Run();
  Peer& beyond = world.Connect();
  world.Run();
  EXPECT_TRUE(beyond.ended() || beyond.failed());
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.downstream_global_cx_overflow"), 1);
  first.Close();
  world.Run();
  Peer& next = world.Connect();
  world.Run();
  EXPECT_FALSE(next.ended() || next.failed());
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.downstream_cx_active"), 2);
}

// The edge's listener with a field more.
std::string Altered(std::string bootstrap, std::string_view field) {
  constexpr std::string_view kBefore = "    filter_chains:";
  const size_t at = bootstrap.find(kBefore);
  EXPECT_NE(at, std::string::npos);
  return bootstrap.insert(at, std::string("    ").append(field).append("\n"));
}

TEST(OverloadScenarios, AListenerMayBypassTheManager) {
  for (const std::string_view action : {"stop_accepting_requests", "stop_accepting_connections",
                                        "reject_incoming_connections", "disable_http_keepalive"}) {
    World world(Altered(WithAction(std::string(action)), "bypass_overload_manager: true"));
    ASSERT_TRUE(world.status().ok()) << world.status();
    SetHeap(world, 900);
    Peer& client = world.Connect();
    const std::string answer = Ask(world, client);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 ")) << action;
    EXPECT_THAT(answer, Not(HasSubstr("connection: close"))) << action;
  }
}

TEST(OverloadScenarios, AListenerMayStandOutsideOfTheLimitOnConnections) {
  for (const std::string_view field :
       {"ignore_global_conn_limit: true", "bypass_overload_manager: true"}) {
    World world(Altered(EdgeBootstrap() + std::string(kTwoConnections), field));
    ASSERT_TRUE(world.status().ok()) << world.status();
    for (int i = 0; i < 3; ++i) {
      Peer& client = world.Connect();
      world.Run();
      EXPECT_FALSE(client.ended() || client.failed()) << field;
    }
    EXPECT_EQ(world.Stat("listener.10.0.0.100_80.downstream_cx_active"), 3);
    EXPECT_EQ(world.Stat("listener.10.0.0.100_80.downstream_global_cx_overflow"), 0);
  }
}

TEST(OverloadScenarios, WhatIsNotSupportedIsRefusedByName) {
  const struct {
    std::string yaml;
    std::string_view error;
  } rows[] = {
      {WithAction("reduce_timeouts"), "envoy.overload_actions.reduce_timeouts"},
      {WithAction("shrink_heap", "scaled: { scaling_threshold: 0.9, saturation_threshold: 0.9 }"),
       "scaling_threshold must be below saturation_threshold"},
      {WithAction("shrink_heap", "threshold: { value: 0.9 }",
                  "  - name: envoy.overload_actions.shrink_heap\n"
                  "    triggers: [ { name: heap, threshold: { value: 1 } } ]\n"),
       "there is an action of this name already"},
      {WithAction("shrink_heap", "threshold: { value: 0.9 }",
                  "  - name: envoy.overload_actions.disable_http_keepalive\n"
                  "    triggers: [ { name: cpu, threshold: { value: 1 } } ]\n"),
       "there is no resource monitor of this name"},
      {WithAction("shrink_heap", "threshold: { value: 0.9 }",
                  "  loadshed_points: [ { name: envoy.load_shed_points.tcp_listener_accept } ]\n"),
       "loadshed_points"},
  };
  for (const auto& row : rows) {
    const World world(row.yaml);
    EXPECT_THAT(std::string(world.status().message()), HasSubstr(row.error));
  }
}

}  // namespace
}  // namespace weir::scenario
