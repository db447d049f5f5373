// TCP passed through, chosen by the server name of the client's hello.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "test/scenario/world.h"
#include "test/tls/hello_bytes.h"

namespace weir::scenario {
namespace {

constexpr char kPassthrough[] = R"(
static_resources:
  listeners:
  - name: sni
    address: { socket_address: { address: 10.0.0.100, port_value: 80 } }
    listener_filters:
    - name: tls
      typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector }
    filter_chains:
    - filter_chain_match: { server_names: ["one.example"], transport_protocol: tls }
      filters:
      - name: tcp
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: one
          cluster: one
    - filter_chain_match: { server_names: ["*.example"], transport_protocol: tls }
      filters:
      - name: tcp
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: two
          cluster: two
          idle_timeout: 10s
  clusters:
  - name: one
    load_assignment:
      cluster_name: one
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 443 } } } }] }]
  - name: two
    load_assignment:
      cluster_name: two
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 10.0.0.2, port_value: 443 } } } }] }]
)";

TEST(TcpScenario, TheServerNameChoosesAndEveryByteArrives) {
  World world(kPassthrough);
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& one = world.AddUpstream("10.0.0.1:443");
  Upstream& two = world.AddUpstream("10.0.0.2:443");
  const std::string hello = tls::Record(tls::Handshake("one.example", {"h2"}));
  Peer& client = world.Connect();
  world.Say(client, hello.substr(0, 20));
  EXPECT_EQ(one.connection_count(), 0u);
  world.Say(client, hello.substr(20));
  ASSERT_EQ(one.connection_count(), 1u);
  EXPECT_EQ(two.connection_count(), 0u);
  EXPECT_EQ(one.last().received(), hello);
  world.Say(one.last(), "server hello");
  EXPECT_EQ(client.received(), "server hello");
}

TEST(TcpScenario, EachDirectionEndsByItself) {
  World world(kPassthrough);
  Upstream& two = world.AddUpstream("10.0.0.2:443");
  Peer& client = world.Connect();
  world.Say(client, tls::Record(tls::Handshake("two.example", {})));
  ASSERT_EQ(two.connection_count(), 1u);
  client.EndWrites();
  world.Run();
  EXPECT_TRUE(two.last().ended());
  EXPECT_FALSE(client.ended());
  world.Say(two.last(), "last words");
  two.last().EndWrites();
  world.Run();
  EXPECT_EQ(client.received(), "last words");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(world.Stat("tcp.two.downstream_cx_active"), 0);
}

TEST(TcpScenario, AnIdleConnectionIsClosed) {
  World world(kPassthrough);
  Upstream& two = world.AddUpstream("10.0.0.2:443");
  Peer& client = world.Connect();
  world.Say(client, tls::Record(tls::Handshake("two.example", {})));
  ASSERT_EQ(two.connection_count(), 1u);
  world.Run(std::chrono::seconds(11));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(world.Stat("tcp.two.idle_timeout"), 1);
}

TEST(TcpScenario, WithoutAMatchingChainTheConnectionEnds) {
  World world(kPassthrough);
  Peer& client = world.Connect();
  world.Say(client, tls::Record(tls::Handshake("other.test", {})));
  EXPECT_TRUE(client.ended() || client.failed());
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.no_filter_chain_match"), 1);
}

// Every connection goes to "up" at 10.0.0.1:443; `fields` of the TCP proxy, in flow style.
std::string Passing(std::string_view fields) {
  return StrCat(R"(
static_resources:
  listeners:
  - name: tcp
    address: { socket_address: { address: 10.0.0.100, port_value: 80 } }
    filter_chains:
    - filters:
      - name: tcp
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: t
          cluster: up
          access_log: [ { name: log, typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog, log_format: { text_format_source: { inline_string: "%ACCESS_LOG_TYPE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %UPSTREAM_HOST% %UPSTREAM_REQUEST_ATTEMPT_COUNT%" } } } } ]
          )",
                fields, R"(
  clusters:
  - name: up
    load_assignment:
      cluster_name: up
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 443 } } } }] }]
)");
}

