#include <span>

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
      cookies: [ { name: Tier, string_match: { exact: gold }, invert_match: true } ]
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
  EXPECT_FALSE(host.retry->avoid_previous_hosts);
  ASSERT_EQ(host.routes.size(), 4u);

  const Route& weighted = host.routes[0];
  EXPECT_EQ(std::get<PathSeparatedPrefix>(weighted.match.path).value, "/api");
  EXPECT_EQ(weighted.match.headers[0].name, "x-kind");
  EXPECT_TRUE(weighted.match.headers[1].invert);
  ASSERT_EQ(weighted.match.cookies.size(), 1u);
  EXPECT_EQ(weighted.match.cookies[0].name, "Tier");
  EXPECT_EQ(*weighted.match.cookies[0].value.exact_value(), "gold");
  EXPECT_TRUE(weighted.match.cookies[0].invert);
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
  EXPECT_EQ(std::get<PrefixRewrite>(redirect.path_rewrite).value, "");
  EXPECT_EQ(redirect.status, 308);
  EXPECT_EQ(std::get<DirectResponse>(host.routes[2].action).body, "from a file");
  EXPECT_TRUE(host.routes[3].match.grpc_only);
  EXPECT_FALSE(host.routes[3].match.case_sensitive);
  EXPECT_EQ(std::get<RouteAction>(host.routes[3].action).timeout, std::chrono::seconds(15));
}

TEST(DecodeRouteTable, ReadsWhereARequestGoes) {
  const auto table = Decoded<RouteTable>(kType, R"yaml(
name: routes
virtual_hosts:
- name: all
  domains: ["*"]
  require_tls: EXTERNAL_ONLY
  routes:
  - match: { prefix: /a }
    route: { cluster_header: X-Cluster, host_rewrite_header: X-Host }
  - match: { prefix: /b }
    route:
      auto_host_rewrite: true
      weighted_clusters: { header_name: X-Number, clusters: [ { cluster_header: X-Own, weight: 1 } ] }
  - match: { prefix: /c }
    route: { cluster: c, host_rewrite_path_regex: { pattern: { regex: "^/(.*)$" }, substitution: '\1' } }
  - match:
      path_match_policy:
        name: template
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig
          path_template: "/users/{id}/{rest=**}"
    route:
      cluster: c
      path_rewrite_policy:
        name: template
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig
          path_template_rewrite: "/{rest}/{id}"
  - match: { prefix: / }
    non_forwarding_action: {}
)yaml");
  ASSERT_NE(table, nullptr);
  const VirtualHost& host = table->virtual_hosts[0];
  EXPECT_EQ(host.require_tls, RequireTls::kExternalOnly);
  const auto action = [&](size_t i) { return std::get<RouteAction>(host.routes[i].action); };
  EXPECT_EQ(std::get<ClusterHeader>(action(0).cluster).field, "x-cluster");
  EXPECT_EQ(std::get<HostFromHeader>(action(0).host_rewrite).field, "x-host");
  const auto weighted = std::get<WeightedClusters>(action(1).cluster);
  EXPECT_EQ(weighted.random_field, "x-number");
  EXPECT_EQ(weighted.clusters[0].cluster_field, "x-own");
  EXPECT_TRUE(std::holds_alternative<HostOfUpstream>(action(1).host_rewrite));
  EXPECT_EQ(std::get<HostFromPath>(action(2).host_rewrite).rewrite.substitution, "\\1");
  EXPECT_TRUE(std::get<PathRegex>(host.routes[3].match.path).value.FullMatch("/users/7/a/b"));
  EXPECT_EQ(std::get<RegexRewrite>(action(3).path_rewrite).substitution, "/\\2/\\1");
  EXPECT_TRUE(std::holds_alternative<NonForwarding>(host.routes[4].action));
}

