#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/config/proto/decoding.h"

namespace weir::config::proto {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kDynamic = R"(
node: { id: n1, cluster: c1 }
admin:
  address: { socket_address: { address: 127.0.0.1, port_value: 9901 } }
  allow_paths: [ { prefix: /stats }, { exact: /ready } ]
  socket_options: [ { level: 1, name: 2, int_value: 1 } ]
  access_log:
  - name: out
    typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog }
stats_config: { stats_tags: [ { tag_name: site, fixed_value: east } ] }
stats_flush_interval: 5s
dynamic_resources:
  ads_config:
    api_type: DELTA_GRPC
    grpc_services: [ { envoy_grpc: { cluster_name: xds }, initial_metadata: [ { key: Token, value: t } ] } ]
  lds_config: { ads: {}, resource_api_version: V3 }
  cds_config: { path_config_source: { path: /etc/cds.yaml } }
static_resources:
  clusters:
  - name: xds
    type: STRICT_DNS
    http2_protocol_options: {}
    load_assignment: { cluster_name: xds, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: control, port_value: 18000 } } } } ] } ] }
)";

TEST(DecodeBootstrap, ClustersWithoutAnyBindAsTheManagerSays) {
  const BootstrapOutcome outcome = ReadBootstrap(R"(
admin: { ignore_global_conn_limit: true }
cluster_manager: { upstream_bind_config: { source_address: { address: 10.0.0.1, port_value: 0 } } }
static_resources:
  clusters:
  - { name: a, load_assignment: { cluster_name: a } }
  - name: b
    load_assignment: { cluster_name: b }
    upstream_bind_config: { source_address: { address: 10.0.0.2, port_value: 0 } }
)");
  ASSERT_TRUE(outcome.bootstrap.has_value()) << testing::PrintToString(outcome.errors);
  const auto source_of = [&](size_t i) {
    return outcome.bootstrap->clusters[i]->sockets->bind->SourceFor(false).address->ToString();
  };
  EXPECT_EQ(outcome.bootstrap->upstream_bind->SourceFor(false).address->ToString(), "10.0.0.1:0");
  EXPECT_EQ(source_of(0), "10.0.0.1:0");
  EXPECT_EQ(source_of(1), "10.0.0.2:0");
  EXPECT_THAT(outcome.ignored, ElementsAre(HasSubstr("admin.ignore_global_conn_limit")));
}

TEST(DecodeBootstrap, ReadsWhatAControlPlaneNeeds) {
  const BootstrapOutcome outcome = ReadBootstrap(kDynamic);
  ASSERT_TRUE(outcome.bootstrap.has_value()) << testing::PrintToString(outcome.errors);
  const Bootstrap& bootstrap = *outcome.bootstrap;
  EXPECT_EQ(bootstrap.node_id, "n1");
  EXPECT_EQ(bootstrap.node_cluster, "c1");
  EXPECT_FALSE(bootstrap.node_bytes.empty());
  EXPECT_EQ(bootstrap.admin_address->ToString(), "127.0.0.1:9901");
  EXPECT_EQ(bootstrap.admin_access_logs.size(), 1u);
  ASSERT_EQ(bootstrap.admin_allow_paths.size(), 2u);
  EXPECT_TRUE(bootstrap.admin_allow_paths[0].Matches("/stats/prometheus"));
  EXPECT_EQ(bootstrap.admin_socket_options.size(), 1u);
  EXPECT_TRUE(bootstrap.ads->delta);
  EXPECT_EQ(bootstrap.ads->cluster, "xds");
  EXPECT_THAT(bootstrap.ads->initial_metadata, ElementsAre(testing::Pair("token", "t")));
  EXPECT_EQ(bootstrap.lds.kind, ConfigSource::Kind::kAds);
  EXPECT_EQ(bootstrap.cds.kind, ConfigSource::Kind::kPath);
  EXPECT_EQ(bootstrap.cds.path, "/etc/cds.yaml");
  EXPECT_EQ(bootstrap.clusters[0]->type, DiscoveryType::kStrictDns);
  EXPECT_THAT(bootstrap.stats.tags,
              ElementsAre(StatsConfig::Tag{.name = "site", .fixed_value = "east", .regex = {}}));
  EXPECT_EQ(bootstrap.stats.flush_interval, std::chrono::seconds(5));
  EXPECT_THAT(outcome.ignored, ElementsAre());
}