TEST(TcpScenario, AConnectionEndsAtItsLongestLifeWhateverItDoes) {
  World world(
      Passing("max_downstream_connection_duration: 10s\n"
              "          max_downstream_connection_duration_jitter_percentage: { value: 50 }"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:443");
  constexpr int kConnections = 40;
  std::vector<Peer*> clients;
  for (int i = 0; i < kConnections; ++i) clients.push_back(&world.Connect());
  const auto ended = [&] { return world.Stat("tcp.t.max_downstream_connection_duration"); };
  world.Run(std::chrono::milliseconds(9900));
  for (Peer* client : clients) client->Send("busy");
  EXPECT_EQ(ended(), 0);
  world.Run(std::chrono::milliseconds(2600));
  EXPECT_GT(ended(), 5);
  EXPECT_LT(ended(), kConnections - 5);
  world.Run(std::chrono::milliseconds(2700));
  EXPECT_EQ(ended(), kConnections);
  for (Peer* client : clients) EXPECT_TRUE(client->ended());
  EXPECT_EQ(world.log().lines().front(), "TcpConnectionEnd DT 4 10.0.0.1:443 1");
}

TEST(TcpScenario, RecordsAreWrittenAtTheBeginningTheConnectionAndMeanwhile) {
  World world(
      Passing("access_log_options: { flush_access_log_on_start: true, "
              "flush_access_log_on_connected: true, access_log_flush_interval: 2s }"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:443");
  Peer& client = world.Connect();
  world.Say(client, "four");
  world.Run(std::chrono::milliseconds(4500));
  client.Reset();
  world.Run(std::chrono::seconds(5));
  EXPECT_THAT(world.log().lines(),
              testing::ElementsAre(testing::StartsWith("TcpConnectionStart - 0 - "),
                                   testing::StartsWith("TcpUpstreamConnected - 0 10.0.0.1:443 1"),
                                   testing::StartsWith("TcpPeriodic - 4 10.0.0.1:443 1"),
                                   testing::StartsWith("TcpPeriodic - 4 10.0.0.1:443 1"),
                                   testing::StartsWith("TcpConnectionEnd - 4 10.0.0.1:443 1")));
}

TEST(TcpScenario, AttemptsToConnectAreSpaced) {
  const auto took = [](std::string_view options) {
    World world(Passing(StrCat("max_connect_attempts: 4\n          ", options)));
    EXPECT_TRUE(world.status().ok()) << world.status();
    const Peer& client = world.Connect();  // Nobody listens behind the proxy.
    int ticks = 0;
    for (; ticks < 1000 && !client.ended() && !client.failed(); ++ticks) {
      world.Run(std::chrono::milliseconds(10));
    }
    EXPECT_THAT(world.log().lines(),
                testing::ElementsAre(testing::AllOf(testing::StartsWith("TcpConnectionEnd UF 0 "),
                                                    testing::EndsWith(" 4"))));
    return 10 * ticks;
  };
  EXPECT_LT(took("idle_timeout: 3600s"), 50);
  const int spaced = took("backoff_options: { base_interval: 1s, max_interval: 1s }");
  EXPECT_GT(spaced, 200);
  EXPECT_LT(spaced, 3100);
}

TEST(TcpScenario, WhatMovesWhileTheListenerDrainsIsTheLast) {
  for (const bool checks : {true, false}) {
    SCOPED_TRACE(checks);
    World world(Passing(checks ? "check_drain_close: true" : "idle_timeout: 3600s"));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& upstream = world.AddUpstream("10.0.0.1:443");
    Peer& client = world.Connect();
    world.Say(client, "one");
    EXPECT_FALSE(client.ended());
    world.server().FailHealthCheck(true);
    world.Run();
    EXPECT_FALSE(client.ended()) << "nothing moves";
    world.Say(client, "two");
    EXPECT_EQ(upstream.last().received(), "onetwo");
    EXPECT_EQ(client.ended(), checks);
    EXPECT_EQ(upstream.last().ended(), checks);
  }
}

TEST(TcpScenario, TheLastBytesOfADrainReachASlowClient) {
  World world(Passing("check_drain_close: true"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& upstream = world.AddUpstream("10.0.0.1:443");
  Peer& client = world.Connect();
  world.Say(client, "go");
  world.server().FailHealthCheck(true);
  world.Run();
  client.SetReading(false);
  const std::string large(200 * 1024, 'x');
  world.Say(upstream.last(), large);
  EXPECT_FALSE(upstream.last().ended());
  client.SetReading(true);
  world.Run(std::chrono::seconds(1));
  EXPECT_EQ(client.received().size() % 1024, 0u);
  EXPECT_GT(client.received().size(), 0u);
  EXPECT_TRUE(client.ended());
}

}  // namespace
}  // namespace weir::scenario
