// The filter in the whole proxy: what routes, logs and filters behind it see of its objects.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/extensions/http/set_filter_state/config.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::extensions::http::set_filter_state {
namespace {

using scenario::Peer;
using scenario::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string Filter(std::string_view values, std::string_view more = "") {
  return StrCat(
      "- name: state\n  typed_config: { \"@type\": type.googleapis.com/"
      "envoy.extensions.filters.http.set_filter_state.v3.Config, on_request_headers: [ ",
      values, " ]", more, " }\n");
}

std::string Object(std::string_view key, std::string_view factory, std::string_view format,
                   std::string_view more = "") {
  return StrCat("{ object_key: ", key, ", factory_key: ", factory,
                ", format_string: { text_format_source: { inline_string: \"", format, "\" } }",
                more, " }");
}

std::string Get(std::string_view fields = "") {
  return StrCat("GET / HTTP/1.1\r\nhost: a\r\n", fields, "\r\n");
}

TEST(SetFilterState, KeepsWhatFormatsMake) {
  World world(scenario::EdgeBootstrap(
      {.routes = "- match: { prefix: / }\n  direct_response: { status: 200 }\n",
       .http_filters =
           Filter(StrCat(Object("tenant", "envoy.string", "%REQ(x-tenant)%", ", read_only: true"),
                         ", ", Object("tenant", "envoy.string", "later"), ", ",
                         Object("ip", "envoy.network.ip", "%REQ(x-ip)%"), ", ",
                         Object("empty", "envoy.string", "", ", skip_if_empty: true"))),
       .log_format = "%FILTER_STATE(tenant:PLAIN)% %FILTER_STATE(ip:PLAIN)% "
                     "%FILTER_STATE(empty:PLAIN)%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get("x-tenant: gold\r\nx-ip: 10.0.0.9\r\n"));
  world.Say(client, Get("x-ip: nowhere\r\n"));
  EXPECT_THAT(world.log().lines(), ElementsAre("gold 10.0.0.9:0 -", "- - -"));
}

// The route is chosen before the filters run.
TEST(SetFilterState, RoutesMatchItWhereTheyAreChosenAnew) {
  const auto bootstrap = [](std::string_view more) {
    return scenario::EdgeBootstrap(
        {.routes = "- match: { prefix: /, filter_state: [ { key: tenant, string_match: { exact: "
                   "gold } } ] }\n  direct_response: { status: 201 }\n"
                   "- match: { prefix: / }\n  direct_response: { status: 202 }\n",
         .http_filters = Filter(Object("tenant", "envoy.string", "%REQ(x-tenant)%"), more)});
  };
  World world(bootstrap(", clear_route_cache: true"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get("x-tenant: gold\r\n"));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 201 "));
  world.Say(client, Get("x-tenant: tin\r\n"));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 202 "));
  World kept(bootstrap(""));
  Peer& other = kept.Connect();
  kept.Say(other, Get("x-tenant: gold\r\n"));
  EXPECT_THAT(other.received(), StartsWith("HTTP/1.1 202 "));
}

// What the new route says to the filters behind holds, also that one of them does not run.
TEST(SetFilterState, TheNewRouteSpeaksToTheFiltersBehind) {
  World world(scenario::EdgeBootstrap(
      {.routes =
           "- match: { prefix: /, filter_state: [ { key: tenant, string_match: { exact: gold } } "
           "] }\n"
           "  direct_response: { status: 200 }\n"
           "  typed_per_filter_config: { late: { \"@type\": "
           "type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true } }\n"
           "- match: { prefix: / }\n  direct_response: { status: 200 }\n",
       .http_filters =
           Filter(Object("tenant", "envoy.string", "%REQ(x-tenant)%"),
                  ", clear_route_cache: true") +
           "- name: late\n  typed_config: { \"@type\": type.googleapis.com/"
           "envoy.extensions.filters.http.set_metadata.v3.Config, metadata_namespace: ns, value: "
           "{ late: 1 } }\n",
       .log_format = "%DYNAMIC_METADATA(ns:late)%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get("x-tenant: gold\r\n"));
  world.Say(client, Get());
  EXPECT_THAT(world.log().lines(), ElementsAre("-", "1"));
}

TEST(SetFilterState, SaysWhatIsWrong) {
  const auto refusal = [](const std::string& values) {
    World world(scenario::EdgeBootstrap({.http_filters = Filter(values)}));
    return std::string(world.status().message());
  };
  EXPECT_THAT(refusal(Object("k", "envoy.tcp_proxy.cluster", "x")),
              HasSubstr("on_request_headers[0].factory_key: names no kind of object"));
  EXPECT_THAT(refusal("{ object_key: k, format_string: { text_format_source: { inline_string: x } "
                      "} }"),
              HasSubstr("on_request_headers[0].object_key: names no kind of object"));
  EXPECT_THAT(refusal("{ object_key: envoy.string, format_string: { json_format: { a: b } } }"),
              HasSubstr("format_string.json_format: an object is made of a text"));
  EXPECT_THAT(refusal(Object("k", "envoy.string", "x", ", shared_with_upstream: ONCE")),
              HasSubstr("shared_with_upstream"));
}

TEST(SetFilterState, IsEqualByMeaning) {
  SetFilterStateConfig a, b;
  a.values =
      b.values = {{.key = "k", .format = format::LogFormat(format::Formatter::Literal("x"))}};
  EXPECT_TRUE(a.Equals(b));
  b.values[0].kind = StateValue::Kind::kAddress;
  EXPECT_FALSE(a.Equals(b));
  b.values = a.values;
  b.clear_route_cache = true;
  EXPECT_FALSE(a.Equals(b));
}

}  // namespace
}  // namespace weir::extensions::http::set_filter_state