TEST(DecodeBootstrap, WhatOtherProxiesExtendTheirsWith) {
  const auto outcome = ReadBootstrap(R"(
application_log_config: { log_format: { text_format: "%v" } }
default_regex_engine:
  name: envoy.regex_engines.google_re2
  typed_config: { "@type": type.googleapis.com/envoy.extensions.regex_engines.v3.GoogleRE2 }
bootstrap_extensions:
- name: envoy.bootstrap.internal_listener
  typed_config:
    "@type": type.googleapis.com/udpa.type.v1.TypedStruct
    type_url: type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener
    value: { buffer_size_kb: 64 }
- name: updates
  typed_config: { "@type": type.googleapis.com/weir.config.v1.DynamicUpdates, transactional: true }
)");
  ASSERT_TRUE(outcome.bootstrap.has_value()) << testing::PrintToString(outcome.errors);
  EXPECT_TRUE(outcome.bootstrap->updates.transactional);
  EXPECT_THAT(outcome.ignored,
              testing::UnorderedElementsAre("application_log_config",
                                            "bootstrap_extensions[0].typed_config"));
}

TEST(DecodeBootstrap, AnEmptyOneIsFine) { EXPECT_TRUE(ReadBootstrap("").bootstrap.has_value()); }

// The static part with routes whose fractions and weights have keys.
constexpr std::string_view kRuntime = R"yaml(
layered_runtime:
  layers:
  - name: base
    static_layer: { half: 50, part: { numerator: 5, denominator: TEN_THOUSAND }, nested: { key: 9 } }
  - name: later
    static_layer: { half: "25", weights.two: 7, flag: true }
