#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/config/proto/decoding.h"

namespace weir::config::proto {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kType = schema::kRouteConfigurationTypeUrl;

constexpr std::string_view kWholeTable = R"yaml(
name: routes
ignore_port_in_host_matching: true
internal_only_headers: [X-Internal]
response_headers_to_add:
- header: { key: X-Took, value: "%DURATION%" }
  append_action: OVERWRITE_IF_EXISTS_OR_ADD
virtual_hosts:
- name: all
  domains: ["WWW.Example.com", "*"]
  request_headers_to_remove: [X-Gone]
  retry_policy: { retry_on: "5xx, connect-failure,refused-stream", num_retries: 3, per_try_timeout: 0.25s }
  routes:
  - name: weighted
    match:
      path_separated_prefix: /api
      headers:
      - name: X-Kind
        string_match: { prefix: a, ignore_case: true }
      - name: x-old
        present_match: true
        invert_match: true
      query_parameters: [ { name: q, string_match: { safe_regex: { regex: "[0-9]+" } } } ]
      runtime_fraction: { default_value: { numerator: 5, denominator: TEN_THOUSAND } }
    route:
      weighted_clusters:
        clusters:
        - { name: one, weight: 90, host_rewrite_literal: one.local }
        - { name: two, weight: 10 }
      prefix_rewrite: /v1
      timeout: 0s
      idle_timeout: 1.0005s
      priority: HIGH
      cluster_not_found_response_code: NOT_FOUND
  - match: { path: /old }
    redirect: { https_redirect: true, host_redirect: new.com, prefix_rewrite: "", response_code: PERMANENT_REDIRECT }
  - match: { safe_regex: { regex: "/h.*" } }
    direct_response: { status: 418, body: { filename: body.txt } }
  - match: { prefix: /, grpc: {}, case_sensitive: false }
    route: { cluster: web, regex_rewrite: { pattern: { regex: "^/a/(.*)" }, substitution: '/\1'
}
}
)yaml";

TEST(DecodeRouteTable, ReadsWhatItSays) {
  const auto table = Decoded<RouteTable>(kType, kWholeTable);
  ASSERT_NE(table, nullptr);
  EXPECT_TRUE(table->ignore_port_in_host_matching);
  EXPECT_THAT(table->internal_only_headers, ElementsAre("x-internal"));
  EXPECT_EQ(table->response_headers.add[0].name, "x-took");
  EXPECT_EQ(table->response_headers.add[0].action, format::AppendAction::kOverwriteIfExistsOrAdd);
  const VirtualHost& host = table->virtual_hosts[0];
  EXPECT_THAT(host.domains, ElementsAre("www.example.com", "*"));
  EXPECT_THAT(host.request_headers.remove, ElementsAre("x-gone"));
  EXPECT_EQ(host.retry->retry_on, kRetryOn5xx | kRetryOnConnectFailure | kRetryOnRefusedStream);
  EXPECT_EQ(host.retry->num_retries, 3u);
  EXPECT_EQ(host.retry->per_try_timeout, std::chrono::milliseconds(250));
  ASSERT_EQ(host.routes.size(), 4u);

  const Route& weighted = host.routes[0];
  EXPECT_EQ(std::get<PathSeparatedPrefix>(weighted.match.path).value, "/api");
  EXPECT_EQ(weighted.match.headers[0].name, "x-kind");
  EXPECT_TRUE(weighted.match.headers[1].invert);
  EXPECT_EQ(weighted.match.runtime_fraction->per_million, 500u);
  const auto& action = std::get<RouteAction>(weighted.action);
  const auto& clusters = std::get<WeightedClusters>(action.cluster);
  EXPECT_EQ(clusters.total_weight, 100u);
  EXPECT_EQ(clusters.clusters[0].host_rewrite, "one.local");
  EXPECT_EQ(action.timeout.count(), 0);
  EXPECT_EQ(action.idle_timeout, std::chrono::milliseconds(1001));  // Never less than asked for.
  EXPECT_TRUE(action.high_priority);
  EXPECT_EQ(action.cluster_not_found_code, 404);

  const auto& redirect = std::get<RedirectAction>(host.routes[1].action);
  EXPECT_EQ(redirect.scheme, "https");
  EXPECT_TRUE(redirect.has_prefix);
  EXPECT_EQ(redirect.status, 308);
  EXPECT_EQ(std::get<DirectResponse>(host.routes[2].action).body, "from a file");
  EXPECT_TRUE(host.routes[3].match.grpc_only);
  EXPECT_FALSE(host.routes[3].match.case_sensitive);
  EXPECT_EQ(std::get<RouteAction>(host.routes[3].action).timeout, std::chrono::seconds(15));
}

