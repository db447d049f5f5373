// Tunnels by CONNECT and extended CONNECT (RFC 9113, 8.5; RFC 8441), as frames.
#include <gtest/gtest.h>

#include "test/http/h2/raw_peers.h"

namespace weir::http::h2 {
namespace {

const FieldList kWebSocket = {{":method", "CONNECT"},
                              {":protocol", "websocket"},
                              {":scheme", "http"},
                              {":path", "/chat"},
                              {":authority", "a"}};
const FieldList kConnect = {{":method", "CONNECT"}, {":authority", "a:80"}};

Options WithConnect() {
  Options options;
  options.allow_connect = true;
  return options;
}

TEST(Tunnels, WhatComesEarlyWaitsForTheGrant) {
  for (const FieldList& ask : {kWebSocket, kConnect}) {
    for (const bool end : {false, true}) {
      Server server(WithConnect());
      server.Send(ClientPreface() + Headers(1, ask, false) + Data(1, "early", end));
      ASSERT_EQ(server.recorded.requests.size(), 1u);
      RecordedRequest& request = *server.recorded.requests[0];
      EXPECT_EQ(request.received.body, "");
      EXPECT_FALSE(request.received.ended);
      EXPECT_EQ(request.stream->undelivered(), 5u);
      request.GrantTunnel();
      server.Send("");
      EXPECT_EQ(request.received.body, "early");
      EXPECT_EQ(request.received.ended, end);
      EXPECT_FALSE(request.received.closed);
    }
  }
}

TEST(Tunnels, AHeadMayEndTheClientsSide) {
  Server server(WithConnect());
  server.Send(ClientPreface() + Headers(1, kConnect, true));
  RecordedRequest& request = *server.recorded.requests.at(0);
  EXPECT_FALSE(request.received.ended);
  request.GrantTunnel();
  server.Send("");
  EXPECT_TRUE(request.received.ended);
  EXPECT_FALSE(request.received.closed);
  request.EndTunnel();
  server.Send("");
  EXPECT_TRUE(request.received.closed);
}

TEST(Tunnels, WhatComesBehindARefusalIsDroppedAndItsWindowGivenBack) {
  for (const bool end : {false, true}) {
    Server server(WithConnect());
    server.Send(ClientPreface() + Headers(1, kWebSocket, false) + Data(1, "early", end));
    RecordedRequest& request = *server.recorded.requests.at(0);
    request.Answer(403, "no");
    EXPECT_EQ(request.stream->undelivered(), 0u);
    server.Send(end ? "" : Data(1, "late", false));
    EXPECT_EQ(request.received.body, "");
    EXPECT_TRUE(request.received.closed);
    EXPECT_EQ(server.CodeOf(kRstStream), end ? -1 : kNoError);
    EXPECT_EQ(server.codec->active_streams(), 0u);
  }
}

// Of a client that goes away behind its last word.
TEST(Tunnels, WhatCameWholeIsGivenWhenTheConnectionEndsThoughPaused) {
  for (const bool answered : {true, false}) {
    SCOPED_TRACE(answered);
    Server server(WithConnect());
    server.Send(ClientPreface() + Headers(1, kConnect, false));
    RecordedRequest& request = *server.recorded.requests.at(0);
    request.GrantTunnel();
    if (answered) request.EndTunnel();
    request.stream->SetReadPaused(true);
    server.Send(Data(1, "last words", true));
    EXPECT_EQ(request.received.body, "");
    server.codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
    EXPECT_EQ(request.received.body, answered ? "last words" : "");
    EXPECT_EQ(request.received.ended, answered);
    EXPECT_EQ(request.received.reset, !answered);
    EXPECT_TRUE(request.received.closed);
  }
}

TEST(Tunnels, HeadsThatAreNone) {
  FieldList odd = kWebSocket, ignored = kWebSocket, no_port = kConnect, content = kConnect;
  odd[1].second = "web socket";
  ignored[1].second = "h2c";
  no_port[1].second = "a";
  content.emplace_back("content-length", "5");
  for (const FieldList& ask : {odd, ignored, no_port, content}) {
    Server server(WithConnect());
    server.Send(ClientPreface() + Headers(1, ask, false));
    EXPECT_TRUE(server.recorded.requests.empty());
    EXPECT_EQ(server.CodeOf(kRstStream), kProtocolError);
  }
  Server without;
  without.Send(ClientPreface() + Headers(1, kWebSocket, false));
  EXPECT_TRUE(without.recorded.requests.empty());
}

// The frames in `output`, by type.
std::vector<uint8_t> TypesOf(std::string_view output) {
  std::vector<uint8_t> types;
  for (const SeenFrame& frame : ReadFrames(output)) types.push_back(frame.type);
  return types;
}

// A tunnel on a client's connection.
struct ClientTunnel {
  ClientTunnel() : response(client.pool, client.recorded.events, "tunnel") {
    buffer::Arena arena(client.pool);
    RequestHead head(arena);
    head.method = "CONNECT";
    head.authority = "a:80";
    head.framing = BodyFraming{Framing::kTunnel, 0};
    stream = &client.codec->NewStream(response);
    stream->EncodeHeaders(head, false);
    client.Send("");
    client.Send(Headers(1, {{":status", "204"}}, true) + Headers(3, {{":status", "200"}}, false));
  }
  ~ClientTunnel() { client.codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed}); }
  void End() {
    buffer::Buffer last(client.pool);
    last.Append("bye");
    stream->EncodeBody(last, true);
    client.output.clear();
    client.Send("");
  }