static_resources:
  clusters: [ { name: one, type: STATIC }, { name: two, type: STATIC } ]
  listeners:
  - name: l
    address: { socket_address: { address: 127.0.0.1, port_value: 80 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: x
          http_filters:
          - name: router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
          route_config:
            virtual_hosts:
            - name: v
              domains: ["*"]
              routes:
              - match: { prefix: /, runtime_fraction: { runtime_key: half, default_value: { numerator: 1 } } }
                route:
                  weighted_clusters:
                    runtime_key_prefix: weights
                    clusters: [ { name: one, weight: 1 }, { name: two, weight: 1 } ]
              - match: { prefix: /, runtime_fraction: { runtime_key: part, default_value: { numerator: 1 } } }
                route: { cluster: one }
              - match: { prefix: /, runtime_fraction: { runtime_key: flag, default_value: { numerator: 1 } } }
                route: { cluster: one }
)yaml";

TEST(DecodeBootstrap, RuntimeKeysGiveFractionsAndWeights) {
  const BootstrapOutcome outcome = ReadBootstrap(kRuntime);
  ASSERT_TRUE(outcome.bootstrap.has_value()) << testing::PrintToString(outcome.errors);
  EXPECT_EQ(outcome.bootstrap->runtime->IntegerOf("nested.key"), 9u);
  EXPECT_EQ(outcome.bootstrap->runtime->IntegerOf("flag"), std::nullopt);
  EXPECT_EQ(outcome.bootstrap->runtime->NumberOf("nested.key"), 9.0);
  EXPECT_EQ(outcome.bootstrap->runtime->NumberOf("flag"), std::nullopt);
  const std::vector<Runtime::Layer>& layers = outcome.bootstrap->runtime->layers();
  ASSERT_FALSE(layers.empty());
  EXPECT_EQ(layers.front().values.at("nested.key"), "9");
  const auto& http = *std::get<0>(outcome.bootstrap->listeners[0]->filter_chains[0]->terminal);
  const std::vector<Route>& routes = http.routes->virtual_hosts[0].routes;
  EXPECT_EQ(routes[0].match.runtime_fraction->per_million, 250'000u);
  EXPECT_EQ(routes[1].match.runtime_fraction->per_million, 500u);
  EXPECT_EQ(routes[2].match.runtime_fraction->per_million, 10'000u);
  const auto& action = std::get<RouteAction>(routes[0].action);
  EXPECT_EQ(std::get<WeightedClusters>(action.cluster).total_weight, 8u);
}

TEST(DecodeBootstrap, RefusesByNameAndPath) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"{dynamic_resources: {lds_config: {ads: {}}}}",
       "dynamic_resources.lds_config: `ads` needs dynamic_resources.ads_config"},
      {"{dynamic_resources: {cds_config: {self: {}}}}",
       "dynamic_resources.cds_config: `self` has no meaning"},
      {"{dynamic_resources: {cds_config: {api_config_source: {api_type: GRPC, "
       "transport_api_version: V3}}}}",
       "dynamic_resources.cds_config.api_config_source.grpc_services: there must be exactly one"},
      {"{dynamic_resources: {cds_config: {api_config_source: {api_type: GRPC, "
       "transport_api_version: V3, rate_limit_settings: {max_tokens: 0}, grpc_services: "
       "[{envoy_grpc: {cluster_name: a}}]}}}, static_resources: {clusters: [{name: a, "
       "load_assignment: {cluster_name: a}}]}}",
       "rate_limit_settings.max_tokens: must be more than 0"},
      {"{dynamic_resources: {ads_config: {api_type: GRPC, transport_api_version: V3, "
       "grpc_services: [{envoy_grpc: {cluster_name: none}}]}}}",
       "grpc_services[0].envoy_grpc.cluster_name: there is no static cluster of this name"},
      {"{dynamic_resources: {ads_config: {api_type: GRPC, transport_api_version: V2, "
       "grpc_services: [{envoy_grpc: {cluster_name: a}}]}}, static_resources: {clusters: [{name: "
       "a, load_assignment: {cluster_name: a}}]}}",
       "transport_api_version"},
      {"{static_resources: {clusters: [{name: a, load_assignment: {cluster_name: a}}, {name: a, "
       "load_assignment: {cluster_name: a}}]}}",
       "static_resources.clusters[1].name: there is a cluster of this name already"},
      {"{bootstrap_extensions: [{name: a, typed_config: {\"@type\": "
       "type.googleapis.com/weir.config.v1.DynamicUpdates}}, {name: b, typed_config: {\"@type\": "
       "type.googleapis.com/weir.config.v1.DynamicUpdates}}]}",
       "bootstrap_extensions[1]: weir.config.v1.DynamicUpdates stands there already"},
      {"{bootstrap_extensions: [{name: a, typed_config: {\"@type\": "
       "type.googleapis.com/weir.config.v1.DynamicUpdates, last_good: {path: /a}}}]}",
       "last_good: keeps what comes by dynamic_resources.ads_config, and there is none"},
      {"{default_regex_engine: {name: a, typed_config: {\"@type\": "
       "type.googleapis.com/weir.config.v1.DynamicUpdates}}}",
       "default_regex_engine.typed_config: must be a envoy.extensions.regex_engines.v3.GoogleRE2"},
      {"{admin: {address: {socket_address: {address: localhost, port_value: 1}}}}",
       "admin.address.socket_address.address: is not an IP address"},
  };
  for (const auto& [yaml, error] : cases) {
    EXPECT_THAT(ReadBootstrap(yaml).errors, ElementsAre(HasSubstr(error))) << yaml;
  }
}

std::string WithStaticListener(std::string_view validate) {
  return R"(
static_resources:
  clusters: [ { name: web, load_assignment: { cluster_name: web } } ]
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 8080 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
          http_filters: [ { name: r, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } } ]
          route_config:
            name: local
            virtual_hosts: [ { name: v, domains: ["*"], routes: [ { match: { prefix: / }, route: { cluster: wbe } } ] } ]
)" + std::string(validate);
}

TEST(DecodeBootstrap, StaticRoutesNameStaticClusters) {
  EXPECT_THAT(ReadBootstrap(WithStaticListener("")).errors,
              ElementsAre(HasSubstr(
                  "static_resources.listeners[0].filter_chains[0].filters[0].typed_config."
                  "route_config.virtual_hosts[0].routes[0].route.cluster: there is no such "
                  "cluster; did you mean 'web'?, got \"wbe\"")));
  const BootstrapOutcome outcome =
      ReadBootstrap(WithStaticListener("            validate_clusters: false\n"));
  ASSERT_TRUE(outcome.bootstrap.has_value());
  EXPECT_EQ(outcome.bootstrap->listeners[0]->name, "127.0.0.1:8080");
}

}  // namespace
}  // namespace weir::config::proto
