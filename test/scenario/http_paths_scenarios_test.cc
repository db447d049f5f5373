// What the connection manager says of a request on its way: its path, its scheme, whose it is; and
// how long it lets a connection be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "test/scenario/bootstraps.h"
#include "test/scenario/tls_parts.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

std::string Get(std::string_view path) {
  return StrCat("GET ", path, " HTTP/1.1\r\nhost: a.example\r\n\r\n");
}

// What the upstream hears of a request for `path`.
std::string Heard(World& world, Upstream& up, std::string_view path) {
  std::string heard;
  up.OnBytes([&heard](Peer& peer) {
    if (!peer.received().ends_with("\r\n\r\n")) return;
    heard = peer.TakeReceived();
    peer.Send(kOk);
  });
  world.Say(world.Connect(), Get(path));
  return heard;
}

TEST(PathScenario, FiltersAndRoutesMaySeeAnotherPathThanGoesOn) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: /a/b }\n  route: { cluster: web }\n"
                 "- match: { prefix: /old }\n  route: { cluster: web, prefix_rewrite: /new }\n"
                 "- match: { prefix: / }\n  direct_response: { status: 404 }\n",
       .http_options =
           "path_normalization_options: { forwarding_transformation: { operations: [ { "
           "normalize_path_rfc_3986: {} } ] }, http_filter_transformation: { operations: [ { "
           "merge_slashes: {} } ] } }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  EXPECT_THAT(Heard(world, up, "/x/..//a//b?q=//"), StartsWith("GET //a//b?q=// HTTP/1.1\r\n"));
  EXPECT_THAT(Heard(world, up, "/a/b"), StartsWith("GET /a/b HTTP/1.1\r\n"));
  // What the route makes, it makes of the path that it matched.
  const std::string rewritten = Heard(world, up, "//old//x");
  EXPECT_THAT(rewritten, StartsWith("GET /new/x HTTP/1.1\r\n"));
  EXPECT_THAT(rewritten, HasSubstr("x-envoy-original-path: /old/x\r\n"));
}

TEST(SchemeScenario, TheSchemeIsThatOfTheConnectionToTheUpstream) {
  for (const bool match : {false, true}) {
    World world(EdgeBootstrap(
        {.http_options = match ? "scheme_header_transformation: { match_upstream: true }\n" : "",
         .cluster_options =
             StrCat(Socket("Upstream", Trust()),
                    "http_protocol_options: { send_fully_qualified_url: true }\n")}));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    TlsUpstream tls(world, up, Root().Issue({.dns = {"web.internal"}}));
    EXPECT_THAT(Heard(world, up, "/x"), StartsWith(match ? "GET https://" : "GET http://"));
  }
}

TEST(ForwardedScenario, ThePortThatWasAskedSaysTheProtocol) {
  World world(EdgeBootstrap(
      {.http_options = "forward_proto_config: { https_destination_ports: [ 80 ] }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  EXPECT_THAT(Heard(world, up, "/"), HasSubstr("x-forwarded-proto: https\r\n"));
}

TEST(ForwardedScenario, EndpointsNeedNotHearOfTheClientsConnection) {
  constexpr char kSocket[] =
      "transport_socket: { name: proxy, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3."
      "ProxyProtocolUpstreamTransport, transport_socket: { name: raw, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer } } } }\n";
  for (const bool tells : {false, true}) {
    World world(
        EdgeBootstrap({.http_options = tells ? "" : "add_proxy_protocol_connection_state: false\n",
                       .cluster_options = kSocket}));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    EXPECT_THAT(Heard(world, up, "/"),
                StartsWith(tells ? "PROXY TCP4 " : "PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n"));
    Heard(world, up, "/");
    // Clients that nobody hears of share connections.
    EXPECT_EQ(up.connection_count(), tells ? 2u : 1u);
  }
}

TEST(DrainScenario, ConnectionsThatAreToldTogetherEndApart) {
  World world(EdgeBootstrap({.http_options =
                                 "common_http_protocol_options: { max_connection_duration: 10s }\n"
                                 "drain_timeout: 4s\ndrain_timeout_jitter: { value: 50 }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  std::vector<Peer*> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(&world.Connect());
  const auto ended = [&clients] {
    return std::count_if(clients.begin(), clients.end(),
                         [](const Peer* client) { return client->ended(); });
  };
  world.Run(std::chrono::milliseconds(13'900));
  EXPECT_EQ(ended(), 0);
  world.Run(seconds(1));
  EXPECT_GT(ended(), 0);
  EXPECT_LT(ended(), 20);
  world.Run(seconds(2));
  EXPECT_EQ(ended(), 20);
}

}  // namespace
}  // namespace weir::scenario
