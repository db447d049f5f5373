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

}  // namespace
}  // namespace weir::http::h2