TEST(DecodeRouteTable, ReadsPoliciesOfARoute) {
  const auto table = Decoded<RouteTable>(kType, R"yaml(
name: routes
request_mirror_policies: [ { cluster: t } ]
ignore_path_parameters_in_path_matching: true
vhost_header: X-Host
virtual_hosts:
- name: all
  domains: ["*"]
  per_request_buffer_limit_bytes: 7
  hedge_policy: { hedge_on_per_try_timeout: true }
  include_is_timeout_retry_header: true
  routes:
  - match: { prefix: /, tls_context: { validated: true } }
    request_body_buffer_limit: 9
    route:
      cluster: c
      flush_timeout: 4s
      hedge_policy: { initial_requests: 1 }
      request_mirror_policies: [ { cluster_header: X-To, disable_shadow_host_suffix_append: true } ]
      hash_policy:
      - { header: { header_name: X-User }, terminal: true }
      - { cookie: { name: c, ttl: 5s, path: /p } }
      - { connection_properties: { source_ip: true } }
      - { query_parameter: { name: q } }
      max_stream_duration: { max_stream_duration: 9s, grpc_timeout_header_max: 0s, grpc_timeout_header_offset: 1s }
      internal_redirect_policy:
        max_internal_redirects: 3
        redirect_response_codes: [ 301, 307 ]
        response_headers_to_copy: [ X-A ]
        predicates: [ { name: p, typed_config: { "@type": type.googleapis.com/envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig } } ]
)yaml");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->mirrors[0].cluster, "t");
  EXPECT_TRUE(table->ignore_path_parameters);
  EXPECT_EQ(table->vhost_header, "x-host");
  EXPECT_EQ(table->virtual_hosts[0].replay_limit.at_most, 7u);
  EXPECT_EQ(table->virtual_hosts[0].routes[0].replay_limit.bytes, 9u);
  EXPECT_EQ(table->virtual_hosts[0].routes[0].match.tls->presented, std::nullopt);
  EXPECT_EQ(table->virtual_hosts[0].routes[0].match.tls->validated, true);
  EXPECT_TRUE(table->virtual_hosts[0].hedge_on_per_try_timeout);
  EXPECT_TRUE(table->virtual_hosts[0].include_is_timeout_retry);
  const auto& action = std::get<RouteAction>(table->virtual_hosts[0].routes[0].action);
  EXPECT_EQ(action.hedge_on_per_try_timeout, false);
  EXPECT_EQ(action.flush_timeout, std::chrono::seconds(4));
  EXPECT_EQ(action.mirrors[0].cluster_field, "x-to");
  EXPECT_FALSE(action.mirrors[0].append_suffix);
  ASSERT_EQ(action.hash_policy.size(), 4u);
  EXPECT_TRUE(action.hash_policy[0].terminal);
  EXPECT_EQ(std::get<HashCookie>(action.hash_policy[1].source).attributes,
            "; Max-Age=5; Path=/p; HttpOnly");
  EXPECT_EQ(action.max_stream_duration->limit, std::chrono::seconds(9));
  EXPECT_EQ(action.max_stream_duration->grpc_header_max, std::chrono::seconds(0));
  EXPECT_EQ(action.max_stream_duration->grpc_header_offset, std::chrono::seconds(1));
  EXPECT_EQ(action.internal_redirect->max_redirects, 3u);
  EXPECT_THAT(action.internal_redirect->codes, ElementsAre(301, 307));
  EXPECT_THAT(action.internal_redirect->fields_to_copy, ElementsAre("x-a"));
  EXPECT_TRUE(action.internal_redirect->never_to_previous_routes);
}

