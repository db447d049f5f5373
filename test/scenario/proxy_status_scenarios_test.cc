// Proxy-Status on answers, and changes of requests before all else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kGet[] = "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n";
constexpr char kOnlyA[] = "- match: { path: /a }\n  route: { cluster: web }\n";

TEST(ProxyStatusScenario, AnAnswerMadeHereSaysWhatWentWrong) {
  World world(EdgeBootstrap({.routes = kOnlyA, .http_options = "proxy_status_config: {}\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.TakeReceived(),
              HasSubstr("\r\nproxy-status: envoy; error=destination_not_found; "
                        "details=\"route_not_found; NR\"\r\n"));
  world.Say(client, "GET /a HTTP/1.1\r\nhost: a\r\n\r\n");
  const std::string refused = client.TakeReceived();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("\r\nproxy-status: envoy; error=connection_refused; details="));
}

TEST(ProxyStatusScenario, TheStatusMayBeTheOneOfTheError) {
  World world(
      EdgeBootstrap({.http_options = "proxy_status_config: { set_recommended_response_code: true, "
                                     "remove_details: true, use_node_id: true }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 502 Bad Gateway\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("\r\nproxy-status: n; error=connection_refused\r\n"));
  world.Run();
  EXPECT_THAT(world.log().lines().back(), StartsWith("502 UF "));
}

TEST(ProxyStatusScenario, AMalformedRequestHearsOfIt) {
  World world(EdgeBootstrap(
      {.http_options = "proxy_status_config: { literal_proxy_name: \"my \\\"edge\\\"\" }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(client.received(),
              HasSubstr("proxy-status: \"my \\\"edge\\\"\"; error=http_request_error; details="));
}

TEST(ProxyStatusScenario, AnAnswerOfTheUpstreamHasNone) {
  World world(EdgeBootstrap({.http_options = "proxy_status_config: {}\n"}));
  world.AddUpstream("10.0.0.1:80").AnswerAll("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(client.received(), Not(HasSubstr("proxy-status")));
}

TEST(EarlyMutationScenario, ARequestIsChangedBeforeItsRouteIsChosen) {
  World world(EdgeBootstrap(
      {.routes =
           "- match: { prefix: /, headers: [ { name: x-tenant, string_match: { exact: one } } "
           "] }\n  route: { cluster: web }\n",
       .http_options =
           "early_header_mutation_extensions: [ { name: early, typed_config: { \"@type\": "
           "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3."
           "HeaderMutation, mutations: [ { remove: x-debug }, { append: { header: { key: x-tenant, "
           "value: one }, append_action: OVERWRITE_IF_EXISTS_OR_ADD } } ] } } ]\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  world.Say(world.Connect(), "GET / HTTP/1.1\r\nhost: a\r\nx-tenant: two\r\nx-debug: 1\r\n\r\n");
  ASSERT_EQ(up.connection_count(), 1u);
  EXPECT_THAT(up.last().received(), HasSubstr("x-tenant: one\r\n"));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("x-tenant: two")));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("x-debug")));
}

}  // namespace
}  // namespace weir::scenario
