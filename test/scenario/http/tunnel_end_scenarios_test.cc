// Tunnels that end here or never come to be: CONNECT to a raw host, handshakes that fail, limits,
// draining.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/http/http_end.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kHttp2Cluster[] =
    "typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "
    "\"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, "
    "explicit_http_config: { http2_protocol_options: {} } } }\n";
constexpr char kWebSocket[] = "upgrade_configs: [ { upgrade_type: websocket } ]\n";
constexpr char kAsk[] =
    "GET /chat HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
constexpr char kGrant[] =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

class ConnectHere : public testing::TestWithParam<HttpVersion> {
 protected:
  ConnectHere() { Begin("- match: { connect_matcher: {} }\n", ""); }
  void Begin(std::string_view match, std::string_view connect_config) {
    Edge edge;
    edge.http_options =
        "http2_protocol_options: { allow_connect: true }\n"
        "access_log_options: { flush_log_on_tunnel_successfully_established: true }\n";
    edge.routes = StrCat(match,
                         "  route: { cluster: web, upgrade_configs: [ { upgrade_type: CONNECT, "
                         "connect_config: { ",
                         connect_config, " } } ] }\n");
    edge.log_format = "%ACCESS_LOG_TYPE% " + edge.log_format;
    client.reset();
    world = std::make_unique<World>(EdgeBootstrap(edge));
    EXPECT_TRUE(world->status().ok()) << world->status();
    peer = &world->Connect();
    client = MakeClientEnd(*peer, GetParam());
    world->Run();
  }
  void Ask(const std::string& early = "") {
    client->Request("b.example:443", {{":method", "CONNECT"}}, early, false);
    world->Run();
  }

  std::unique_ptr<World> world;
  Peer* peer = nullptr;
  std::unique_ptr<HttpEnd> client;
};

TEST_P(ConnectHere, BytesPassAsTheyAre) {
  Upstream& host = world->AddUpstream("10.0.0.1:80");
  Ask("GET / HTTP/1.1\r\n\r\n");
  ASSERT_EQ(host.connection_count(), 1u);
  EXPECT_EQ(client->heard(0).start, "200");
  EXPECT_EQ(host.last().received(), "GET / HTTP/1.1\r\n\r\n");
  world->Say(host.last(), "220 who is there\r\n");
  EXPECT_EQ(client->heard(0).body, "220 who is there\r\n");
  client->Send(0, "bye", true);
  world->Run();
  EXPECT_TRUE(host.last().received().ends_with("\r\n\r\nbye"));
  EXPECT_TRUE(host.last().ended());
  host.last().Send("221 bye");
  host.last().EndWrites();
  world->Run();
  EXPECT_TRUE(client->heard(0).body.ends_with("221 bye"));
  EXPECT_TRUE(client->heard(0).ended);
  world->Run(std::chrono::seconds(2));
  EXPECT_THAT(world->log().lines(),
              ElementsAre("DownstreamTunnelSuccessfullyEstablished 200 - via_upstream 0",
                          "DownstreamEnd 200 - via_upstream 25"));
  EXPECT_EQ(world->Stat("cluster.web.upstream_cx_active"), 0);
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_active"), 0);
  EXPECT_EQ(world->Stat("http.edge.downstream_cx_upgrades_active"), 0);
}

TEST_P(ConnectHere, AHostThatSpeaksFirstIsHeard) {
  Upstream& host = world->AddUpstream("10.0.0.1:80");
  host.AnswerAll("");
  Ask();
  host.last().Send("banner");
  world->Run();
  EXPECT_EQ(client->heard(0).body, "banner");
  host.last().EndWrites();
  world->Run();
  EXPECT_TRUE(client->heard(0).ended);
  EXPECT_FALSE(host.last().ended());
  client->Send(0, "late", true);
  world->Run();
  EXPECT_EQ(host.last().received(), "late");
  EXPECT_TRUE(host.last().ended());
}

TEST_P(ConnectHere, WhereNobodyListensTheAnswerIs503) {
  Ask("GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n");
  world->Run(std::chrono::seconds(2));
  EXPECT_EQ(client->heard(0).start, "503");
  EXPECT_THAT(world->log().lines().back(), HasSubstr("503 UF"));
  EXPECT_EQ(world->Stat("http.edge.downstream_rq_total"), 1);
  if (GetParam() == HttpVersion::kHttp1) EXPECT_TRUE(peer->ended());
}

TEST_P(ConnectHere, EachTunnelHasAConnectionOfItsOwn) {
  Upstream& host = world->AddUpstream("10.0.0.1:80");
  Ask();
  Peer& second = world->Connect();
  const auto other = MakeClientEnd(second, GetParam());
  other->Request("c.example:1", {{":method", "CONNECT"}}, "", false);
  world->Run();
  EXPECT_EQ(host.connection_count(), 2u);
  client->Reset(0);
  world->Run();
  EXPECT_TRUE(host.connection(0).ended() || host.connection(0).failed());
  EXPECT_FALSE(host.connection(1).ended() || host.connection(1).failed());
}

