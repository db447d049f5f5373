#include "source/schema/config_text.h"

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "gtest/gtest.h"
#include "source/schema/resource_type.h"

namespace weir::schema {
namespace {

using envoy::config::bootstrap::v3::Bootstrap;

bool Known(std::string_view name) {
  return name == envoy::extensions::filters::http::router::v3::Router::descriptor()->full_name() ||
         name == envoy::extensions::filters::network::http_connection_manager::v3::
                     HttpConnectionManager::descriptor()
                         ->full_name();
}

constexpr std::string_view kBootstrap = R"(
node: {id: n, cluster: c}
admin:
  address: {socket_address: {address: 127.0.0.1, port_value: 9901}}
dynamic_resources:
  ads_config:
    api_type: GRPC
    transport_api_version: V3
    grpc_services: [{envoy_grpc: {cluster_name: xds}}]
  lds_config: {ads: {}, resource_api_version: V3}
  cds_config: {ads: {}, resource_api_version: V3}
static_resources:
  listeners:
  - name: web
    address: {socket_address: {address: 0.0.0.0, port_value: 8080}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
          route_config:
            name: local
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {prefix: /}
                route: {cluster: xds, timeout: 3s}
          http_filters:
          - name: router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, start_child_span: true}
  clusters:
  - name: xds
    type: STRICT_DNS
    connect_timeout: 1s
    load_assignment:
      cluster_name: xds
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: control, port_value: 18000}}}
)";

TEST(ReadMessage, ReadsABootstrap) {
  Bootstrap bootstrap;
  Diagnostics diagnostics;
  const ReadResult result = ReadMessage({kBootstrap, "b.yaml"}, Known, bootstrap, diagnostics);
  EXPECT_TRUE(result.ok) << diagnostics.ToString();
  EXPECT_EQ(bootstrap.node().id(), "n");
  EXPECT_EQ(bootstrap.static_resources().listeners_size(), 1);
  ASSERT_EQ(result.ignored.size(), 1u);
  EXPECT_EQ(result.ignored[0].field, "start_child_span");
  EXPECT_EQ(result.source.Find("static_resources.clusters[0].type"), (Position{35, 11}));
}

TEST(ReadMessage, AnEmptyTextIsAnEmptyMessage) {
  Bootstrap bootstrap;
  Diagnostics diagnostics;
  EXPECT_TRUE(ReadMessage({"", "b.yaml"}, Known, bootstrap, diagnostics).ok)
      << diagnostics.ToString();
}

TEST(ReadMessage, MissingFieldsPassWhereTheCallerSaysSoAndUnknownNamesNever) {
  const auto read = [](std::string_view text, MissingFields missing) {
    Bootstrap bootstrap;
    Diagnostics diagnostics;
    const ReadResult result = ReadMessage({text, "b.yaml"}, Known, bootstrap, diagnostics, missing);
    return std::pair(result.ok, result.ignored.size());
  };
  EXPECT_EQ(read("header_prefix: x-weir\n", MissingFields::kRefuse).first, false);
  EXPECT_EQ(read("header_prefix: x-weir\n", MissingFields::kIgnore), std::pair(true, size_t{1}));
  EXPECT_EQ(read("heder_prefix: x-weir\n", MissingFields::kIgnore).first, false);
}

TEST(ReadMessage, GivesErrorsOfEveryStepTogetherInOrder) {
  Bootstrap bootstrap;
  Diagnostics diagnostics;
  const ReadResult result =
      ReadMessage({"static_resources:\n  clusters:\n  - name: ''\n    connect_timeout: 5\n    "
                   "lb_policy: MAGLEV\n"
                   "    outlier_detection: {}\n    load_asignment: {}\nhds_config: {}\n",
                   "b.yaml"},
                  Known, bootstrap, diagnostics);
  EXPECT_FALSE(result.ok);
  EXPECT_EQ(
      diagnostics.ToString(),
      "b.yaml:3:11: static_resources.clusters[0].name: must not be empty [string.min_len=1]\n"
      "b.yaml:4:22: static_resources.clusters[0].connect_timeout: must be a duration in seconds "
      "with the unit s, "
      "such as 1.5s, got \"5\"; did you mean \"5s\"?\n"
      "b.yaml:5:16: static_resources.clusters[0].lb_policy: value MAGLEV of field \"lb_policy\" of "
      "envoy.config.cluster.v3.Cluster is not supported\n"
      "b.yaml:6:5: static_resources.clusters[0].outlier_detection: field \"outlier_detection\" of "
      "envoy.config.cluster.v3.Cluster is not supported\n"
      "b.yaml:7:5: static_resources.clusters[0]: unknown field \"load_asignment\" in "
      "envoy.config.cluster.v3.Cluster; did you mean \"load_assignment\"?\n"
      "b.yaml:8:1: hds_config: field \"hds_config\" of envoy.config.bootstrap.v3.Bootstrap is not "
      "supported");
}

