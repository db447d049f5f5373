// Match trees: what requests and connections meet where one chooses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::StartsWith;

std::string Get(std::string_view path, std::string_view fields = "") {
  return StrCat("GET ", path, " HTTP/1.1\r\nhost: a.example\r\n", fields, "\r\n");
}

std::string Typed(std::string_view type, std::string_view fields = "") {
  return StrCat("{ name: x, typed_config: { \"@type\": type.googleapis.com/", type,
                fields.empty() ? "" : ", ", fields, " } }");
}

std::string Network(std::string_view input) {
  return Typed(StrCat("envoy.extensions.matching.common_inputs.network.v3.", input));
}

// An action that answers with `body`.
std::string Answers(std::string_view body, std::string_view prefix = "/") {
  return StrCat(
      "{ action: ",
      Typed("envoy.config.route.v3.Route",
            StrCat("match: { prefix: ", prefix,
                   " }, direct_response: { status: 200, body: { inline_string: ", body, " } }")),
      " }");
}

std::string BodyOf(World& world, Peer& client, std::string_view request) {
  world.Say(client, request);
  const std::string answer(client.TakeReceived());
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

TEST(MatcherScenario, AVirtualHostsMatcherChoosesTheRoute) {
  const std::string input =
      Typed("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", "header_name: x-tenant");
  const std::string ranges =
      StrCat("{ matcher: { matcher_tree: { input: ", Network("SourceIPInput"), ", custom_match: ",
             Typed("xds.type.matcher.v3.IPMatcher",
                   StrCat("range_matchers: [ { ranges: [ { address_prefix: 192.0.2.0, prefix_len: "
                          "24 } ], on_match: ",
                          Answers("inside"), " } ]")),
             " } } }");
  World world(EdgeBootstrap(
      {.routes = "[]\n",
       .virtual_host_options =
           StrCat("matcher: { matcher_tree: { input: ", input,
                  ", exact_match_map: { map: { gold: ", Answers("gold"),
                  ", api: ", Answers("api", "/api"), " } } }, on_no_match: ", ranges, " }\n")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  EXPECT_EQ(BodyOf(world, client, Get("/", "x-tenant: gold\r\n")), "gold");
  EXPECT_EQ(BodyOf(world, client, Get("/api/x", "x-tenant: api\r\n")), "api");
  EXPECT_EQ(BodyOf(world, client, Get("/", "x-forwarded-for: 192.0.2.1\r\n")), "inside");
  // The route that was chosen has a match of its own.
  world.Say(client, Get("/", "x-tenant: api\r\n"));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 404 "));
  world.Say(client, Get("/", "x-forwarded-for: 198.51.100.1\r\n"));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 404 "));
}

TEST(MatcherScenario, AListenersMatcherChoosesTheFilterChain) {
  const auto bootstrap = [](int port) {
    return EdgeBootstrap(
        {.routes = "- match: { prefix: / }\n  direct_response: { status: 200 }\n",
         .listener_options = StrCat(
             "filter_chain_matcher: { matcher_tree: { input: ", Network("DestinationPortInput"),
             ", exact_match_map: { map: { \"", port, "\": { action: ",
             Typed("google.protobuf.StringValue", "value: main"), " } } } } }\n")});
  };
  World world(bootstrap(80));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get("/"));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 200 "));
  World other(bootstrap(81));
  ASSERT_TRUE(other.status().ok()) << other.status();
  Peer& lost = other.Connect();
  other.Say(lost, Get("/"));
  EXPECT_EQ(lost.received(), "");
  EXPECT_TRUE(lost.ended());
}

}  // namespace
}  // namespace weir::scenario