TEST_P(ConnectHere, TheHostHearsWhoseTunnelItIs) {
  Begin("- match: { connect_matcher: {} }\n", "proxy_protocol_config: {}");
  Upstream& host = world->AddUpstream("10.0.0.1:80");
  Ask("hello");
  ASSERT_EQ(host.connection_count(), 1u);
  const std::string heard = host.last().received();
  EXPECT_TRUE(heard.starts_with("PROXY TCP4 ")) << heard;
  EXPECT_THAT(heard, HasSubstr(" 10.0.0.100 "));
  EXPECT_TRUE(heard.ends_with(" 80\r\nhello")) << heard;
  EXPECT_EQ(client->heard(0).start, "200");
}

TEST_P(ConnectHere, AHeaderAloneIsSentAtOnce) {
  Begin("- match: { connect_matcher: {} }\n", "proxy_protocol_config: { version: V2 }");
  Upstream& host = world->AddUpstream("10.0.0.1:80");
  Ask();
  ASSERT_EQ(host.connection_count(), 1u);
  EXPECT_TRUE(host.last().received().starts_with("\r\n\r\n"));
  EXPECT_EQ(host.last().received().size(), 28u);
}

TEST_P(ConnectHere, ThePostOfARouteThatTakesItIsATunnel) {
  Begin("- match: { prefix: / }\n", "allow_post: true, proxy_protocol_config: {}");
  Upstream& host = world->AddUpstream("10.0.0.1:80");
  client->Request("/tunnel", {{":method", "POST"}}, "one ", false);
  world->Run();
  ASSERT_EQ(host.connection_count(), 1u);
  EXPECT_EQ(client->heard(0).start, "200");
  EXPECT_TRUE(host.last().received().starts_with("PROXY TCP4 "));
  EXPECT_TRUE(host.last().received().ends_with(" 80\r\none ")) << host.last().received();
  world->Say(host.last(), "answer ");
  EXPECT_EQ(client->heard(0).body, "answer ");
  client->Send(0, "two", true);
  world->Run();
  EXPECT_TRUE(host.last().received().ends_with(" 80\r\none two")) << host.last().received();
  EXPECT_TRUE(host.last().ended());
  host.last().Send("end");
  host.last().EndWrites();
  world->Run();
  EXPECT_EQ(client->heard(0).body, "answer end");
  EXPECT_TRUE(client->heard(0).ended);
  world->Run(std::chrono::seconds(2));
  EXPECT_THAT(world->log().lines(), ElementsAre("DownstreamEnd 200 - via_upstream 10"));
  EXPECT_EQ(world->Stat("cluster.web.upstream_cx_active"), 0);
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_active"), 0);
}

TEST_P(ConnectHere, APostWithoutABodyEndsTheClientsSide) {
  Begin("- match: { prefix: / }\n", "allow_post: true");
  Upstream& host = world->AddUpstream("10.0.0.1:80");
  client->Request("/tunnel", {{":method", "POST"}}, "", true);
  world->Run();
  ASSERT_EQ(host.connection_count(), 1u);
  EXPECT_EQ(host.last().received(), "");
  EXPECT_TRUE(host.last().ended());
  host.last().Send("220 hello");
  host.last().EndWrites();
  world->Run();
  EXPECT_EQ(client->heard(0).start, "200");
  EXPECT_EQ(client->heard(0).body, "220 hello");
  EXPECT_TRUE(client->heard(0).ended);
}

TEST_P(ConnectHere, OtherRequestsOfSuchARouteAreHttp) {
  for (const char* config : {"allow_post: true", ""}) {
    Begin("- match: { prefix: / }\n", config);
    Upstream& host = world->AddUpstream("10.0.0.1:80");
    client->Request("/x", {{":method", *config == '\0' ? "POST" : "PUT"}}, "", true);
    world->Run();
    ASSERT_EQ(host.connection_count(), 1u);
    EXPECT_THAT(host.last().received(), HasSubstr(" /x HTTP/1.1\r\n"));
  }
}

INSTANTIATE_TEST_SUITE_P(BothVersions, ConnectHere,
                         testing::Values(HttpVersion::kHttp1, HttpVersion::kHttp2),
                         [](const auto& test) {
                           return test.param == HttpVersion::kHttp1 ? "Http1" : "Http2";
                         });

// --- Handshakes that fail

TEST(TunnelHandshake, WhatTheUpstreamAnswersWrongly) {
  const struct {
    const char* answer;
    const char* heard;
  } cases[] = {
      {"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\nraw", "HTTP/1.1 502 "},
      {"HTTP/1.1 101 x\r\n\r\nraw", "HTTP/1.1 502 "},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokraw", "HTTP/1.1 200 "},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.answer);
    World world(EdgeBootstrap({.http_options = kWebSocket}));
    Upstream& upstream = world.AddUpstream("10.0.0.1:80");
    Peer& client = world.Connect();
    world.Say(client, StrCat(kAsk, "early"));
    world.Say(upstream.last(), test.answer);
    EXPECT_TRUE(client.received().starts_with(test.heard)) << client.received();
    EXPECT_THAT(client.received(), Not(HasSubstr("raw")));
    EXPECT_TRUE(client.ended());
    EXPECT_THAT(upstream.last().received(), Not(HasSubstr("early")));
    EXPECT_TRUE(upstream.last().ended() || upstream.last().failed());
  }
}