TEST(ReadMessage, TwoDocumentsAreOneTooMany) {
  Bootstrap bootstrap;
  Diagnostics diagnostics;
  EXPECT_FALSE(
      ReadMessage({"node: {id: a}\n---\nnode: {id: b}\n", "b.yaml"}, Known, bootstrap, diagnostics)
          .ok);
  EXPECT_EQ(diagnostics.ToString(), "b.yaml:3:1: one document is expected, not more");
}

constexpr std::string_view kTwoClusters =
    "'@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\nname: a\nconnect_timeout: 1s\n"
    "---\nversion_info: '1'\nresources:\n- '@type': "
    "type.googleapis.com/envoy.config.cluster.v3.Cluster\n  name: b\n"
    "- '@type': type.googleapis.com/envoy.service.discovery.v3.Resource\n  name: r\n  resource:\n"
    "    '@type': type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment\n    "
    "clusterName: e\n";

TEST(ReadResources, ReadsDocumentsListsAndWrappers) {
  Diagnostics diagnostics;
  const auto resources = ReadResources({kTwoClusters, "r.yaml"}, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  ASSERT_EQ(resources.size(), 3u);
  EXPECT_EQ(resources[0].name, "a");
  EXPECT_EQ(resources[0].position.line, 1);
  EXPECT_EQ(resources[1].name, "b");
  EXPECT_EQ(resources[1].position, (Position{7, 3}));
  EXPECT_EQ(resources[2].name, "e");
  EXPECT_EQ(resources[2].type_url, kClusterLoadAssignmentTypeUrl);
  EXPECT_EQ(resources[0].source.Find("connect_timeout"), (Position{3, 18}));
}

TEST(ReadResources, EqualTextsGiveEqualBytes) {
  Diagnostics diagnostics;
  const std::string head =
      "'@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\nname: a\nmetadata: "
      "{filter_metadata: ";
  const auto one = ReadResources({head + "{a: {x: 1}, b: {}, c: {}}}", "r.yaml"}, diagnostics);
  const auto two = ReadResources({head + "{c: {}, b: {}, a: {x: 1.0}}}", "r.yaml"}, diagnostics);
  ASSERT_TRUE(one.size() == 1 && two.size() == 1) << diagnostics.ToString();
  EXPECT_EQ(one[0].any.value(), two[0].any.value());
}

TEST(ReadResources, BadOnesAreNamedAndTheRestIsRead) {
  Diagnostics diagnostics;
  const auto resources = ReadResources(
      {"resources:\n- '@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\n  name: bad\n  "
       "connect_timeout: x\n"
       "- '@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\n  name: good\n"
       "- '@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\n  name: good\n"
       "- '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\n"
       "- name: nothing\n---\nstatic_resources: {}\n---\n[]\n",
       "r.yaml"},
      diagnostics);
  ASSERT_EQ(resources.size(), 1u);
  EXPECT_EQ(resources[0].name, "good");
  EXPECT_EQ(diagnostics.ToString(),
            "r.yaml:4:20: \"bad\": connect_timeout: must be a duration in seconds with the unit s, "
            "such as 1.5s, got \"x\"\n"
            "r.yaml:7:3: \"good\": a resource of this type and name stands before it\n"
            "r.yaml:9:3: envoy.extensions.filters.http.router.v3.Router is no resource: it belongs "
            "inside a listener, "
            "route or cluster\n"
            "r.yaml:10:3: needs \"@type\", which says what it is, such as "
            "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\n"
            "r.yaml:12:1: needs \"@type\", which says what it is, or a list \"resources\"; this "
            "looks like the bootstrap "
            "of a proxy\n"
            "r.yaml:14:1: must be a resource, or a mapping with \"resources\"");
}

TEST(ReadResources, CarriesWhatTheDataPlaneLacks) {
  Diagnostics diagnostics;
  const auto resources =
      ReadResources({"'@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\nname: "
                     "a\nlb_policy: MAGLEV\noutlier_detection: {}\n",
                     "r.yaml"},
                    diagnostics);
  EXPECT_EQ(resources.size(), 1u) << diagnostics.ToString();
}

}  // namespace
}  // namespace weir::schema
