// Tunnels through the whole proxy: WebSocket and CONNECT in every combination of HTTP/1.1 and
// HTTP/2.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/base64.h>
#include <openssl/sha.h>

#include "test/scenario/http/combination.h"

namespace weir::scenario {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kSmuggled[] = "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n";
// RFC 6455, 1.3.
constexpr char kKey[] = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr char kAccept[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string AcceptOf(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest);
  uint8_t base64[32];
  return std::string(reinterpret_cast<char*>(base64),
                     EVP_EncodeBlock(base64, digest, sizeof(digest)));
}

Edge WithUpgrades(std::string http_options = "upgrade_configs: [ { upgrade_type: websocket } ]\n") {
  Edge edge;
  edge.http_options = std::move(http_options);
  return edge;
}

constexpr char kConnectRoutes[] =
    "- match: { connect_matcher: {} }\n"
    "  route: { cluster: web, upgrade_configs: [ { upgrade_type: CONNECT } ] }\n"
    "- match: { prefix: / }\n"
    "  route: { cluster: web }\n";

class TunnelScenario : public CombinationTest {
 protected:
  void Begin(Edge edge = WithUpgrades()) {
    const std::string windows =
        "initial_stream_window_size: 65536, initial_connection_window_size: 65536";
    edge.http_options += StrCat("http2_protocol_options: { allow_connect: true, ", windows, " }\n");
    Start(std::move(edge), "", windows);
  }
  Peer& UpPeer() { return upstream->last(); }