  Client client;
  RecordedResponse response;
  ClientStream* stream;
};

TEST(Tunnels, AClientKeepsAStreamUntilItsLateEndIsRead) {
  enum class Then { kAnswered, kEnded, kAborted };
  for (const Then then : {Then::kAnswered, Then::kEnded, Then::kAborted}) {
    ClientTunnel tunnel;
    Client& client = tunnel.client;
    client.Send(Data(3, "bye", true));
    tunnel.End();
    EXPECT_EQ(TypesOf(client.output), (std::vector<uint8_t>{kData, kPing}));
    client.Send(Frame(kPing, kAck, 0, "whatever"));
    EXPECT_TRUE(tunnel.response.received.ended);
    EXPECT_FALSE(tunnel.response.received.closed);
    EXPECT_EQ(client.codec->active_streams(), 1u);
    switch (then) {
      case Then::kAnswered:
        client.Send(Frame(kPing, kAck, 0, ReadFrames(client.output).at(1).payload));
        break;
      case Then::kEnded:
        client.codec->DecodeEnd();
        break;
      case Then::kAborted:
        client.codec->Abort({.kind = ErrorKind::kConnectionClosed});
        break;
    }
    EXPECT_TRUE(tunnel.response.received.closed);
    EXPECT_FALSE(tunnel.response.received.reset);
    EXPECT_EQ(client.codec->active_streams(), 0u);
  }
}

// The peer's end may have crossed ours.
TEST(Tunnels, ThePeersEndDoesNotSayThatOursIsRead) {
  ClientTunnel tunnel;
  Client& client = tunnel.client;
  tunnel.End();
  const std::vector<SeenFrame> said = ReadFrames(client.output);
  ASSERT_EQ(TypesOf(client.output), (std::vector<uint8_t>{kData, kPing}));
  client.Send(Data(3, "bye", true));
  EXPECT_TRUE(tunnel.response.received.ended);
  EXPECT_FALSE(tunnel.response.received.closed);
  client.Send(Frame(kPing, kAck, 0, said.at(1).payload));
  EXPECT_TRUE(tunnel.response.received.closed);
}

TEST(Tunnels, AnEndThatIsReadBeforeThePeersIsNoLongerAsked) {
  ClientTunnel tunnel;
  Client& client = tunnel.client;
  tunnel.End();
  client.Send(Frame(kPing, kAck, 0, ReadFrames(client.output).at(1).payload));
  EXPECT_FALSE(tunnel.response.received.closed);
  client.Send(Data(3, "bye", true));
  EXPECT_TRUE(tunnel.response.received.closed);
}

}  // namespace
}  // namespace weir::http::h2
