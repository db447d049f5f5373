// The upstream_proxy_protocol transport socket in the whole proxy: what endpoints hear first, and
// who shares their connections.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/net/proxy_header.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/tls_parts.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kRaw[] =
    "{ name: raw, typed_config: { \"@type\": "
    "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer } }";

std::string Outer(const std::string& config, const std::string& inner = kRaw) {
  return StrCat(
      "transport_socket: { name: proxy, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3."
      "ProxyProtocolUpstreamTransport, config: { ",
      config, " }, transport_socket: ", inner, " } }\n");
}
constexpr char kListenerFilter[] =
    "listener_filters: [{ name: proxy, typed_config: { \"@type\": "
    "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol, "
    "pass_through_tlvs: { match_type: INCLUDE, tlv_type: [2, 5] } } }]\n";

// What a connection of an upstream began with: "source>destination", with " type=value" for each
// TLV; its bytes behind the header are in `rest`.
std::string HeaderOf(const std::string& bytes, std::string* rest = nullptr) {
  net::ProxyHeader header;
  const net::ProxyReading reading = net::ReadProxyHeader(bytes, header);
  if (reading.outcome != net::ProxyReading::Outcome::kFound) return "none";
  if (rest != nullptr) *rest = bytes.substr(reading.size);
  std::string text = "unknown";
  if (header.endpoints.has_value()) {
    text =
        StrCat(header.endpoints->source.ToString(), ">", header.endpoints->destination.ToString());
  }
  for (const net::ProxyTlv& tlv : header.tlvs) StrAppend(text, " ", tlv.type, "=", tlv.value);
  return text;
}

// Answers requests behind the header.
void AnswerBehindHeader(Upstream& up) {
  up.OnBytes([](Peer& peer) {
    if (peer.received().ends_with("\r\n\r\n")) peer.Send(kOk);
  });
}

TEST(UpstreamProxyProtocol, EveryClientHasConnectionsOfItsOwn) {
  for (const char* version : {"version: V1", "version: V2"}) {
    World world(
        EdgeBootstrap({.listener_options = kListenerFilter, .cluster_options = Outer(version)}));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    AnswerBehindHeader(up);
    for (const char* source : {"192.0.2.1 198.51.100.7 1 443", "192.0.2.2 198.51.100.7 2 443"}) {
      Peer& client = world.Connect();
      world.Say(client, StrCat("PROXY TCP4 ", source, "\r\n", kGet));
      world.Say(client, kGet);
      world.Say(client, kGet);
    }
    ASSERT_EQ(up.connection_count(), 2u);
    std::string rest;
    EXPECT_EQ(HeaderOf(up.connection(0).received(), &rest), "192.0.2.1:1>198.51.100.7:443");
    EXPECT_THAT(rest, StartsWith("GET /x HTTP/1.1\r\n"));
    EXPECT_EQ(HeaderOf(up.connection(1).received()), "192.0.2.2:2>198.51.100.7:443");
    EXPECT_EQ(world.Stat("cluster.web.upstream_rq_total"), 6);
  }
}

TEST(UpstreamProxyProtocol, TheSameAddressesShareConnections) {
  World world(EdgeBootstrap(
      {.listener_options = kListenerFilter, .cluster_options = Outer("version: V2")}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  AnswerBehindHeader(up);
  for (int i = 0; i < 3; ++i) {
    Peer& client = world.Connect();
    world.Say(client, StrCat("PROXY TCP4 192.0.2.1 198.51.100.7 1 443\r\n", kGet));
    client.Close();
    world.Run();
  }
  EXPECT_EQ(up.connection_count(), 1u);
}

TEST(UpstreamProxyProtocol, TlvsGoOnAndAreAdded) {
  World world(EdgeBootstrap(
      {.listener_options = kListenerFilter,
       .cluster_options =
           Outer("version: V2, pass_through_tlvs: { match_type: INCLUDE_ALL }, added_tlvs: [{ "
                 "type: 5, value: b3du }, { type: 6, value: bmV3 }]")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  const net::ProxyEndpoints endpoints{*net::Address::Parse("192.0.2.1:1"),
                                      *net::Address::Parse("198.51.100.7:443")};
  const net::ProxyTlv tlvs[] = {{2, "web"}, {5, "theirs"}, {9, "kept back"}};
  size_t left_out = 0;
  world.Say(world.Connect(), net::WriteProxyV2(&endpoints, tlvs, left_out) + kGet);
  ASSERT_EQ(up.connection_count(), 1u);
  EXPECT_EQ(HeaderOf(up.last().received()), "192.0.2.1:1>198.51.100.7:443 5=own 6=new 2=web");
}

TEST(UpstreamProxyProtocol, TlsComesBehindTheHeader) {
  const std::string inner = Socket("Upstream", Trust());
  World world(EdgeBootstrap(
      {.cluster_options = Outer("version: V1", inner.substr(sizeof("transport_socket:") - 1))}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  world.Say(world.Connect(), kGet);
  ASSERT_EQ(up.connection_count(), 1u);
  std::string rest;
  EXPECT_THAT(HeaderOf(up.last().received(), &rest), HasSubstr(">10.0.0.100:80"));
  EXPECT_THAT(rest, StartsWith("\x16\x03"));
}

TEST(UpstreamProxyProtocol, APoolEndsWithItsLastConnection) {
  World world(EdgeBootstrap({.cluster_options = Outer("version: V1")}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  AnswerBehindHeader(up);
  for (int i = 0; i < 50; ++i) {
    Peer& client = world.Connect();
    world.Say(client, kGet);
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 "));
    client.Close();
    up.last().Close();
    world.Run();
  }
  EXPECT_EQ(up.connection_count(), 50u);
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_active"), 0);
}

// A proxied TCP connection, whose bytes follow the header.
TEST(UpstreamProxyProtocol, TcpConnectionsSayItToo) {
  std::string yaml = EdgeBootstrap({.cluster_options = Outer("version: V1")});
  const size_t begin = yaml.find("      filters:\n");
  const size_t end = yaml.find("\n  clusters:\n");
  yaml.replace(begin, end - begin,
               "      filters: [{ name: tcp, typed_config: { \"@type\": "
               "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, "
               "stat_prefix: tcp, cluster: web } }]");
  World world(yaml);
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  world.Say(world.Connect(), "hello");
  ASSERT_EQ(up.connection_count(), 1u);
  std::string rest;
  EXPECT_THAT(HeaderOf(up.last().received(), &rest), HasSubstr(">10.0.0.100:80"));
  EXPECT_EQ(rest, "hello");
}

}  // namespace
}  // namespace weir::scenario
