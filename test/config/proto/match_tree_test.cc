// xds.type.matcher.v3.Matcher where it stands in resources.
#include <span>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/strings.h"
#include "test/config/proto/decoding.h"

namespace weir::config::proto {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kType = schema::kRouteConfigurationTypeUrl;

// A table whose virtual host has the matcher, in flow style.
std::string WithMatcher(std::string_view matcher, std::string_view more = "") {
  return StrCat("{ name: r, virtual_hosts: [ { name: v, domains: ['*'], matcher: ", matcher, more,
                " } ] }");
}

constexpr std::string_view kHeader =
    "{ name: h, typed_config: { '@type': type.googleapis.com/"
    "envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: X-Kind } }";
constexpr std::string_view kAction =
    "{ name: a, typed_config: { '@type': type.googleapis.com/envoy.config.route.v3.Route, "
    "match: { prefix: / }, route: { cluster: one } } }";

std::string Input(std::string_view type) {
  return StrCat("{ name: i, typed_config: { '@type': type.googleapis.com/", type, " } }");
}
std::string Source() {
  return Input("envoy.extensions.matching.common_inputs.network.v3.SourceIPInput");
}
std::string Tree(std::string_view input, std::string_view map) {
  return StrCat("{ matcher_tree: { input: ", input, ", ", map, " } }");
}
std::string Custom(std::string_view input, std::string_view type, std::string_view fields) {
  return Tree(input,
              StrCat("custom_match: { name: c, typed_config: { '@type': type.googleapis.com/", type,
                     ", ", fields, " } }"));
}
std::string List(std::string_view predicate) {
  return StrCat("{ matcher_list: { matchers: [ { predicate: ", predicate,
                ", on_match: { action: ", kAction, " } } ] } }");
}

TEST(DecodeMatcher, ActionsAreRoutesOfTheVirtualHost) {
  const auto table = Decoded<RouteTable>(
      kType,
      WithMatcher(StrCat(
          "{ matcher_tree: { input: ", kHeader,
          ", prefix_match_map: { map: { b: { action: ", kAction,
          " } } } }, on_no_match: { action: { name: l, typed_config: { '@type': "
          "type.googleapis.com/envoy.config.route.v3.RouteList, routes: [ { match: { path: /a }, "
          "route: { cluster: two } }, { match: { prefix: / }, route: { cluster: three } } ] } } } "
          "}")));
  ASSERT_NE(table, nullptr);
  const VirtualHost& host = table->virtual_hosts[0];
  ASSERT_THAT(host.routes, SizeIs(3));
  ASSERT_TRUE(host.matcher.has_value());
  EXPECT_THAT(host.matcher->actions, ElementsAre(RouteRange{0, 1}, RouteRange{1, 2}));
  const match::OnMatch first{.next = match::ActionNumber{0}};
  EXPECT_EQ(
      *host.matcher->tree,
      match::MatchTree(
          match::PrefixMap{{match::DataInput::Kind::kRequestHeader, "x-kind"},
                           match::NestedIndex<match::TextPrefix, match::OnMatch>({{"b", first}})},
          match::OnMatch{.next = match::ActionNumber{1}}));
}

TEST(DecodeMatcher, ReadsPredicates) {
  const auto table = Decoded<RouteTable>(
      kType, WithMatcher(List(StrCat(
                 "{ or_matcher: { predicate: [ { single_predicate: { input: ", kHeader,
                 ", value_match: { safe_regex: { google_re2: {}, regex: 'a+' } } } }, "
                 "{ not_matcher: { single_predicate: { input: ",
                 Source(),
                 ", custom_match: { name: ip, typed_config: { '@type': type.googleapis.com/"
                 "envoy.extensions.matching.input_matchers.ip.v3.Ip, stat_prefix: s, "
                 "cidr_ranges: [ { address_prefix: 10.0.0.0, prefix_len: 8 } ] } } } } } ] } }"))));
  ASSERT_NE(table, nullptr);
  using match::Combination;
  const match::Predicate header{
      match::InputTest{{match::DataInput::Kind::kRequestHeader, "x-kind"},
                       match::StringMatcher(*match::Regex::Create("a+"))}};
  const match::Predicate address{match::InputTest{
      {match::DataInput::Kind::kSourceIp, ""},
      match::AddressTest{{*net::CidrRange::Create(net::IpAddress::V4(10u << 24), 8)}}}};
  const match::Predicate none{Combination{Combination::Kind::kNone, {address}}};
  const match::Predicate any{Combination{Combination::Kind::kAny, {header, none}}};
  EXPECT_EQ(*table->virtual_hosts[0].matcher->tree,
            match::MatchTree(match::PredicateList{{{any, {.next = match::ActionNumber{0}}}}}));
}

TEST(DecodeMatcher, ReadsRangesAndDomains) {
  const std::string domains = Custom(
      Input("envoy.extensions.matching.common_inputs.network.v3.ServerNameInput"),
      "xds.type.matcher.v3.ServerNameMatcher",
      StrCat(
          "domain_matchers: [ { domains: [ 'A.example', '*.example', '*' ], on_match: { action: ",
          kAction, ", keep_matching: true } } ]"));
  const auto table = Decoded<RouteTable>(
      kType,
      WithMatcher(Custom(Source(), "xds.type.matcher.v3.IPMatcher",
                         StrCat("range_matchers: [ { ranges: [ { address_prefix: 10.0.0.0, "
                                "prefix_len: 8 }, { address_prefix: '2001:db8::', prefix_len: 32 } "
                                "], on_match: { matcher: ",
                                domains, " }, exclusive: true } ]"))));
  ASSERT_NE(table, nullptr);
  const match::MatchTree nested(
      match::DomainMap{.input = {match::DataInput::Kind::kServerName, ""},
                       .entries = {{.next = match::ActionNumber{0}, .keep_matching = true}},
                       .by_domain = {{"a.example", 0}, {".example", 0}, {"", 0}}});
  const auto range = [](std::string_view ip, uint32_t length) {
    return *net::CidrRange::Create(*net::IpAddress::Parse(ip), length);
  };
  const match::OnMatch then{.next = std::make_shared<const match::MatchTree>(nested)};
  EXPECT_EQ(*table->virtual_hosts[0].matcher->tree,
            match::MatchTree(
                match::RangeMap{.input = {match::DataInput::Kind::kSourceIp, ""},
                                .entries = {{.then = then, .exclusive = true}},
                                .v4 = match::RangeMap::Index({{range("10.0.0.0", 8), 0}}),
                                .v6 = match::RangeMap::Index({{range("2001:db8::", 32), 0}})}));
}

struct Refused {
  std::string matcher;
  std::string_view error;
};

TEST(DecodeMatcher, SaysWhatIsWrong) {
  const std::string nested_deep = [] {
    std::string matcher = StrCat("{ on_no_match: { action: ", kAction, " } }");
    for (int i = 0; i < 32; ++i) matcher = StrCat("{ on_no_match: { matcher: ", matcher, " } }");
    return matcher;
  }();
  const std::string on_match = StrCat("on_match: { action: ", kAction, " }");
  const Refused cases[] = {
      {"{}", "virtual_hosts[0].matcher: a matcher_list, a matcher_tree or on_no_match is missing"},
      {"{ on_no_match: { action: { name: a, typed_config: { '@type': "
       "type.googleapis.com/google.protobuf.StringValue, value: x } } } }",
       "virtual_hosts[0].matcher.on_no_match.action.typed_config: "},
      {Tree(Input("xds.type.matcher.v3.IPMatcher"),
            StrCat("exact_match_map: { map: { a: { action: ", kAction, " } } }")),
       "matcher.matcher_tree.input.typed_config: is not an input of a matcher, got "
       "\"xds.type.matcher.v3.IPMatcher\""},
      {Tree(Input("envoy.type.matcher.v3.HttpResponseHeaderMatchInput"),
            StrCat("exact_match_map: { map: { a: { action: ", kAction, " } } }")),
       "extension type envoy.type.matcher.v3.HttpResponseHeaderMatchInput is not supported"},
      {Custom(Source(), "xds.type.matcher.v3.IPMatcher",
              StrCat("range_matchers: [ { ranges: [ { address_prefix: x } ], ", on_match, " } ]")),
       "custom_match.typed_config.range_matchers[0].ranges[0].address_prefix: is not an IP "
       "address"},
      {Custom(kHeader, "xds.type.matcher.v3.ServerNameMatcher",
              StrCat("domain_matchers: [ { domains: [ 'a*' ], ", on_match, " } ]")),
       "domain_matchers[0].domains[0]: must be a name, \"*.suffix\" or \"*\""},
      {Custom(kHeader, "xds.type.matcher.v3.ServerNameMatcher",
              StrCat("domain_matchers: [ { domains: [ a ], ", on_match, " }, { domains: [ A ], ",
                     on_match, " } ]")),
       "domain_matchers[1].domains[0]: the domain is there already, got \"A\""},
      {Custom(kHeader, "envoy.config.route.v3.RouteList", "routes: []"),
       "custom_match.typed_config: is neither an IPMatcher nor a ServerNameMatcher"},
      {List(StrCat("{ single_predicate: { input: ", kHeader,
                   ", value_match: { safe_regex: { google_re2: {}, regex: '(' } } } }")),
       "matchers[0].predicate.single_predicate.value_match.safe_regex.regex: "},
      {List(StrCat("{ single_predicate: { input: ", kHeader,
                   ", custom_match: { name: c, typed_config: { '@type': type.googleapis.com/"
                   "xds.type.matcher.v3.IPMatcher } } } }")),
       "custom_match.typed_config: must be a "
       "envoy.extensions.matching.input_matchers.ip.v3.Ip"},
      {nested_deep, "matchers and predicates are nested more than 32 deep"},
  };
  for (const Refused& c : cases) {
    EXPECT_THAT(Decode(kType, WithMatcher(c.matcher)).errors, ElementsAre(HasSubstr(c.error)))
        << c.matcher;
  }
}

// Two chains, of which the second may have a name; `matcher` is in flow style.
std::string ListenerWith(std::string_view second_name, std::string_view matcher) {
  constexpr std::string_view kFilters =
      "filters: [ { name: t, typed_config: { '@type': type.googleapis.com/"
      "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: c } } ]";
  return StrCat(
      "{ name: l, address: { socket_address: { address: 127.0.0.1, port_value: 1 } }, "
      "filter_chains: [ { name: one, filter_chain_match: { destination_port: 1 }, ",
      kFilters, " }, { name: '", second_name, "', ", kFilters,
      " } ], filter_chain_matcher: ", matcher, " }");
}

std::string Named(std::string_view chain) {
  return StrCat(
      "{ action: { name: n, typed_config: { '@type': "
      "type.googleapis.com/google.protobuf.StringValue, value: ",
      chain, " } } }");
}

TEST(DecodeMatcher, ChoosesFilterChainsByName) {
  const std::string transport =
      Input("envoy.extensions.matching.common_inputs.network.v3.TransportProtocolInput");
  const std::string matcher = StrCat("{ matcher_tree: { input: ", transport,
                                     ", exact_match_map: { map: { tls: ", Named("two"),
                                     " } } }, on_no_match: ", Named("one"), " }");
  const Outcome outcome = Decode(schema::kListenerTypeUrl, ListenerWith("two", matcher));
  ASSERT_THAT(outcome.errors, ElementsAre());
  const auto& listener = *std::get<std::shared_ptr<const Listener>>(outcome.resource->value);
  EXPECT_THAT(listener.chain_matcher->actions, ElementsAre("two", "one"));
  EXPECT_THAT(outcome.ignored, ElementsAre("filter_chains[0].filter_chain_match"));

  EXPECT_THAT(Decode(schema::kListenerTypeUrl, ListenerWith("", matcher)).errors,
              ElementsAre(HasSubstr("filter_chain_matcher.matcher_tree.exact_match_map.map[\"tls\"]"
                                    ".action.typed_config: there is no filter chain of this name, "
                                    "got \"two\""),
                          HasSubstr("filter_chains[1].name: filter_chain_matcher chooses by name, "
                                    "and one is missing")));
}

TEST(DecodeMatcher, KnowsNoRequestWhereAChainIsChosen) {
  for (const std::string& input :
       {std::string(kHeader),
        Input("envoy.extensions.matching.common_inputs.ssl.v3.UriSanInput")}) {
    EXPECT_THAT(
        Decode(schema::kListenerTypeUrl,
               ListenerWith("two", Tree(input, StrCat("exact_match_map: { map: { a: ", Named("two"),
                                                      " } }"))))
            .errors,
        ElementsAre(HasSubstr("filter_chain_matcher.matcher_tree.input.typed_config: has no value "
                              "before a filter chain is chosen")));
  }
}

TEST(DecodeMatcher, SaysHowClientCertificatesAreForwarded) {
  const auto extra = [](std::string_view action) {
    return StrCat(
        "      forward_client_cert_matcher: { on_no_match: { action: { name: f, "
        "typed_config: { '@type': type.googleapis.com/",
        action, " } } } }\n");
  };
  const auto listener = Decoded<Listener>(
      schema::kListenerTypeUrl,
      HttpListener(extra("envoy.extensions.filters.network.http_connection_manager.v3."
                         "HttpConnectionManager.ForwardClientCertConfig, "
                         "forward_client_cert_details: SANITIZE_SET, "
                         "set_current_client_cert_details: { uri: true }")));
  ASSERT_NE(listener, nullptr);
  const auto& manager =
      *std::get<std::shared_ptr<const HttpConnectionManager>>(listener->filter_chains[0]->terminal);
  EXPECT_THAT(manager.client_cert_matcher->actions,
              ElementsAre(ClientCertForwarding{.mode = ForwardClientCert::kSanitizeSet,
                                               .details = {.uri = true}}));
  EXPECT_THAT(
      Decode(schema::kListenerTypeUrl, HttpListener(extra("google.protobuf.StringValue, value: x")))
          .errors,
      ElementsAre(HasSubstr("forward_client_cert_matcher.on_no_match.action.typed_config: "
                            "must be a envoy.extensions")));
}

TEST(DecodeMatcher, ReadsWhatFiltersFound) {
  const auto table = Decoded<RouteTable>(kType, R"(
name: r
virtual_hosts:
- name: v
  domains: ["*"]
  routes:
  - match:
      prefix: /
      dynamic_metadata:
      - { filter: ns, path: [ { key: a }, { key: b } ], value: { double_match: { range: { start: 1, end: 2 } } } }
      - { filter: ns, path: [ { key: c } ], invert: true, value: { list_match: { one_of: { or_match: { value_matchers: [ { bool_match: true }, { null_match: {} } ] } } } } }
      filter_state:
      - { key: k, string_match: { prefix: v } }
      - { key: ip, address_match: { ranges: [ { address_prefix: 10.0.0.0, prefix_len: 8 } ], invert_match: true } }
    route: { cluster: one, hash_policy: [ { filter_state: { key: user } } ] }
)");
  ASSERT_NE(table, nullptr);
  const Route& route = table->virtual_hosts[0].routes[0];
  const match::AnyValueMatch any{{{true}, {match::NullMatch{}}}};
  EXPECT_THAT(
      route.match.metadata,
      ElementsAre(match::MetadataMatcher{{"ns", "a", "b"}, {match::NumberRange{1, 2}}, false},
                  match::MetadataMatcher{
                      {"ns", "c"}, {match::ElementMatch{{match::ValueMatcher{any}}}}, true}));
  const match::AddressTest outside{{*net::CidrRange::Create(net::IpAddress::V4(10u << 24), 8)},
                                   true};
  EXPECT_THAT(route.match.filter_state,
              ElementsAre(
                  match::FilterStateMatcher{
                      "k", match::StringMatcher(match::StringMatcher::Kind::kPrefix, "v", false)},
                  match::FilterStateMatcher{"ip", outside}));
  const auto& policy = std::get<RouteAction>(route.action).hash_policy[0];
  EXPECT_EQ(std::get<HashFilterState>(policy.source).key, "user");
}

TEST(DecodeMatcher, MetadataGoesWithItsOwnMatcher) {
  const std::string metadata =
      "{ name: i, typed_config: { '@type': type.googleapis.com/"
      "envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput, filter: ns, "
      "path: [ { key: a } ] } }";
  const std::string value_test =
      "custom_match: { name: m, typed_config: { '@type': type.googleapis.com/"
      "envoy.extensions.matching.input_matchers.metadata.v3.Metadata, "
      "value: { string_match: { exact: x } } } }";
  const auto single = [](std::string_view input, std::string_view test) {
    return List(StrCat("{ single_predicate: { input: ", input, ", ", test, " } }"));
  };
  EXPECT_NE(Decoded<RouteTable>(kType, WithMatcher(single(metadata, value_test))), nullptr);
  EXPECT_THAT(
      Decode(kType, WithMatcher(single(metadata, "value_match: { exact: x }"))).errors,
      ElementsAre(HasSubstr("single_predicate.input: metadata is for a matcher of metadata")));
  EXPECT_THAT(Decode(kType, WithMatcher(single(kHeader, value_test))).errors,
              ElementsAre(HasSubstr("single_predicate.input: a matcher of metadata wants")));
}

TEST(DecodeMatcher, TakesTheOnesOrTheOther) {
  EXPECT_THAT(Decode(kType, WithMatcher(StrCat("{ on_no_match: { action: ", kAction, " } }"),
                                        ", routes: [ { match: { prefix: / }, "
                                        "non_forwarding_action: {} } ]"))
                  .errors,
              ElementsAre(HasSubstr("matcher: cannot be given together with routes")));
}

}  // namespace
}  // namespace weir::config::proto
