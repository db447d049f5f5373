#include "source/schema/supported.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.pb.h"
#include "gtest/gtest.h"
#include "source/base/strings.h"
#include "source/schema/document.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"
#include "source/schema/text_to_proto.h"

namespace weir::schema {
namespace {

using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

bool Known(std::string_view name) {
  // Named here, so that they are linked.
  return name == envoy::extensions::filters::http::router::v3::Router::descriptor()->full_name() ||
         name == HttpConnectionManager::descriptor()->full_name() ||
         name ==
             envoy::extensions::load_balancing_policies::round_robin::v3::RoundRobin::descriptor()
                 ->full_name();
}

// Reads YAML as the whole API's message, and its bytes as ours, as they come over the wire.
template <typename Resource>
SupportReport Check(std::string_view yaml) {
  Diagnostics diagnostics;
  const auto documents = ReadDocuments({yaml, "f.yaml"}, diagnostics);
  auto full = NewMessageByTypeUrl(Resource::descriptor()->full_name());
  NodeToMessage(*documents.front(), documents.front()->root(), *full, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.ToString();
  Resource resource;
  EXPECT_TRUE(resource.ParseFromString(full->SerializeAsString()));
  return CheckSupported(resource, Known);
}

using envoy::config::cluster::v3::Cluster;
using envoy::config::listener::v3::Listener;

std::string Refused(const SupportReport& report) {
  Diagnostics diagnostics;
  AddRefused(report, diagnostics);
  return diagnostics.ToString();
}

TEST(Supported, FieldsEnumValuesAndExtensionsAreNamedWithTheirPath) {
  EXPECT_EQ(Refused(Check<Cluster>(
                "name: a\nlb_policy: RING_HASH\noutlier_detection: {}\n"
                "load_assignment:\n  cluster_name: a\n  endpoints:\n  - {}\n"
                "  - lb_endpoints:\n    - endpoint: {health_check_config: {port_value: 1}}\n")),
            "outlier_detection: field \"outlier_detection\" of "
            "envoy.config.cluster.v3.Cluster is "
            "not supported\n"
            "lb_policy: value RING_HASH of field \"lb_policy\" of envoy.config.cluster.v3.Cluster "
            "is not supported\n"
            "load_assignment.endpoints[1].lb_endpoints[0].endpoint.health_check_config: field "
            "\"health_check_config\" "
            "of envoy.config.endpoint.v3.Endpoint is not supported");
}

TEST(Supported, LooksIntoExtensions) {
  EXPECT_EQ(
      Refused(Check<Listener>(
          "name: l\nfilter_chains:\n- filters:\n  - name: hcm\n    typed_config:\n"
          "      '@type': "
          "t/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager\n"
          "      tracing: {}\n      http_filters:\n      - name: lua\n        typed_config:\n"
          "          '@type': t/envoy.extensions.filters.http.lua.v3.Lua\n"
          "      - name: router\n        typed_config:\n"
          "          '@type': t/envoy.extensions.filters.http.router.v3.Router\n"
          "          upstream_http_filters: [{name: codec}]\n")),
      "filter_chains[0].filters[0].typed_config.tracing: field \"tracing\" of "
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager is not "
      "supported\n"
      "filter_chains[0].filters[0].typed_config.http_filters[0].typed_config: extension type "
      "envoy.extensions.filters.http.lua.v3.Lua is not supported\n"
      "filter_chains[0].filters[0].typed_config.http_filters[1].typed_config.upstream_http_filters:"
      " "
      "field "
      "\"upstream_http_filters\" of envoy.extensions.filters.http.router.v3.Router is not "
      "supported");
}

TEST(Supported, LooksThroughTypedStructs) {
  EXPECT_EQ(
      Refused(Check<Listener>(
          "name: l\nfilter_chains:\n- filters:\n  - name: hcm\n    typed_config:\n"
          "      '@type': t/xds.type.v3.TypedStruct\n"
          "      type_url: "
          "t/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager\n"
          "      value: {stat_prefix: a, scoped_routes: {}}\n")),
      "filter_chains[0].filters[0].typed_config.scoped_routes: field "
      "\"scoped_routes\" of "
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager is not "
      "supported");
}

TEST(Supported, IgnorableFieldsAreListedWithTheirReason) {
  const SupportReport report = Check<Cluster>("name: a\ntrack_timeout_budgets: true\n");
  EXPECT_TRUE(report.refused.empty());
  ASSERT_EQ(report.ignored.size(), 1u);
  EXPECT_EQ(report.ignored[0].path, "track_timeout_budgets");
  EXPECT_EQ(report.ignored[0].reason, "asks for more statistics");
}

TEST(Supported, OptionalFiltersMayBeUnknown) {
  const char* kHead =
      "name: l\nfilter_chains:\n- filters:\n  - name: hcm\n    typed_config:\n"
      "      '@type': "
      "t/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager\n"
      "      http_filters:\n      - name: lua\n        typed_config: {'@type': "
      "t/envoy.extensions.filters.http.lua.v3.Lua}\n";
  const SupportReport optional =
      Check<Listener>(std::string(kHead) + "        is_optional: true\n");
  EXPECT_TRUE(optional.refused.empty());
  ASSERT_EQ(optional.ignored.size(), 1u);
  EXPECT_EQ(optional.ignored[0].value, "envoy.extensions.filters.http.lua.v3.Lua");
  EXPECT_EQ(Check<Listener>(kHead).refused.size(), 1u);
}

TEST(Supported, OptionalPluginsOfRoutesMayBeUnknown) {
  const char* kPlugin =
      "{name: r, cluster_specifier_plugins: [{extension: {name: lua, typed_config: {'@type': "
      "t/envoy.extensions.router.cluster_specifiers.lua.v3.LuaConfig}}, is_optional: ";
  const SupportReport optional =
      Check<envoy::config::route::v3::RouteConfiguration>(StrCat(kPlugin, "true}]}"));
  EXPECT_TRUE(optional.refused.empty());
  ASSERT_EQ(optional.ignored.size(), 1u);
  EXPECT_EQ(optional.ignored[0].path, "cluster_specifier_plugins[0].extension.typed_config");
  EXPECT_EQ(Check<envoy::config::route::v3::RouteConfiguration>(StrCat(kPlugin, "false}]}"))
                .refused.size(),
            1u);
}

TEST(Supported, TheFirstKnownLoadBalancingPolicyCounts) {
  const std::string maglev =
      "  - typed_extension_config: {name: m, typed_config: {'@type': "
      "t/envoy.extensions.load_balancing_policies.maglev.v3.Maglev}}\n";
  const std::string round_robin =
      "  - typed_extension_config: {name: r, typed_config: {'@type': "
      "t/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin}}\n";
  const std::string head = "name: a\nload_balancing_policy:\n  policies:\n";
  const SupportReport second = Check<Cluster>(head + maglev + round_robin);
  EXPECT_TRUE(second.refused.empty());
  EXPECT_EQ(second.ignored.size(), 1u);
  EXPECT_TRUE(Check<Cluster>(head + round_robin + maglev).ignored.empty());
  EXPECT_EQ(Refused(Check<Cluster>(head + maglev)),
            "load_balancing_policy.policies[0].typed_extension_config.typed_config: extension type "
            "envoy.extensions.load_balancing_policies.maglev.v3.Maglev is not supported");
}

TEST(Supported, FieldNumbersOfANewerApiAreRefusedByNumber) {
  Cluster cluster;
  ASSERT_TRUE(
      cluster.ParseFromString(std::string("\x0a\x01"
                                          "a\xc8\x3e\x01",
                                          6)));
  EXPECT_EQ(Refused(CheckSupported(cluster, Known)),
            "#1001: field #1001 of envoy.config.cluster.v3.Cluster is unknown; it may come from a "
            "newer API");
}

TEST(Supported, MissingFieldsPassWhereTheOperatorSaysSoAndNothingElseDoes) {
  const auto check = [](const auto& message) {
    return CheckSupported(message, Known, MissingFields::kIgnore);
  };
  Cluster cluster;
  ASSERT_TRUE(
      cluster.ParseFromString(std::string("\x0a\x01"
                                          "a\xc8\x3e\x01",
                                          6)));
  const SupportReport report = check(cluster);
  EXPECT_TRUE(report.refused.empty());
  ASSERT_EQ(report.ignored.size(), 1u);
  EXPECT_EQ(report.ignored[0].reason, "unknown fields are allowed");
  // A match without one of its conditions would match more.
  Listener listener;
  ASSERT_TRUE(
      listener.add_filter_chains()->mutable_filter_chain_match()->ParseFromString("\xc8\x3e\x01"));
  EXPECT_EQ(Refused(check(listener)),
            "filter_chains[0].filter_chain_match.#1001: field #1001 of "
            "envoy.config.listener.v3.FilterChainMatch is unknown; it may come from a newer API");
  // An unknown extension is none that may be missing.
  Listener extension;
  extension.add_filter_chains()->add_filters()->mutable_typed_config()->set_type_url("t/x.Y");
  EXPECT_EQ(check(extension).refused.size(), 1u);
}

TEST(Supported, WhatMayBeMissing) {
  EXPECT_TRUE(MayBeMissing("envoy.config.bootstrap.v3.Bootstrap"));
  EXPECT_TRUE(MayBeMissing("envoy.config.cluster.v3.Cluster"));
  for (const char* name :
       {"envoy.config.route.v3.RouteMatch", "envoy.config.route.v3.HeaderMatcher",
        "envoy.config.cluster.v3.CircuitBreakers.Thresholds",
        "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "envoy.type.matcher.v3.StringMatcher", "envoy.config.rbac.v3.Policy"}) {
    EXPECT_FALSE(MayBeMissing(name)) << name;
  }
}

TEST(Supported, BrokenBytesInAKnownExtensionAreRefused) {
  Listener listener;
  auto* any = listener.add_filter_chains()->add_filters()->mutable_typed_config();
  any->set_type_url("t/envoy.extensions.filters.http.router.v3.Router");
  any->set_value("\x0a\x7f");
  EXPECT_EQ(CheckSupported(listener, Known).refused.size(), 1u);
}

TEST(Supported, AFullMessageOfOursHasNothingToRefuse) {
  EXPECT_EQ(
      Refused(Check<Cluster>("name: a\ntype: EDS\neds_cluster_config: {eds_config: {ads: {}}}\n"
                             "lb_policy: LEAST_REQUEST\nconnect_timeout: 1s\nmetadata: "
                             "{filter_metadata: {a: {b: 1}}}\n")),
      "");
}

}  // namespace
}  // namespace weir::schema