TEST(DecodeRouteTable, ReadsWhatNewerFieldsReplaced) {
  const auto table = Decoded<RouteTable>(kType, R"(
name: routes
virtual_hosts:
- name: v
  domains: ["*"]
  routes:
  - match: { prefix: /grpc }
    route: { cluster: c, max_grpc_timeout: 20s, grpc_timeout_offset: 0.3s }
  - match: { prefix: /follow }
    route: { cluster: c, internal_redirect_action: HANDLE_INTERNAL_REDIRECT, max_internal_redirects: 3 }
  - match: { prefix: /pass }
    route: { cluster: c, max_internal_redirects: 3, grpc_timeout_offset: 0.3s }
  - match: { prefix: /both }
    route: { cluster: c, internal_redirect_action: HANDLE_INTERNAL_REDIRECT, max_internal_redirects: 3, internal_redirect_policy: { redirect_response_codes: [ 307 ] } }
  - match: { prefix: /early }
    route:
      cluster: c
      early_data_policy:
        name: envoy.route.early_data_policy.default
        typed_config: { "@type": type.googleapis.com/envoy.extensions.early_data.v3.DefaultEarlyDataPolicy }
  - { match: { prefix: /filter }, filter_action: {} }
)");
  ASSERT_NE(table, nullptr);
  const std::vector<Route>& routes = table->virtual_hosts[0].routes;
  const auto action = [&](size_t i) { return std::get<RouteAction>(routes[i].action); };
  EXPECT_EQ(action(0).grpc_timeout->max, std::chrono::seconds(20));
  EXPECT_EQ(action(0).grpc_timeout->offset, std::chrono::milliseconds(300));
  EXPECT_FALSE(action(0).internal_redirect.has_value());
  EXPECT_EQ(action(1).internal_redirect->max_redirects, 3u);
  EXPECT_THAT(action(1).internal_redirect->codes, ElementsAre(302));
  EXPECT_FALSE(action(2).internal_redirect.has_value());
  EXPECT_FALSE(action(2).grpc_timeout.has_value());
  EXPECT_EQ(action(3).internal_redirect->max_redirects, 1u);
  EXPECT_THAT(action(3).internal_redirect->codes, ElementsAre(307));
  EXPECT_TRUE(std::holds_alternative<NonForwarding>(routes[5].action));
}

