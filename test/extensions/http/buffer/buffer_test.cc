// The filter in the whole proxy: what the upstream hears, and when.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::extensions::http::buffer {
namespace {

using scenario::Peer;
using scenario::Upstream;
using scenario::World;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kAnswer[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

// A proxy that holds requests of up to 8 bytes. `per_route`: further fields of its one route.
std::string Bootstrap(const std::string& per_route = "") {
  return scenario::EdgeBootstrap(
      {.routes = "- match: { prefix: \"/\" }\n"
                 "  route: { cluster: web }\n" +
                 per_route,
       .http_filters = "- name: buffer\n"
                       "  typed_config:\n"
                       "    \"@type\": "
                       "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer\n"
                       "    max_request_bytes: 8\n"});
}

TEST(Buffer, TheUpstreamHearsOfARequestWhenItIsWhole) {
  World world(Bootstrap());
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 8\r\n\r\n1234");
  EXPECT_EQ(upstream.connection_count(), 0u);
  world.Say(client, "5678");
  ASSERT_EQ(upstream.connection_count(), 1u);
  EXPECT_THAT(upstream.last().received(), EndsWith("\r\n\r\n12345678"));
  world.Say(upstream.last(), kAnswer);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK"));
}

TEST(Buffer, ARequestWithoutABodyIsNotHeld) {
  World world(Bootstrap());
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  world.Say(world.Connect(), "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_EQ(upstream.connection_count(), 1u);
}

TEST(Buffer, AChunkedRequestGetsItsLength) {
  World world(Bootstrap());
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  world.Say(world.Connect(),
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
            "3\r\n123\r\n2\r\n45\r\n0\r\n\r\n");
  ASSERT_EQ(upstream.connection_count(), 1u);
  EXPECT_THAT(upstream.last().received(), HasSubstr("content-length: 5\r\n"));
  EXPECT_THAT(upstream.last().received(), EndsWith("\r\n\r\n12345"));
}

TEST(Buffer, ARequestAtTheLimitPassesAndOneAboveItIsAnswered413) {
  World world(Bootstrap());
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client,
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
            "8\r\n12345678\r\n1\r\n9\r\n");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 413 Payload Too Large\r\n"));
  EXPECT_EQ(upstream.connection_count(), 0u);
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_too_large"), 1);
  EXPECT_THAT(world.log().lines().back(), StartsWith("413 - request_payload_too_large"));
}

std::string PerRoute(const std::string& fields) {
  return "  typed_per_filter_config:\n"
         "    buffer:\n"
         "      \"@type\": "
         "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute\n"
         "      " +
         fields + "\n";
}

TEST(Buffer, ARouteMayAskForNoHolding) {
  World world(Bootstrap(PerRoute("disabled: true")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& upstream = world.AddUpstream("10.0.0.1:80");
  world.Say(world.Connect(), "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 20\r\n\r\n1234");
  ASSERT_EQ(upstream.connection_count(), 1u);
  EXPECT_THAT(upstream.last().received(), EndsWith("\r\n\r\n1234"));
}

TEST(Buffer, ARouteMayHaveALimitOfItsOwn) {
  World world(Bootstrap(PerRoute("buffer: { max_request_bytes: 4 }")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n12345");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 413 Payload Too Large\r\n"));
}

TEST(Buffer, WhatARouteSaysIsChecked) {
  const World world(Bootstrap(PerRoute("disabled: false")));
  EXPECT_THAT(std::string(world.status().message()), HasSubstr("must be true"));
}

TEST(Buffer, ALengthAboveTheLimitIsRefusedBeforeTheBodyComes) {
  World world(Bootstrap());
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 413 Payload Too Large\r\n"));
}

}  // namespace
}  // namespace weir::extensions::http::buffer
