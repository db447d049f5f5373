#include "source/schema/references.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "gtest/gtest.h"
#include "source/schema/document.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"
#include "source/schema/text_to_proto.h"

namespace weir::schema {
namespace {

// "path -> type name [source]", one a line.
std::string References(std::string_view type_url, std::string_view yaml) {
  Diagnostics diagnostics;
  const auto documents = ReadDocuments({yaml, "f.yaml"}, diagnostics);
  auto message = NewMessageByTypeUrl(type_url);
  NodeToMessage(*documents.front(), documents.front()->root(), *message, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.ToString();
  std::string out;
  for (const Reference& reference : CollectReferences(*message)) {
    out += reference.path + " -> " + std::string(ShortTypeName(reference.type_url)) + " " +
           reference.name;
    if (reference.source == Reference::Source::kAds) out += " ads";
    if (reference.source == Reference::Source::kOther) out += " other";
    out += "\n";
  }
  return out;
}

TEST(References, ListenerToRoutesSecretsAndClusters) {
  EXPECT_EQ(
      References(
          kListenerTypeUrl,
          "name: l\nfilter_chains:\n"
          "- transport_socket:\n    name: tls\n    typed_config:\n"
          "      '@type': t/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext\n"
          "      common_tls_context:\n        tls_certificate_sds_secret_configs:\n"
          "        - {name: cert, sds_config: {ads: {}}}\n        - {name: static}\n"
          "  filters:\n  - name: hcm\n    typed_config:\n"
          "      '@type': "
          "t/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager\n"
          "      rds: {route_config_name: r, config_source: {ads: {}}}\n"
          "      http_filters:\n      - {name: found, config_discovery: {config_source: {ads: {}}, "
          "type_urls: [x]}}\n"
          "      - {name: not_a_reference}\n"
          "- filters:\n  - name: tcp\n    typed_config:\n"
          "      '@type': t/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy\n"
          "      weighted_clusters: {clusters: [{name: c1, weight: 1}, {name: c2, weight: 2}]}\n"),
      "filter_chains[0].filters[0].typed_config.rds.route_config_name -> route r ads\n"
      "filter_chains[0].filters[0].typed_config.http_filters[0].name -> extension_config found "
      "ads\n"
      "filter_chains[0].transport_socket.typed_config.common_tls_context.tls_certificate_sds_"
      "secret_configs[0].name -> "
      "secret cert ads\n"
      "filter_chains[0].transport_socket.typed_config.common_tls_context.tls_certificate_sds_"
      "secret_configs[1].name -> "
      "secret static other\n"
      "filter_chains[1].filters[0].typed_config.weighted_clusters.clusters[0].name -> cluster c1\n"
      "filter_chains[1].filters[0].typed_config.weighted_clusters.clusters[1].name -> cluster "
      "c2\n");
}

TEST(References, RoutesToClustersAndMirrors) {
  EXPECT_EQ(References(kRouteConfigurationTypeUrl,
                       "name: r\nvirtual_hosts:\n- name: v\n  domains: ['*']\n  routes:\n"
                       "  - match: {prefix: /a}\n    route: {cluster: a, request_mirror_policies: "
                       "[{cluster: m}]}\n"
                       "  - match: {prefix: /b}\n    route: {weighted_clusters: {clusters: [{name: "
                       "b, weight: 1}]}}\n"
                       "  - match: {prefix: /c}\n    route: {cluster_header: x-cluster}\n"
                       "  - match: {prefix: /d}\n    redirect: {host_redirect: h}\n"),
            "virtual_hosts[0].routes[0].route.cluster -> cluster a\n"
            "virtual_hosts[0].routes[0].route.request_mirror_policies[0].cluster -> cluster m\n"
            "virtual_hosts[0].routes[1].route.weighted_clusters.clusters[0].name -> cluster b\n");
}

TEST(References, PluginsOfRoutesToClusters) {
  EXPECT_EQ(
      References(
          kRouteConfigurationTypeUrl,
          "name: r\ncluster_specifier_plugins:\n- extension:\n    name: p\n    typed_config:\n"
          "      '@type': "
          "t/envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier\n"
          "      cluster_matcher: {on_no_match: {action: {name: a, typed_config: {'@type': "
          "t/envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction, cluster: "
          "c}}}}\n"),
      "cluster_specifier_plugins[0].extension.typed_config.cluster_matcher.on_no_match.action."
      "typed_config.cluster -> cluster c\n");
}

TEST(References, ClustersToEndpoints) {
  EXPECT_EQ(References(kClusterTypeUrl,
                       "{name: c, type: EDS, eds_cluster_config: {eds_config: {ads: {}}}}"),
            "name -> endpoint c ads\n");
  EXPECT_EQ(
      References(
          kClusterTypeUrl,
          "{name: c, type: EDS, eds_cluster_config: {service_name: s, eds_config: {path: /x}}}"),
      "eds_cluster_config.service_name -> endpoint s other\n");
  EXPECT_EQ(References(kClusterTypeUrl, "{name: c, type: STATIC}"), "");
}

TEST(References, CompiledInMessagesGiveTheSame) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name("c");
  cluster.set_type(envoy::config::cluster::v3::Cluster::EDS);
  cluster.mutable_eds_cluster_config()->mutable_eds_config()->mutable_ads();
  const std::vector<Reference> expected = {
      {"name", std::string(kClusterLoadAssignmentTypeUrl), "c", Reference::Source::kAds}};
  EXPECT_EQ(CollectReferences(cluster), expected);
}

}  // namespace
}  // namespace weir::schema
