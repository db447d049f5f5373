// Where requests go: what a route makes of head, cluster and answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

std::string Get(std::string_view path, std::string_view fields = "") {
  return StrCat("GET ", path, " HTTP/1.1\r\nhost: a.example\r\n", fields, "\r\n");
}

TEST(RoutingScenario, AHeaderNamesTheCluster) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: / }\n  route: { cluster_header: x-cluster }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, Get("/", "x-cluster: web\r\n"));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 200 OK\r\n"));
  world.Say(client, Get("/", "x-cluster: none\r\n"));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 503 "));
  world.Say(client, Get("/"));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(world.log().lines(), ElementsAre("200 - via_upstream 2", "503 NC cluster_not_found 0",
                                               "503 NC cluster_not_found 0"));
}

TEST(RoutingScenario, ACookiePicksTheRoute) {
  World world(EdgeBootstrap(
      {.routes =
           "- match: { prefix: /, cookies: [ { name: tier, string_match: { prefix: go } } ] }\n"
           "  name: gold\n"
           "  route: { cluster: web }\n"
           "- match: { prefix: /, cookies: [ { name: beta, string_match: { exact: \"1\" }, "
           "invert_match: true } ] }\n"
           "  name: all\n"
           "  route: { cluster: web }\n",
       .log_format = "%ROUTE_NAME%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, Get("/", "cookie: beta=1; tier=\"gold\"\r\n"));
  world.Say(client, Get("/", "cookie: tier=iron\r\n"));
  world.Say(client, Get("/"));
  client.TakeReceived();
  world.Say(client, Get("/", "cookie: beta=1\r\n"));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(world.log().lines(), ElementsAre("gold", "all", "all", "-"));
}

TEST(RoutingScenario, TheHostOfTheUpstreamBecomesTheAuthority) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: / }\n"
                 "  route: { cluster: web, auto_host_rewrite: true, append_x_forwarded_host: true "
                 "}\n",
       .endpoint_options = "hostname: one.internal"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get("/x"));
  EXPECT_THAT(up.last().received(), StartsWith("GET /x HTTP/1.1\r\nhost: one.internal\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("x-forwarded-host: a.example\r\n"));
}

TEST(RoutingScenario, APluginChoosesTheClusterByAMatchTree) {
  const std::string inlined = R"(- match: { prefix: / }
  route:
    inline_cluster_specifier_plugin:
      extension:
        name: p
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier
          cluster_matcher:
            matcher_tree:
              input: { name: i, typed_config: { "@type": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: x-to } }
              exact_match_map:
                map:
                  one: { action: { name: a, typed_config: { "@type": type.googleapis.com/envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction, cluster: web } } }
)";
  World world(EdgeBootstrap({.routes = inlined}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, Get("/", "x-to: one\r\n"));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 200 OK\r\n"));
  world.Say(client, Get("/"));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(world.log().lines(),
              ElementsAre("200 - via_upstream 2", "503 NC cluster_not_found 0"));
}

TEST(RoutingScenario, WhatNoFilterAnswersIsAsWithoutACluster) {
  World world(EdgeBootstrap({.routes = "- { match: { prefix: / }, filter_action: {} }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get("/"));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(world.log().lines(), ElementsAre("503 NC cluster_not_found 0"));
}

TEST(RoutingScenario, FormatsMakePathAndHost) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: /old }\n"
                 "  redirect: { path_rewrite: \"/%REQ(x-tenant)%/new\" }\n"
                 "- match: { prefix: / }\n"
                 "  request_headers_to_add: [ { header: { key: x-shard, value: s7 } } ]\n"
                 "  route: { cluster: web, path_rewrite: \"/%REQ(x-tenant)%/%REQ(x-shard)%\", "
                 "host_rewrite: \"%REQ(x-tenant)%.internal\" }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get("/p?q=1", "x-tenant: t1\r\n"));
  EXPECT_THAT(up.last().received(), StartsWith("GET /t1/s7?q=1 HTTP/1.1\r\nhost: t1.internal\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("x-envoy-original-path: /p?q=1\r\n"));
  up.last().TakeReceived();
  world.Say(up.last(), kOk);
  // Two words are no path and no host: both stay.
  world.Say(client, Get("/p?q=1", "x-tenant: t1 evil\r\n"));
  EXPECT_THAT(up.last().received(), StartsWith("GET /p?q=1 HTTP/1.1\r\nhost: a.example\r\n"));
  world.Say(up.last(), kOk);
  client.TakeReceived();
  world.Say(client, Get("/old?q=1", "x-tenant: t1\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("location: http://a.example/t1/new?q=1\r\n"));
}

TEST(RoutingScenario, ATemplateMatchesAndRewrites) {
  World world(EdgeBootstrap(
      {.routes =
           "- match:\n"
           "    path_match_policy:\n"
           "      name: t\n"
           "      typed_config: { \"@type\": type.googleapis.com/envoy.extensions.path.match."
           "uri_template.v3.UriTemplateMatchConfig, path_template: \"/{region}/{file=**}\" }\n"
           "  route:\n"
           "    cluster: web\n"
           "    path_rewrite_policy:\n"
           "      name: t\n"
           "      typed_config: { \"@type\": type.googleapis.com/envoy.extensions.path.rewrite."
           "uri_template.v3.UriTemplateRewriteConfig, path_template_rewrite: "
           "\"/{file}/of/{region}\" }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get("/eu/a/b?q=1"));
  EXPECT_THAT(up.last().received(), StartsWith("GET /a/b/of/eu?q=1 HTTP/1.1\r\n"));
}

TEST(RoutingScenario, ADirectResponseHasItsFormatAndHeaders) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: / }\n"
                 "  direct_response:\n"
                 "    status: 418\n"
                 "    body: { inline_string: short }\n"
                 "    body_format: { text_format: \"%LOCAL_REPLY_BODY% %REQ(:PATH)% "
                 "%RESPONSE_CODE%\", content_type: text/x-tea }\n"
                 "  response_headers_to_add: [ { header: { key: x-pot, value: \"%REQ(x-a)%\" } } "
                 "]\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get("/tea", "x-a: b\r\n"));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 418 "));
  EXPECT_THAT(client.received(), HasSubstr("x-pot: b\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("content-type: text/x-tea\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("\r\n\r\nshort /tea 418"));
}

TEST(RoutingScenario, PlainRequestsAreSentToHttps) {
  World world(EdgeBootstrap({.virtual_host_options = "require_tls: ALL"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get("/x?q"));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 301 "));
  EXPECT_THAT(client.received(), HasSubstr("location: https://a.example/x?q\r\n"));
}

TEST(RoutingScenario, AServersOwnRouteForwardsNothing) {
  World world(EdgeBootstrap({.routes = "- match: { prefix: / }\n  non_forwarding_action: {}\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get("/"));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
}

TEST(RoutingScenario, TheMostSpecificChangeOfAHeaderWins) {
  const auto bootstrap = [](std::string_view wins) {
    Edge edge;
    edge.routes =
        "- match: { prefix: / }\n"
        "  route: { cluster: web }\n"
        "  request_headers_to_add: [ { header: { key: x-level, value: route }, append_action: "
        "OVERWRITE_IF_EXISTS_OR_ADD } ]\n";
    edge.virtual_host_options =
        "request_headers_to_add: [ { header: { key: x-level, value: host }, append_action: "
        "OVERWRITE_IF_EXISTS_OR_ADD } ]";
    edge.table_options = StrCat("most_specific_header_mutations_wins: ", wins);
    return EdgeBootstrap(edge);
  };
  for (const auto& [wins, level] : {std::pair("true", "route"), std::pair("false", "host")}) {
    World world(bootstrap(wins));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    Peer& client = world.Connect();
    world.Say(client, Get("/"));
    EXPECT_THAT(up.last().received(), HasSubstr(StrCat("x-level: ", level, "\r\n")));
  }
}

TEST(RoutingScenario, InternalHeadersOfStrangersAreDropped) {
  World world(EdgeBootstrap({.table_options = "internal_only_headers: [ X-Secret ]"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get("/", "x-secret: 1\r\nx-other: 2\r\n"));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("x-secret")));
  EXPECT_THAT(up.last().received(), HasSubstr("x-other: 2\r\n"));
}

TEST(RoutingScenario, AStaticLayerSetsAFraction) {
  std::string bootstrap = EdgeBootstrap(
      {.routes = "- match: { prefix: /, runtime_fraction: { runtime_key: share.new, default_value: "
                 "{ numerator: 0 } } }\n"
                 "  direct_response: { status: 204 }\n"
                 "- match: { prefix: / }\n"
                 "  direct_response: { status: 200 }\n"});
  bootstrap +=
      "layered_runtime: { layers: [ { name: base, static_layer: { share: { new: 100 } } } ] }\n";
  World world(bootstrap);
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get("/"));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 204 "));
}

TEST(RoutingScenario, OtherRuntimeLayersAreRefusedByName) {
  World world(EdgeBootstrap() +
              "layered_runtime: { layers: [ { name: dynamic, rtds_layer: "
              "{ rtds_config: { ads: {}, resource_api_version: V3 } } } ] }\n");
  EXPECT_THAT(std::string(world.status().message()),
              HasSubstr("layered_runtime.layers[0].rtds_layer: field \"rtds_layer\" of "
                        "envoy.config.bootstrap.v3.RuntimeLayer is not supported"));
}

}  // namespace
}  // namespace weir::scenario