TEST(DecodeRouteTable, EqualTablesHaveEqualHashes) {
  constexpr std::string_view kOne = "{name: a, virtual_hosts: [{name: v, domains: ['*']}]}";
  constexpr std::string_view kTwo = "{name: a, virtual_hosts: [{name: w, domains: ['*']}]}";
  EXPECT_EQ(Decoded<RouteTable>(kType, kOne)->content_hash,
            Decoded<RouteTable>(kType, kOne)->content_hash);
  EXPECT_NE(Decoded<RouteTable>(kType, kOne)->content_hash,
            Decoded<RouteTable>(kType, kTwo)->content_hash);
}

// A table with one route.
std::string WithRoute(std::string_view route) {
  return "name: r\nvirtual_hosts:\n- name: v\n  domains: ['*']\n  routes:\n  - " +
         std::string(route) + "\n";
}

TEST(DecodeRouteTable, RefusesByNameAndPath) {
  struct Case {
    std::string_view route;
    std::string_view error;
  };
  const Case cases[] = {
      {"{match: {prefix: /}, route: {cluster_header: x-c}}",
       "virtual_hosts[0].routes[0].route.cluster_header: field \"cluster_header\" of "
       "envoy.config.route.v3.RouteAction is not supported"},
      {"{match: {prefix: /}, route: {cluster: c, hash_policy: [{header: {header_name: x}}]}}",
       "virtual_hosts[0].routes[0].route.hash_policy: field \"hash_policy\""},
      {"{match: {prefix: /}, route: {cluster: c, timeout: -1s}}",
       "virtual_hosts[0].routes[0].route.timeout: must not be negative, got \"-1s\""},
      {"{match: {prefix: /}, route: {cluster: c, retry_policy: {retry_on: "
       "'reset,conect-failure'}}}",
       "route.retry_policy.retry_on: the retry condition is not supported; did you mean "
       "'connect-failure'?, got \"conect-failure\""},
      {"{match: {prefix: /}, route: {cluster: c, retry_policy: {retry_on: envoy-ratelimited}}}",
       "the retry condition is not supported, got \"envoy-ratelimited\""},
      {"{match: {prefix: /}, route: {cluster: c, host_rewrite_header: x}}",
       "route.host_rewrite_header: field \"host_rewrite_header\""},
      {"{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: a, weight: 0}]}}}",
       "weighted_clusters.clusters: the sum of the weights must be from 1"},
      {"{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: a}]}}}",
       "weighted_clusters.clusters[0].weight: a weight is missing"},
      {"{match: {safe_regex: {regex: 'a('}}, route: {cluster: c}}",
       "match.safe_regex.regex: invalid regular expression 'a('"},
      {"{match: {prefix: /}, direct_response: {status: 200, body: {filename: none}}}",
       "direct_response.body.filename: none: no such file"},
      {"{match: {prefix: /}, direct_response: {status: 99}}", "[uint32.gte=200"},
      {"{match: {prefix: /}}", "[oneof.required=true]"},
      {"{match: {}, route: {cluster: c}}", "[oneof.required=true]"},
      {"{match: {prefix: /}, redirect: {port_redirect: 70000}}", "must be at most 65535"},
      {"{match: {prefix: /}, route: {cluster: c}, request_headers_to_add: [{header: {key: Host, "
       "value: x}}]}",
       "request_headers_to_add[0].header.key: pseudo-header fields, host and fields"},
      {"{match: {prefix: /}, route: {cluster: c}, response_headers_to_add: [{header: {key: x, "
       "value: '%NOPE%'}}]}",
       "response_headers_to_add[0].header.value: operator 'NOPE' is not supported"},
      {"{match: {prefix: /}, route: {cluster: c, prefix_rewrite: /a, regex_rewrite: {pattern: "
       "{regex: a}, substitution: b}}}",
       "regex_rewrite: cannot be given together with prefix_rewrite"},
      {"{match: {prefix: /}, route: {cluster: c, regex_rewrite: {pattern: {regex: a}, "
       "substitution: '\\2'}}}",
       "regex_rewrite.substitution: substitution"},
      {"{match: {prefix: /}, route: {cluster: c}, typed_per_filter_config: {a: {'@type': "
       "type.googleapis.com/envoy.config.route.v3.FilterConfig}}}",
       "typed_per_filter_config"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(Decode(kType, WithRoute(c.route)).errors, ElementsAre(HasSubstr(c.error)))
        << c.route;
  }
}

TEST(DecodeRouteTable, ReportsAllErrorsAtOnce) {
  const Outcome outcome = Decode(kType, R"(
name: routes
virtual_hosts:
- name: one
  domains: ["a.com", "*.b*"]
  routes:
  - match: { prefix: / }
    route: { cluster_header: x }
- name: two
  domains: ["A.com"]
  require_tls: ALL
)");
  EXPECT_THAT(
      outcome.errors,
      ElementsAre(
          HasSubstr("virtual_hosts[0].domains[1]: must be a host name"),
          HasSubstr("virtual_hosts[0].routes[0].route.cluster_header: field"),
          HasSubstr("virtual_hosts[1].domains[0]: the domain is already that of virtual host "
                    "'one', got \"A.com\""),
          HasSubstr("virtual_hosts[1].require_tls: field \"require_tls\"")));
}

TEST(DecodeRouteTable, ListsWhatItIgnores) {
  const Outcome outcome = Decode(
      kType,
      WithRoute(
          "{match: {prefix: /, runtime_fraction: {default_value: {numerator: 1}, runtime_key: k}}, "
          "decorator: {operation: o}, route: {cluster: c}}"));
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_THAT(outcome.ignored,
              ElementsAre("virtual_hosts[0].routes[0].decorator",
                          "virtual_hosts[0].routes[0].match.runtime_fraction.runtime_key"));
}

TEST(DecodeRouteTable, UnknownFieldsCanBeAllowed) {
  const std::string yaml = WithRoute(
      "{match: {prefix: /}, route: {cluster: c, hash_policy: [{header: {header_name: x}}], "
      "auto_host_rewrite: true}}");
  const Outcome outcome = Decode(kType, yaml, true);
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_THAT(outcome.ignored, ElementsAre("virtual_hosts[0].routes[0].route.auto_host_rewrite",
                                           "virtual_hosts[0].routes[0].route.hash_policy"));
}

TEST(DecodeRouteTable, ABodyAboveTheLimitIsAnError) {
  const std::string route =
      "{match: {prefix: /}, direct_response: {status: 200, body: "
      "{inline_string: '" +
      std::string(5000, 'x') + "'}}}";
  EXPECT_THAT(Decode(kType, WithRoute(route)).errors,
              ElementsAre(HasSubstr("has 5000 bytes, the limit is 4096")));
  EXPECT_THAT(
      Decode(kType, "max_direct_response_body_size_bytes: 5000\n" + WithRoute(route)).errors,
      IsEmpty());
}

}  // namespace
}  // namespace weir::config::proto