  void AskForWebSocket(const std::string& early = "") {
    Fields fields = {{":protocol", "websocket"}, {"sec-websocket-version", "13"}};
    if (!down_is_http2()) fields["sec-websocket-key"] = kKey;
    client->Request("/chat", fields, early, false);
    world->Run();
  }
  void AskToConnect() {
    client->Request("b.example:443", {{":method", "CONNECT"}}, "", false);
    world->Run();
  }
  void Grant(const std::string& first = "") {
    const Fields asked = Up().heard(0).fields;
    Fields fields = {{"sec-websocket-protocol", "chat"}};
    if (const auto key = asked.find("sec-websocket-key"); key != asked.end()) {
      fields["sec-websocket-accept"] = AcceptOf(key->second);
    }
    Up().Answer(0, 101, first, false, fields);
    world->Run();
  }
  void OpenWebSocket(Edge edge = WithUpgrades()) {
    Begin(std::move(edge));
    AskForWebSocket();
    Grant();
    ASSERT_EQ(heard().start, down_is_http2() ? "200" : "101");
  }
  void FromClient(const std::string& bytes, bool end = false) {
    client->Send(0, bytes, end);
    world->Run();
  }
  void FromUpstream(const std::string& bytes, bool end = false) {
    Up().Send(0, bytes, end);
    world->Run();
  }
  const Heard& heard() { return client->heard(0); }
  int64_t Active() const { return world->Stat("http.edge.downstream_cx_upgrades_active"); }
  std::string LastLog() const {
    return world->log().lines().empty() ? "" : world->log().lines().back();
  }
  // Nobody holds anything of a tunnel any more.
  void ExpectOver() {
    Up();
    world->Run(std::chrono::seconds(2));
    EXPECT_EQ(Active(), 0);
    EXPECT_EQ(world->Stat("http.edge.downstream_rq_active"), 0);
    EXPECT_EQ(world->Stat("cluster.web.upstream_rq_active"), 0);
  }
};

TEST_P(TunnelScenario, TheHandshakeIsTranslated) {
  Begin();
  AskForWebSocket();
  const Heard& asked = Up().heard(0);
  EXPECT_EQ(asked.start, "/chat");
  const Fields fields = asked.fields;
  EXPECT_EQ(fields.at(up_is_http2() ? ":protocol" : "upgrade"), "websocket");
  EXPECT_EQ(fields.at("sec-websocket-version"), "13");
  EXPECT_EQ(fields.contains("sec-websocket-key"), !up_is_http2());
  if (!up_is_http2()) {
    EXPECT_EQ(fields.at("connection"), "upgrade");
    EXPECT_EQ(fields.at("sec-websocket-key") == kKey, !down_is_http2());
    EXPECT_EQ(fields.at("sec-websocket-key").size(), 24u);
  }
  Grant();
  EXPECT_EQ(heard().start, down_is_http2() ? "200" : "101");
  EXPECT_EQ(heard().fields.at("sec-websocket-protocol"), "chat");
  EXPECT_EQ(heard().fields.contains("sec-websocket-accept"), !down_is_http2());
  EXPECT_FALSE(heard().fields.contains("transfer-encoding"));
  EXPECT_FALSE(heard().fields.contains("content-length"));
  if (!down_is_http2()) {
    EXPECT_EQ(heard().fields.at("sec-websocket-accept"), kAccept);
    EXPECT_EQ(heard().fields.at("upgrade"), "websocket");
    EXPECT_EQ(heard().fields.at("connection"), "upgrade");
  }
  EXPECT_EQ(Active(), 1);
  EXPECT_EQ(world->Stat("http.edge.downstream_cx_upgrades_total"), 1);
}

// Frames of RFC 6455, 5.2 and 5.7.
TEST_P(TunnelScenario, FramesPassByteForByte) {
  const std::string large(70000, 'w');
  const std::pair<const char*, std::string> frames[] = {
      {"text", std::string("\x81\x05Hello", 7)},
      {"masked text", std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11)},
      {"fragments", std::string("\x01\x03Hel\x80\x02lo", 9)},
      {"ping", std::string("\x89\x05Hello", 7)},
      {"masked pong", std::string("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11)},
      {"empty", std::string("\x82\x00", 2)},
      {"256 bytes", std::string("\x82\x7e\x01\x00", 4) + std::string(256, '\0')},
      {"64-bit length", std::string("\x82\x7f\0\0\0\0\0\x01\x11\x70", 10) + large},
      {"what looks like HTTP", std::string("\x81\x2a", 2) + kSmuggled},
      {"close", std::string("\x88\x02\x03\xe8", 4)},
  };
  OpenWebSocket();
  std::string sent;
  for (const auto& [name, frame] : frames) {
    SCOPED_TRACE(name);
    sent += frame;
    FromClient(frame);
    world->Run();
    Up();
    EXPECT_TRUE(Up().heard(0).body == sent);
    FromUpstream(frame);
    world->Run();
    EXPECT_TRUE(heard().body == sent);
  }
  EXPECT_EQ(Up().count(), 1u);
}

TEST_P(TunnelScenario, WhatComesEarlyWaitsForTheGrant) {
  Begin();
  AskForWebSocket("early ");
  FromClient("birds");
  EXPECT_EQ(Up().heard(0).body, "");
  world->Run(std::chrono::seconds(1));
  EXPECT_EQ(Up().heard(0).body, "");
  Grant("hello");
  EXPECT_EQ(heard().body, "hello");
  EXPECT_EQ(Up().heard(0).body, "early birds");
}

TEST_P(TunnelScenario, WhatIsHeldForTheGrantIsInTheLedger) {
  Begin();
  AskForWebSocket(std::string(5000, 'e'));
  Up();
  std::shared_ptr<const admin::View> view;
  world->server().CollectView(
      admin::Needs::kMemory,
      [&view](std::shared_ptr<const admin::View> collected) { view = std::move(collected); });
  world->Run();
  ASSERT_NE(view, nullptr);
  ASSERT_EQ(view->memory.workers.size(), 1u);
  EXPECT_EQ(view->memory.workers[0].downstream.input, 5000u);
}

TEST_P(TunnelScenario, WhatComesEarlyIsNeverARequestWhereTheUpstreamRefuses) {
  for (const int status : {200, 204, 403, 426, 500}) {
    if (up_is_http2() && status < 300) continue;  // By HTTP/2 that is a grant.
    SCOPED_TRACE(status);
    TearDown();
    Begin();
    AskForWebSocket(kSmuggled);
    Up();
    Up().Answer(0, status, status == 204 ? "" : "no", true);
    world->Run();
    EXPECT_EQ(heard().start, StrCat(status));
    EXPECT_EQ(heard().body, status == 204 ? "" : "no");
    FromClient(kSmuggled);
    world->Run(std::chrono::seconds(1));
    EXPECT_EQ(Up().heard(0).body, "");
    EXPECT_EQ(Up().count(), 1u);
    EXPECT_EQ(upstream->connection_count(), 1u);
    if (!down_is_http2()) EXPECT_TRUE(client_peer->ended());
    EXPECT_EQ(world->Stat("http.edge.downstream_rq_total"), 1);
    ExpectOver();
  }
}

// The connection to an upstream that was asked for a tunnel carries no other request.
TEST_P(TunnelScenario, AnHttp1ConnectionThatRefusedATunnelIsNotUsedAgain) {
  Begin();
  AskForWebSocket();
  Up().Answer(0, 403, "no", true);
  world->Run();
  Peer& next = world->Connect();
  const std::unique_ptr<HttpEnd> other = MakeClientEnd(next, HttpVersion::kHttp1);
  other->Request("/next", {}, "", true);
  world->Run();
  // Streams of HTTP/2 are independent of each other.
  EXPECT_EQ(upstream->connection_count(), up_is_http2() ? 1u : 2u);
}

struct Configured {
  const char* of_manager;
  const char* of_route;
  bool allowed;
};

TEST_P(TunnelScenario, TheRouteSaysMoreThanTheConnectionManager) {
  const Configured cases[] = {
      {"", "", false},
      {"upgrade_configs: [ { upgrade_type: WEBSOCKET } ]\n", "", true},
      {"upgrade_configs: [ { upgrade_type: websocket, enabled: false } ]\n", "", false},
      {"upgrade_configs: [ { upgrade_type: other } ]\n", "", false},
      {"", ", upgrade_configs: [ { upgrade_type: WebSocket } ]", true},
      {"upgrade_configs: [ { upgrade_type: websocket, enabled: false } ]\n",
       ", upgrade_configs: [ { upgrade_type: websocket } ]", true},
      {"upgrade_configs: [ { upgrade_type: websocket } ]\n",
       ", upgrade_configs: [ { upgrade_type: websocket, enabled: false } ]", false},
      {"upgrade_configs: [ { upgrade_type: websocket } ]\n",
       ", upgrade_configs: [ { upgrade_type: other, enabled: false } ]", true},
  };
  for (const Configured& test : cases) {
    SCOPED_TRACE(StrCat(test.of_manager, test.of_route));
    TearDown();
    Edge edge = WithUpgrades(test.of_manager);
    edge.routes = StrCat("- match: { prefix: / }\n  route: { cluster: web", test.of_route, " }\n");
    Begin(std::move(edge));
    AskForWebSocket(kSmuggled);
    EXPECT_EQ(upstream->connection_count(), test.allowed ? 1u : 0u);
    EXPECT_EQ(world->Stat("http.edge.downstream_rq_ws_on_non_ws_route"), test.allowed ? 0 : 1);
    if (test.allowed) continue;
    EXPECT_EQ(heard().start, "403");
    EXPECT_TRUE(heard().ended);
    EXPECT_THAT(LastLog(), HasSubstr("403 - upgrade_failed"));
    EXPECT_EQ(Active(), 0);
    if (!down_is_http2()) EXPECT_TRUE(client_peer->ended());
  }
}

TEST_P(TunnelScenario, EitherSideMayEndFirst) {
  for (const bool client_first : {true, false}) {
    SCOPED_TRACE(client_first);
    TearDown();
    OpenWebSocket();
    if (client_first) {
      FromClient("last words", true);
      EXPECT_EQ(Up().heard(0).body, "last words");
      EXPECT_TRUE(Up().heard(0).ended);
      EXPECT_FALSE(heard().ended);
      FromUpstream("answered", true);
    } else {
      FromUpstream("answered", true);
      EXPECT_TRUE(heard().ended);
      EXPECT_FALSE(Up().heard(0).ended);
      FromClient("last words", true);
      EXPECT_EQ(Up().heard(0).body, "last words");
      EXPECT_TRUE(Up().heard(0).ended);
    }
    EXPECT_EQ(heard().body, "answered");
    EXPECT_TRUE(heard().ended);
    EXPECT_FALSE(heard().reset);
    EXPECT_EQ(LastLog(), "101 - via_upstream 8");
    ExpectOver();
  }
}

TEST_P(TunnelScenario, ASlowReaderStopsTheOtherSide) {
  Edge edge = WithUpgrades();
  edge.listener_options = "per_connection_buffer_limit_bytes: 65536\n";
  edge.cluster_options = "per_connection_buffer_limit_bytes: 65536\n";
  OpenWebSocket(std::move(edge));
  std::string bytes;
  for (int i = 0; bytes.size() < 4 * 1024 * 1024; ++i) bytes += StrCat(i, " ");
  client_peer->SetReading(false);
  FromUpstream(bytes);
  world->Run(std::chrono::seconds(2));
  EXPECT_LT(heard().body.size(), bytes.size());
  // What is on its way is bounded by windows and marks; the rest waits at the sender.
  EXPECT_LT(world->Stat("cluster.web.upstream_cx_rx_bytes_total"),
            static_cast<int64_t>(bytes.size()));
  client_peer->SetReading(true);
  world->Run(std::chrono::seconds(30));
  EXPECT_TRUE(heard().body == bytes);

  UpPeer().SetReading(false);
  FromClient(bytes);
  world->Run(std::chrono::seconds(2));
  EXPECT_LT(world->Stat("http.edge.downstream_cx_rx_bytes_total"),
            static_cast<int64_t>(bytes.size()));
  UpPeer().SetReading(true);
  world->Run(std::chrono::seconds(30));
  EXPECT_TRUE(Up().heard(0).body == bytes);
}

TEST_P(TunnelScenario, TheLastBytesReachASlowUpstream) {
  OpenWebSocket();
  const std::string bytes(3 * 1024 * 1024, 'z');
  FromUpstream("done", true);
  UpPeer().SetReading(false);
  FromClient(bytes, true);
  world->Run(std::chrono::seconds(2));
  UpPeer().SetReading(true);
  world->Run(std::chrono::seconds(5));
  EXPECT_TRUE(Up().heard(0).body == bytes);
  EXPECT_TRUE(Up().heard(0).ended);
  ExpectOver();
}

// The connection that carried it is to be used no more, and goes as soon as nothing is under way.
TEST_P(TunnelScenario, TheLastBytesReachASlowUpstreamThoughItsConnectionDrains) {
  Edge edge = WithUpgrades();
  edge.cluster_options = "max_requests_per_connection: 1\n";
  OpenWebSocket(std::move(edge));
  FromUpstream("done", true);
  UpPeer().SetReading(false);
  // As much as the windows of HTTP/2 take; with the frames' heads it is more than the network does.
  const std::string bytes(65535, 'z');
  FromClient(bytes, true);
  world->Run(std::chrono::milliseconds(500));
  UpPeer().SetReading(true);
  world->Run(std::chrono::seconds(2));
  EXPECT_TRUE(Up().heard(0).body == bytes);
  EXPECT_TRUE(Up().heard(0).ended);
  ExpectOver();
}

// Once both sides have said all the client is not needed any more.
TEST_P(TunnelScenario, TheLastBytesOfAClientThatClosesReachASlowUpstream) {
  Edge edge = WithUpgrades();
  edge.cluster_options = "per_connection_buffer_limit_bytes: 4096\n";
  OpenWebSocket(std::move(edge));
  FromUpstream("done", true);
  EXPECT_TRUE(heard().ended);
  UpPeer().SetReading(false);
  const std::string bytes(100 * 1024, 'z');
  FromClient(bytes, true);
  world->Run(std::chrono::milliseconds(100));
  client_peer->Close();
  world->Run(std::chrono::milliseconds(100));
  UpPeer().SetReading(true);
  world->Run(std::chrono::seconds(2));
  EXPECT_TRUE(Up().heard(0).body == bytes);
  EXPECT_TRUE(Up().heard(0).ended);
  EXPECT_FALSE(Up().heard(0).reset);
  ExpectOver();
}

// The end of the client's side is the last that the proxy hears of the tunnel.
TEST_P(TunnelScenario, TheLastBytesReachASlowClient) {
  OpenWebSocket();
  client_peer->SetReading(false);
  const std::string bytes(300 * 1024, 'z');
  FromUpstream(bytes, true);
  FromClient("bye", true);
  EXPECT_TRUE(Up().heard(0).ended);
  world->Run(std::chrono::milliseconds(500));
  client_peer->SetReading(true);
  world->Run(std::chrono::seconds(2));
  EXPECT_TRUE(heard().body == bytes);
  EXPECT_TRUE(heard().ended);
  EXPECT_FALSE(heard().reset);
  ExpectOver();
}

// HTTP/2 waits for its stream_flush_timeout.
TEST_P(TunnelScenario, AClientThatDoesNotTakeTheLastBytesHearsNoEnd) {
  if (down_is_http2()) return;
  OpenWebSocket();
  client_peer->SetReading(false);
  const std::string bytes(300 * 1024, 'z');
  FromUpstream(bytes, true);
  FromClient("bye", true);
  world->Run(std::chrono::seconds(3));
  EXPECT_EQ(world->Stat("http.edge.downstream_cx_active"), 0);
  client_peer->SetReading(true);
  world->Run();
  EXPECT_LT(heard().body.size(), bytes.size());
  EXPECT_FALSE(heard().ended);
  EXPECT_TRUE(heard().reset);
}

// With the tunnel its connection may end, and what the upstream says to that would reset it.
TEST_P(TunnelScenario, ALastStreamsEndIsReadBeforeItsConnectionEnds) {
  Edge edge = WithUpgrades();
  edge.cluster_options = "max_requests_per_connection: 1\n";
  OpenWebSocket(std::move(edge));
  const std::string bytes(40000, 'z');
  FromUpstream("done", true);
  UpPeer().SetReading(false);
  FromClient(bytes, true);
  if (up_is_http2()) {
    constexpr std::string_view kPing("\0\0\x8\6\0\0\0\0\0a ping !", 17);
    UpPeer().Send(kPing);
    world->Run();
  }
  UpPeer().SetReading(true);
  EXPECT_TRUE(Up().heard(0).body == bytes);
  EXPECT_TRUE(Up().heard(0).ended);
  ExpectOver();
  EXPECT_EQ(world->Stat("cluster.web.upstream_cx_active"), 0);
}

// HTTP/1 says no more behind its end, and nothing can take that back.
TEST_P(TunnelScenario, AnUpstreamThatNeverReadsTheEndIsNotWaitedForForEver) {
  if (!up_is_http2()) return;
  OpenWebSocket(
      WithUpgrades("stream_idle_timeout: 2s\n"
                   "upgrade_configs: [ { upgrade_type: websocket } ]\n"));
  FromUpstream("done", true);
  UpPeer().SetReading(false);
  FromClient("bye", true);
  world->Run(std::chrono::seconds(1));
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_active"), 1);
  world->Run(std::chrono::seconds(2));
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_active"), 0);
  EXPECT_EQ(world->Stat("http.edge.downstream_rq_active"), 0);
}

TEST_P(TunnelScenario, ResetsPass) {
  for (const bool by_client : {true, false}) {
    SCOPED_TRACE(by_client);
    TearDown();
    OpenWebSocket();
    HttpEnd& up = Up();
    if (by_client) {
      client->Reset(0);
      world->Run();
      EXPECT_THAT(LastLog(), HasSubstr("101 DC"));
    } else {
      Up().Reset(0);
      world->Run();
      EXPECT_THAT(LastLog(), Not(HasSubstr("101 - ")));
    }
    ExpectOver();
    const Heard& other = by_client ? up.heard(0) : heard();
    EXPECT_TRUE(other.reset);
    EXPECT_FALSE(other.ended);
  }
}

// A reset may take from the client what it has not read (RFC 9112, 9.6), and answers before the
// tunnel are none of its business.
TEST_P(TunnelScenario, ATunnelThatBreaksTakesNoAnswerBeforeIt) {
  Begin();
  const size_t first = client->Request("/first", {}, "", true);
  world->Run();
  Up().Answer(0, 200, "whole", true);
  client_peer->SetReading(false);
  Fields fields = {{":protocol", "websocket"}};
  if (!down_is_http2()) fields["sec-websocket-key"] = kKey;
  const size_t tunnel = client->Request("/chat", fields, "", false);
  world->Run();
  HttpEnd& up = Up();
  const Fields asked = up.heard(1).fields;
  Fields granted;
  if (const auto key = asked.find("sec-websocket-key"); key != asked.end()) {
    granted["sec-websocket-accept"] = AcceptOf(key->second);
  }
  up.Answer(1, 101, "hello", false, granted);
  world->Run();
  up.Reset(1);
  world->Run(std::chrono::milliseconds(800));
  EXPECT_FALSE(client_peer->failed());
  client_peer->SetReading(true);
  world->Run();
  EXPECT_EQ(client->heard(first).body, "whole");
  EXPECT_TRUE(client->heard(first).ended);
  world->Run(std::chrono::seconds(1));
  EXPECT_TRUE(client->heard(tunnel).reset);
  EXPECT_FALSE(client->heard(tunnel).ended);
}

TEST_P(TunnelScenario, TheRoutesTimeoutHoldsUntilTheGrant) {
  Edge edge = WithUpgrades(
      "stream_idle_timeout: 60s\n"
      "upgrade_configs: [ { upgrade_type: websocket } ]\n");
  edge.routes = "- match: { prefix: / }\n  route: { cluster: web, timeout: 3s }\n";
  Begin(edge);
  AskForWebSocket("early");
  Up();
  world->Run(std::chrono::seconds(4));
  EXPECT_EQ(heard().start, "504");
  EXPECT_EQ(Up().heard(0).body, "");
  TearDown();
  OpenWebSocket(edge);
  world->Run(std::chrono::seconds(50));
  FromClient("still here");
  EXPECT_EQ(Up().heard(0).body, "still here");
  world->Run(std::chrono::seconds(50));
  FromUpstream("me too");
  EXPECT_EQ(heard().body, "me too");
  world->Run(std::chrono::seconds(62));
  EXPECT_TRUE(heard().reset);
  EXPECT_FALSE(heard().ended);
  EXPECT_THAT(LastLog(), HasSubstr("101 SI stream_idle_timeout"));
  ExpectOver();
}

TEST_P(TunnelScenario, TheLongestDurationEndsIt) {
  OpenWebSocket(
      WithUpgrades("common_http_protocol_options: { max_stream_duration: 20s }\n"
                   "upgrade_configs: [ { upgrade_type: websocket } ]\n"));
  for (int i = 0; i < 4; ++i) {
    world->Run(std::chrono::seconds(4));
    FromClient("x");
  }
  EXPECT_EQ(Up().heard(0).body, "xxxx");
  world->Run(std::chrono::seconds(5));
  EXPECT_THAT(LastLog(), HasSubstr("101 DT max_duration_timeout"));
  ExpectOver();
}

TEST_P(TunnelScenario, OnlyTheHandshakeIsTriedAgain) {
  Edge edge = WithUpgrades();
  edge.routes =
      "- match: { prefix: / }\n  route: { cluster: web, retry_policy: { retry_on: 5xx, "
      "num_retries: 2 } }\n";
  Begin(edge);
  AskForWebSocket("early");
  Up().Answer(0, 503, "", true);
  world->Run(std::chrono::seconds(1));
  HttpEnd& up = Up();
  const size_t again = up.count() - 1;
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_retry"), 1);
  Fields fields;
  const Fields asked = up.heard(again).fields;
  if (asked.contains("sec-websocket-key")) {
    fields["sec-websocket-accept"] = AcceptOf(asked.at("sec-websocket-key"));
  }
  up.Answer(again, 101, "", false, fields);
  world->Run();
  Up();
  EXPECT_EQ(up.heard(again).body, "early");
  up.Reset(again);
  world->Run(std::chrono::seconds(1));
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_retry"), 1);
}

TEST_P(TunnelScenario, ConnectIsForwarded) {
  Edge edge;
  edge.routes = kConnectRoutes;
  Begin(edge);
  AskToConnect();
  EXPECT_EQ(Up().heard(0).start, "b.example:443");
  FromClient("early");
  EXPECT_EQ(Up().heard(0).body, "");
  Up().Answer(0, 200, "hello", false);
  world->Run();
  EXPECT_EQ(heard().start, "200");
  EXPECT_FALSE(heard().fields.contains("content-length"));
  EXPECT_EQ(heard().body, "hello");
  Up();
  EXPECT_EQ(Up().heard(0).body, "early");
  FromClient("", true);
  FromUpstream("", true);
  EXPECT_TRUE(heard().ended);
  EXPECT_EQ(LastLog(), "200 - via_upstream 5");
  ExpectOver();
}

TEST_P(TunnelScenario, ARefusedConnectEndsWithItsAnswer) {
  Edge edge;
  edge.routes = kConnectRoutes;
  Begin(edge);
  AskToConnect();
  FromClient(kSmuggled);
  Up().Answer(0, 407, "who?", true);
  world->Run();
  EXPECT_EQ(heard().start, "407");
  EXPECT_EQ(heard().body, "who?");
  FromClient(kSmuggled);
  EXPECT_EQ(Up().count(), 1u);
  EXPECT_EQ(Up().heard(0).body, "");
  if (!down_is_http2()) EXPECT_TRUE(client_peer->ended());
  ExpectOver();
}

TEST_P(TunnelScenario, AConnectThatNobodyTakesIsRefused) {
  const struct {
    const char* routes;
    const char* http_options;
    const char* status;
  } cases[] = {
      {"- match: { prefix: / }\n  route: { cluster: web }\n", "", "404"},
      {"- match: { prefix: / }\n  route: { cluster: web }\n",
       "upgrade_configs: [ { upgrade_type: CONNECT } ]\n", "404"},
      {"- match: { connect_matcher: {} }\n  route: { cluster: web }\n", "", "403"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.routes);
    TearDown();
    Edge edge = WithUpgrades(test.http_options);
    edge.routes = test.routes;
    Begin(edge);
    AskToConnect();
    FromClient(kSmuggled);
    EXPECT_EQ(heard().start, test.status);
    EXPECT_EQ(upstream->connection_count(), 0u);
    EXPECT_EQ(world->Stat("http.edge.downstream_rq_total"), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCombination, TunnelScenario, EveryCombination(), NameOf);

}  // namespace
}  // namespace weir::scenario