TEST(DecodeRouteTable, ReadsARetryPolicy) {
  const auto table = Decoded<RouteTable>(kType, R"yaml(
name: routes
virtual_hosts:
- name: all
  domains: ["*"]
  routes:
  - match: { prefix: / }
    route:
      cluster: c
      retry_policy:
        retry_on: retriable-headers,envoy-ratelimited
        per_try_idle_timeout: 2s
        retriable_headers: [ { name: X-B } ]
        retriable_request_headers: [ { name: X-C } ]
        host_selection_retry_max_attempts: 7
        refresh_cluster_on_retry: true
        retry_priority: { name: q, typed_config: { "@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig, update_frequency: 2 } }
        retry_host_predicate: [ { name: p, typed_config: { "@type": type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate } } ]
        rate_limited_retry_back_off: { max_interval: 4s, reset_headers: [ { name: X-Reset, format: UNIX_TIMESTAMP } ] }
)yaml");
  ASSERT_NE(table, nullptr);
  const auto& action = std::get<RouteAction>(table->virtual_hosts[0].routes[0].action);
  const RetryPolicy& retry = *action.retry;
  EXPECT_EQ(retry.retry_on, kRetryOnRetriableHeaders | kRetryOnEnvoyRateLimited);
  EXPECT_EQ(retry.per_try_idle_timeout, std::chrono::seconds(2));
  EXPECT_EQ(retry.retriable_headers[0].name, "x-b");
  EXPECT_EQ(retry.retriable_request_headers[0].name, "x-c");
  EXPECT_EQ(retry.host_attempts, 7u);
  EXPECT_TRUE(retry.avoid_previous_hosts);
  EXPECT_TRUE(retry.refresh_cluster);
  EXPECT_EQ(retry.reset_max, std::chrono::seconds(4));
  EXPECT_TRUE(retry.reset_headers[0].unix_timestamp);
}

TEST(DecodeRouteTable, ReadsTheTunnelsOfARoute) {
  const auto table = Decoded<RouteTable>(kType, R"yaml(
name: t
virtual_hosts:
- name: v
  domains: ["*"]
  routes:
  - match: { connect_matcher: {} }
    route:
      cluster: c
      upgrade_configs:
      - { upgrade_type: CONNECT, connect_config: { allow_post: true, proxy_protocol_config: {
            version: V2, added_tlvs: [ { type: 5, value: YWI= } ] } } }
      - { upgrade_type: WebSocket, enabled: false }
)yaml");
  ASSERT_NE(table, nullptr);
  const Route& route = table->virtual_hosts[0].routes[0];
  EXPECT_TRUE(std::holds_alternative<ConnectRequests>(route.match.path));
  EXPECT_THAT(
      std::get<RouteAction>(route.action).upgrades,
      testing::ElementsAre(
          Upgrade{.type = "connect",
                  .end = TunnelEnd{.allow_post = true,
                                   .proxy_header =
                                       net::ProxyHeaderFormat{.version = net::ProxyVersion::kV2,
                                                              .added = {{5, "ab"}}}}},
          Upgrade{.type = "websocket", .enabled = false}));
}

TEST(DecodeRouteTable, ReadsWhatIsCountedApart) {
  const auto table = Decoded<RouteTable>(kType, R"(
name: routes
virtual_hosts:
- name: shop
  domains: ["*"]
  virtual_clusters:
  - name: carts
    headers:
    - { name: ":path", string_match: { prefix: /cart } }
    - { name: ":method", string_match: { exact: POST } }
  routes:
  - { match: { prefix: / }, stat_prefix: all, route: { cluster: c } }
- name: plain
  domains: [plain]
  routes: [ { match: { prefix: / }, route: { cluster: c } } ]
)");
  ASSERT_NE(table, nullptr);
  const VirtualHost& shop = table->virtual_hosts[0];
  ASSERT_EQ(shop.virtual_clusters.size(), 2u);
  EXPECT_EQ(shop.virtual_clusters[0].name, "carts");
  EXPECT_EQ(shop.virtual_clusters[0].stats, "shop.vcluster.carts");
  ASSERT_EQ(shop.virtual_clusters[0].headers.size(), 2u);
  EXPECT_EQ(shop.virtual_clusters[0].headers[1].name, ":method");
  EXPECT_EQ(shop.virtual_clusters[1].name, "");
  EXPECT_EQ(shop.virtual_clusters[1].stats, "shop.vcluster.other");
  EXPECT_THAT(shop.virtual_clusters[1].headers, IsEmpty());
  EXPECT_EQ(shop.routes[0].stats, "shop.route.all");
  const VirtualHost& plain = table->virtual_hosts[1];
  EXPECT_THAT(plain.virtual_clusters, IsEmpty());
  EXPECT_EQ(plain.routes[0].stats, "");
}

TEST(DecodeRouteTable, RefusesAVirtualClusterOfEverything) {
  const Outcome outcome = Decode(kType, R"(
name: routes
virtual_hosts:
- { name: v, domains: ["*"], virtual_clusters: [ { name: all } ] }
)");
  EXPECT_THAT(outcome.errors, ElementsAre(HasSubstr("virtual_hosts[0].virtual_clusters[0].headers: "
                                                    "a matcher is missing")));
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

struct RefusedRoute {
  std::string_view route;
  std::string_view error;
};

// One error each.
void ExpectRefused(std::span<const RefusedRoute> cases) {
  for (const RefusedRoute& c : cases) {
    EXPECT_THAT(Decode(kType, WithRoute(c.route)).errors, ElementsAre(HasSubstr(c.error)))
        << c.route;
  }
}

TEST(DecodeRouteTable, RefusesByNameAndPath) {
  const RefusedRoute cases[] = {
      {"{match: {prefix: /}, route: {cluster: c, early_data_policy: {name: p}}}",
       "route.early_data_policy.typed_config: must be set"},
      {"{match: {prefix: /}, route: {cluster: c, early_data_policy: {name: p, typed_config: "
       "{'@type': type.googleapis.com/envoy.extensions.regex_engines.v3.GoogleRE2}}}}",
       "route.early_data_policy.typed_config: must be a "
       "envoy.extensions.early_data.v3.DefaultEarlyDataPolicy"},
      {"{match: {prefix: /}, filter_action: {action: {'@type': "
       "type.googleapis.com/envoy.extensions.regex_engines.v3.GoogleRE2}}}",
       "filter_action.action: must be empty: no filter reads it, got "
       "\"type.googleapis.com/envoy.extensions.regex_engines."},
      {"{match: {prefix: /, cookies: [{name: c}]}, route: {cluster: c}}",
       "match.cookies[0].string_match: "},
      {"{match: {prefix: /}, route: {cluster_header: 'x c'}}",
       "route.cluster_header: is not a valid field name, got \"x c\""},
      {"{match: {prefix: /}, route: {cluster: c, rate_limits: [{actions: [{remote_address: "
       "{}}]}]}}",
       "route.rate_limits: field \"rate_limits\""},
      {"{match: {prefix: /}, route: {cluster: c, metadata_match: {}}}",
       "virtual_hosts[0].routes[0].route.metadata_match: field \"metadata_match\" of "
       "envoy.config.route.v3.RouteAction is not supported"},
      {"{match: {prefix: /}, route: {cluster: c, timeout: -1s}}",
       "virtual_hosts[0].routes[0].route.timeout: must not be negative, got \"-1s\""},
      {"{match: {safe_regex: {regex: 'a('}}, route: {cluster: c}}",
       "match.safe_regex.regex: invalid regular expression 'a('"},
      {"{match: {prefix: /}, route: {cluster: c, upgrade_configs: [{upgrade_type: websocket, "
       "connect_config: {}}]}}",
       "route.upgrade_configs[0].connect_config: is for upgrade_type CONNECT alone"},
      {"{match: {prefix: /}, route: {cluster: c, upgrade_configs: [{upgrade_type: CONNECT, "
       "connect_config: {proxy_protocol_config: {pass_through_tlvs: {}}}}]}}",
       "route.upgrade_configs[0].connect_config.proxy_protocol_config.version: V1 has no TLVs"},
      {"{match: {prefix: /}, route: {cluster: c, upgrade_configs: [{upgrade_type: CONNECT, "
       "connect_config: {proxy_protocol_config: {version: V2, added_tlvs: [{format_string: "
       "{text_format: a}}]}}}]}}",
       "added_tlvs[0].format_string: field \"format_string\""},
      {"{match: {prefix: /}}", "[oneof.required=true]"},
      {"{match: {}, route: {cluster: c}}", "[oneof.required=true]"},
      {"{match: {prefix: /}, route: {cluster: c}, typed_per_filter_config: {a: {'@type': "
       "type.googleapis.com/envoy.config.route.v3.FilterConfig}}}",
       "typed_per_filter_config"},
  };
  ExpectRefused(cases);
}

TEST(DecodeRouteTable, RefusesAnswersAndChangesOfHeaders) {
  const RefusedRoute cases[] = {
      {"{match: {prefix: /}, direct_response: {status: 200, body_format: {text_format: '%NO%'}}}",
       "direct_response.body_format.text_format: operator 'NO'"},
      {"{match: {prefix: /}, direct_response: {status: 200, body: {filename: none}}}",
       "direct_response.body.filename: none: no such file"},
      {"{match: {prefix: /}, direct_response: {status: 99}}", "[uint32.gte=200"},
      {"{match: {prefix: /}, redirect: {port_redirect: 70000}}", "must be at most 65535"},
      {"{match: {prefix: /}, route: {cluster: c}, request_headers_to_add: [{header: {key: Host, "
       "value: x}}]}",
       "request_headers_to_add[0].header.key: pseudo-header fields, host and fields"},
      {"{match: {prefix: /}, route: {cluster: c}, response_headers_to_add: [{header: {key: x, "
       "value: '%NOPE%'}}]}",
       "response_headers_to_add[0].header.value: operator 'NOPE' is not supported"},
  };
  ExpectRefused(cases);
}

TEST(DecodeRouteTable, ReadsRewritesByFormats) {
  const auto table = Decoded<RouteTable>(
      kType, WithRoute("{match: {prefix: /}, route: {cluster: c, path_rewrite: '/v/%REQ(x)%', "
                       "host_rewrite: '%REQ(h)%.d'}}\n"
                       "  - {match: {prefix: /}, redirect: {path_rewrite: '/w/%REQ(x)%'}}"));
  ASSERT_NE(table, nullptr);
  const auto& action = std::get<RouteAction>(table->virtual_hosts[0].routes[0].action);
  EXPECT_EQ(std::get<PathFromFormat>(action.path_rewrite).value.source(), "/v/%REQ(x)%");
  EXPECT_EQ(std::get<HostFromFormat>(action.host_rewrite).value.source(), "%REQ(h)%.d");
  const auto& redirect = std::get<RedirectAction>(table->virtual_hosts[0].routes[1].action);
  EXPECT_EQ(std::get<PathFromFormat>(redirect.path_rewrite).value.source(), "/w/%REQ(x)%");
}

TEST(DecodeRouteTable, RefusesRewritesAndWeightsThatDoNotFit) {
  const RefusedRoute cases[] = {
      {"{match: {prefix: /}, route: {cluster: c, prefix_rewrite: /a, path_rewrite: /b}}",
       "route.path_rewrite: cannot be given together with prefix_rewrite"},
      {"{match: {prefix: /}, route: {cluster: c, regex_rewrite: {pattern: {regex: a}, "
       "substitution: b}, path_rewrite: /b}}",
       "route.path_rewrite: cannot be given together with regex_rewrite"},
      {"{match: {prefix: /}, route: {cluster: c, path_rewrite: b}}",
       "route.path_rewrite: must make a path, which begins with \"/\", got \"b\""},
      {"{match: {prefix: /}, route: {cluster: c, path_rewrite: '/%REQX(a)%'}}",
       "route.path_rewrite: "},
      {"{match: {prefix: /}, route: {cluster: c, host_rewrite: '%REQ%'}}", "route.host_rewrite: "},
      {"{match: {prefix: /}, redirect: {path_rewrite: 'a b'}}",
       "redirect.path_rewrite: must make a path"},
      {"{match: {prefix: /}, route: {cluster: c, host_rewrite_header: '?'}}",
       "route.host_rewrite_header: is not a valid field name, got \"?\""},
      {"{match: {prefix: /}, route: {cluster: c, host_rewrite_path_regex: {pattern: {regex: '('}, "
       "substitution: b}}}",
       "host_rewrite_path_regex.pattern.regex: invalid regular expression '('"},
      {"{match: {path_match_policy: {name: t, typed_config: {'@type': "
       "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig, "
       "path_template: '/a//b'}}}, route: {cluster: c}}",
       "match.path_match_policy.typed_config.path_template: path template '/a//b' has an empty "
       "segment"},
      {"{match: {prefix: /}, route: {cluster: c, path_rewrite_policy: {name: t, typed_config: "
       "{'@type': type.googleapis.com/"
       "envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig, "
       "path_template_rewrite: /a}}}}",
       "route.path_rewrite_policy: needs a path template in the route's match.path_match_policy"},
      {"{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: a, cluster_header: b, "
       "weight: 1}]}}}",
       "weighted_clusters.clusters[0]: must have one of name and cluster_header, got \"a\""},
      {"{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: a, weight: 0}]}}}",
       "weighted_clusters.clusters: the sum of the weights must be from 1"},
      {"{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: a}]}}}",
       "weighted_clusters.clusters[0].weight: a weight is missing"},
      {"{match: {prefix: /}, route: {cluster: c, prefix_rewrite: /a, regex_rewrite: {pattern: "
       "{regex: a}, substitution: b}}}",
       "regex_rewrite: cannot be given together with prefix_rewrite"},
      {"{match: {prefix: /}, route: {cluster: c, regex_rewrite: {pattern: {regex: a}, "
       "substitution: '\\2'}}}",
       "regex_rewrite.substitution: substitution"},
  };
  ExpectRefused(cases);
}

TEST(DecodeRouteTable, RefusesWhatWouldBreakTheRequestLine) {
  const RefusedRoute cases[] = {
      {"{match: {prefix: /}, route: {cluster: c, prefix_rewrite: '/a b'}}",
       "route.prefix_rewrite: must begin a path, as \"/a\" does, got \"/a b\""},
      {"{match: {prefix: /}, route: {cluster: c, prefix_rewrite: a}}",
       "route.prefix_rewrite: must begin a path, as \"/a\" does, got \"a\""},
      {"{match: {prefix: /}, redirect: {prefix_rewrite: a}}",
       "redirect.prefix_rewrite: must begin a path, as \"/a\" does, got \"a\""},
      {"{match: {prefix: /}, route: {cluster: c, host_rewrite_literal: 'a b'}}",
       "route.host_rewrite_literal: must be a host, with a port or without, got \"a b\""},
      {"{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: c, weight: 1, "
       "host_rewrite_literal: 'a/b'}]}}}",
       "route.weighted_clusters.clusters[0].host_rewrite_literal: must be a host, with a port or "
       "without, got \"a/b\""},
      {"{match: {prefix: /}, route: {cluster: c, request_mirror_policies: [{cluster: c, "
       "host_rewrite_literal: 'a@b'}]}}",
       "route.request_mirror_policies[0].host_rewrite_literal: must be a host, with a port or "
       "without, got \"a@b\""},
  };
  ExpectRefused(cases);
}

TEST(DecodeRouteTable, RefusesPoliciesByNameAndPath) {
  const RefusedRoute cases[] = {
      {"{match: {prefix: /}, route: {cluster: c, hash_policy: [{cookie: {name: \"a\\r\"}}]}}",
       "route.hash_policy[0].cookie: does not make a valid set-cookie field"},
      {"{match: {prefix: /}, route: {cluster: c, retry_policy: {retry_on: "
       "'reset,conect-failure'}}}",
       "route.retry_policy.retry_on: the retry condition is not supported; did you mean "
       "'connect-failure'?, got \"conect-failure\""},
      {"{match: {prefix: /}, route: {cluster: c, retry_policy: {retry_on: "
       "http3-post-connect-failure}}}",
       "the retry condition is not supported"},
      {"{match: {prefix: /}, route: {cluster: c, retry_policy: {retriable_status_codes: [99]}}}",
       "route.retry_policy.retriable_status_codes[0]: must be from 100 to 599, got \"99\""},
      {"{match: {prefix: /}, route: {cluster: c, retry_policy: {host_selection_retry_max_attempts: "
       "-1}}}",
       "host_selection_retry_max_attempts: must be from 0 to 1000 (0 is the default, 1), got "
       "\"-1\""},
      {"{match: {prefix: /}, route: {cluster: c, retry_policy: {retry_priority: {name: x}}}}",
       "route.retry_policy.retry_priority.typed_config: "},
      {"{match: {prefix: /}, route: {cluster: c, retry_policy: {retry_priority: {name: x, "
       "typed_config: {'@type': "
       "t/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig, "
       "update_frequency: -1}}}}}",
       "retry_priority.typed_config.update_frequency: "},
      {"{match: {prefix: /}, route: {cluster: c, retry_policy: {retry_options_predicates: [{name: "
       "x}]}}}",
       "route.retry_policy.retry_options_predicates: "},
      {"{match: {prefix: /}, route: {cluster: c, request_mirror_policies: [{cluster: m, "
       "request_headers_mutations: [{remove: host}]}]}}",
       "request_mirror_policies[0].request_headers_mutations[0].remove: pseudo-header fields"},
      {"{match: {prefix: /}, route: {cluster: c, request_mirror_policies: [{cluster: m, "
       "request_headers_mutations: [{append: {header: {key: a, value: '%NO%'}}}]}]}}",
       "request_mirror_policies[0].request_headers_mutations[0].append.header.value: "},
      {"{match: {prefix: /}, route: {cluster: c, request_mirror_policies: [{cluster: m, "
       "request_headers_mutations: [{}]}]}}",
       "request_mirror_policies[0].request_headers_mutations[0]"},
      {"{match: {prefix: /}, route: {cluster: c, hedge_policy: {initial_requests: 2}}}",
       "route.hedge_policy.initial_requests: must be 1: a request begins with one try, got \"2\""},
      {"{match: {prefix: /}, route: {cluster: c, request_mirror_policies: [{}]}}",
       "route.request_mirror_policies[0]: must have one of cluster and cluster_header"},
      {"{match: {prefix: /}, route: {cluster: c, internal_redirect_policy: "
       "{redirect_response_codes: [304]}}}",
       "redirect_response_codes[0]: must be one of 301, 302, 303, 307 and 308, got \"304\""},
  };
  ExpectRefused(cases);
}

// A table with a plugin "p" that sends what has x-to: one to "c1", and a route.
std::string WithPlugin(std::string_view route, std::string_view more = "") {
  return StrCat(R"(
cluster_specifier_plugins:
- extension:
    name: p
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier
      cluster_matcher:
        matcher_tree:
          input: { name: i, typed_config: { "@type": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: x-to } }
          exact_match_map:
            map:
              one: { action: { name: a, typed_config: { "@type": type.googleapis.com/envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction, cluster: c1 } } }
)",
                more, WithRoute(route));
}

// A plugin that is not supported.
std::string Missing(std::string_view name, bool optional) {
  return StrCat("- extension: { name: ", name,
                ", typed_config: { \"@type\": type.googleapis.com/"
                "envoy.extensions.router.cluster_specifiers.lua.v3.LuaConfig, source_code: { "
                "inline_string: x } } }\n"
                "  is_optional: ",
                optional ? "true" : "false", "\n");
}

TEST(DecodeRouteTable, ReadsPluginsThatChooseClusters) {
  const auto table = Decoded<RouteTable>(
      kType, WithPlugin("{match: {prefix: /}, route: {cluster_specifier_plugin: p}}\n"
                        "  - {match: {prefix: /}, route: {cluster_specifier_plugin: q}}",
                        Missing("q", true)));
  ASSERT_NE(table, nullptr);
  const auto cluster = [&](size_t i) {
    const auto& action = std::get<RouteAction>(table->virtual_hosts[0].routes[i].action);
    return std::get<ClusterFromMatch>(action.cluster);
  };
  EXPECT_THAT(cluster(0).names->actions, ElementsAre("c1"));
  EXPECT_EQ(cluster(1).names, nullptr);
}

TEST(DecodeRouteTable, RefusesPluginsThatAreNotThere) {
  EXPECT_THAT(
      Decode(kType, WithPlugin("{match: {prefix: /}, route: {cluster_specifier_plugin: pp}}"))
          .errors,
      ElementsAre(HasSubstr("route.cluster_specifier_plugin: there is no such plugin in "
                            "cluster_specifier_plugins; did you mean 'p'?, got \"pp\"")));
  EXPECT_THAT(
      Decode(kType, WithPlugin("{match: {prefix: /}, route: {cluster: c}}", Missing("q", false)))
          .errors,
      ElementsAre(HasSubstr("LuaConfig")));
  EXPECT_THAT(
      Decode(kType, WithPlugin("{match: {prefix: /}, route: {cluster: c}}", Missing("p", true)))
          .errors,
      ElementsAre(HasSubstr("there is a plugin of this name already, got \"p\"")));
}

TEST(DecodeRouteTable, NamesAFieldThatItDoesNotSupport) {
  EXPECT_THAT(
      Decode(kType, WithRoute("{match: {prefix: /}, route: {cluster: c, cors: {}}}")).errors,
      testing::Contains(HasSubstr("route.cors: field \"cors\"")));
}

TEST(DecodeRouteTable, ReportsAllErrorsAtOnce) {
  const Outcome outcome = Decode(kType, R"(
name: routes
virtual_hosts:
- name: one
  domains: ["a.com", "*.b*"]
  routes:
  - match: { prefix: / }
    route: { cluster: x, metadata_match: {} }
- name: two
  domains: ["A.com"]
  cors: {}
)");
  EXPECT_THAT(
      outcome.errors,
      ElementsAre(
          HasSubstr("virtual_hosts[0].domains[1]: must be a host name"),
          HasSubstr("virtual_hosts[0].routes[0].route.metadata_match: field"),
          HasSubstr("virtual_hosts[1].cors: field \"cors\""),
          HasSubstr("virtual_hosts[1].domains[0]: the domain is already that of virtual host "
                    "'one', got \"A.com\"")));
}

TEST(DecodeRouteTable, ListsWhatItIgnores) {
  const Outcome outcome = Decode(
      kType,
      WithRoute(
          "{match: {prefix: /, runtime_fraction: {default_value: {numerator: 1}, runtime_key: k}}, "
          "decorator: {operation: o}, route: {weighted_clusters: {total_weight: 2, clusters: "
          "[{name: c, weight: 1}]}}}"));
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_THAT(outcome.ignored,
              ElementsAre("virtual_hosts[0].routes[0].decorator",
                          "virtual_hosts[0].routes[0].route.weighted_clusters.total_weight"));
}

TEST(DecodeRouteTable, UnknownFieldsCanBeAllowed) {
  const std::string yaml = WithRoute(
      "{match: {prefix: /}, route: {cluster: c, metadata_match: {}, rate_limits: [{actions: "
      "[{remote_address: {}}]}]}}");
  const Outcome outcome = Decode(kType, yaml, true);
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_THAT(outcome.ignored, ElementsAre("virtual_hosts[0].routes[0].route.metadata_match",
                                           "virtual_hosts[0].routes[0].route.rate_limits"));
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