TEST(TunnelHandshake, AProofThatIsWrongIs502) {
  World world(EdgeBootstrap(
      {.http_options = StrCat(kWebSocket, "http2_protocol_options: { allow_connect: true }\n")}));
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& peer = world.Connect();
  const auto client = MakeClientEnd(peer, HttpVersion::kHttp2);
  world.Run();
  client->Request("/chat", {{":protocol", "websocket"}}, "early", false);
  world.Run();
  world.Say(upstream.last(),
            "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nraw");
  EXPECT_EQ(client->heard(0).start, "502");
  EXPECT_THAT(client->heard(0).body, Not(HasSubstr("raw")));
  EXPECT_THAT(upstream.last().received(), Not(HasSubstr("early")));
}

TEST(TunnelHandshake, AnHttp2UpstreamHasToAllowExtendedConnect) {
  World world(EdgeBootstrap({.http_options = kWebSocket, .cluster_options = kHttp2Cluster}));
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kAsk);
  // It waits for the SETTINGS: nothing but the preface of the connection and its window.
  EXPECT_THAT(upstream.last().received(), Not(HasSubstr("websocket")));
  EXPECT_EQ(client.received(), "");
  world.Say(upstream.last(), std::string("\0\0\0\4\0\0\0\0\0", 9));
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 502 ")) << client.received();
  EXPECT_THAT(upstream.last().received(), Not(HasSubstr("websocket")));
}

TEST(TunnelHandshake, WithoutAKeyNothingCanBeProved) {
  World world(EdgeBootstrap({.http_options = kWebSocket, .cluster_options = kHttp2Cluster}));
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(
      client,
      "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 400 ")) << client.received();
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_active"), 0);
  EXPECT_EQ(upstream.connection_count(), 1u);
}

TEST(TunnelHandshake, CleartextHttp2IsNeverSwitchedTo) {
  World world(EdgeBootstrap({.http_options = kWebSocket}));
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  upstream.AnswerAll("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  Peer& client = world.Connect();
  const std::string ask =
      "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
      "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
  world.Say(client, ask);
  world.Say(client, ask);
  EXPECT_EQ(upstream.answered(), 2u);
  EXPECT_FALSE(client.ended());
  EXPECT_THAT(client.received(), Not(HasSubstr("upgrade")));
}

// --- Limits, draining

TEST(TunnelLimits, WhatComesEarlyIsBounded) {
  World world(EdgeBootstrap({.http_options = kWebSocket}));
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  const std::string early(4 * 1024 * 1024, 'e');
  client.Send(kAsk + early);
  world.Run(std::chrono::seconds(1));
  // A head's worth of bytes and one read.
  EXPECT_LT(world.Stat("http.edge.downstream_cx_rx_bytes_total"), 128 * 1024);
  world.Say(upstream.last(), kGrant);
  world.Run(std::chrono::seconds(5));
  EXPECT_TRUE(upstream.last().received().ends_with(early));
}

TEST(TunnelLimits, ATunnelCountsAsARequest) {
  World world(EdgeBootstrap(
      {.http_options = kWebSocket,
       .cluster_options = "circuit_breakers: { thresholds: [ { max_requests: 1 } ] }\n"}));
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& first = world.Connect();
  world.Say(first, kAsk);
  world.Say(upstream.last(), kGrant);
  Peer& second = world.Connect();
  world.Say(second, kAsk);
  EXPECT_TRUE(second.received().starts_with("HTTP/1.1 503 ")) << second.received();
  first.Reset();
  world.Run();
  Peer& third = world.Connect();
  world.Say(third, kAsk);
  world.Say(upstream.last(), kGrant);
  EXPECT_TRUE(third.received().starts_with("HTTP/1.1 101 ")) << third.received();
}

TEST(TunnelDraining, ATunnelLivesUntilTheDrainTimeIsOver) {
  World world(EdgeBootstrap({.http_options = kWebSocket}));
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kAsk);
  world.Say(upstream.last(), kGrant);
  bool done = false;
  world.server().Shutdown(std::chrono::seconds(10), [&done] { done = true; });
  world.Run(std::chrono::seconds(8));
  EXPECT_FALSE(client.ended());
  world.Say(client, "still here");
  EXPECT_TRUE(upstream.last().received().ends_with("still here"));
  EXPECT_FALSE(done);
  world.Run(std::chrono::seconds(5));
  EXPECT_TRUE(done);
  EXPECT_TRUE(client.failed());
  EXPECT_FALSE(client.ended());
}

TEST(TunnelDraining, AGrantWhileDrainingDoesNotAskToClose) {
  World world(EdgeBootstrap({.http_options = kWebSocket}));
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kAsk);
  world.server().DrainListeners({});
  world.Run();
  world.Say(upstream.last(), kGrant);
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 101 ")) << client.received();
  EXPECT_THAT(client.received(), Not(HasSubstr("close")));
}

}  // namespace
}  // namespace weir::scenario
