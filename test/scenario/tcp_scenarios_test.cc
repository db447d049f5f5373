// TCP passed through, chosen by the server name of the client's hello.

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace weir::scenario
