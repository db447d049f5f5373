// Resources as a control plane streams them, for scenarios that change them.
#pragma once

#include <string>

#include "source/schema/resource_type.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/world.h"

namespace weir::scenario {

inline constexpr char kGet[] = "GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n";
inline constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

inline constexpr char kDynamicBootstrap[] = R"(
node: { id: n, cluster: c }
dynamic_resources:
  ads_config:
    api_type: GRPC
    transport_api_version: V3
    grpc_services: [{ envoy_grpc: { cluster_name: control_plane } }]
  lds_config: { resource_api_version: V3, ads: {} }
  cds_config: { resource_api_version: V3, ads: {} }
static_resources:
  clusters:
  - name: control_plane
    load_assignment:
      cluster_name: control_plane
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 10.0.0.99, port_value: 18000 } } }
)";

inline std::string Cluster(const std::string& name, const std::string& more = "") {
  return "- \"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster\n  name: " + name +
         "\n  type: EDS\n  eds_cluster_config: { eds_config: { resource_api_version: V3, ads: {} } "
         "}\n" +
         more;
}

inline std::string Endpoints(const std::string& cluster, const std::string& ip) {
  return "- \"@type\": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment\n"
         "  cluster_name: " +
         cluster +
         "\n  endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: " +
         ip + ", port_value: 80 } } } }] }]\n";
}

inline std::string Listener(const std::string& name, int port, const std::string& more = "") {
  return "- \"@type\": type.googleapis.com/envoy.config.listener.v3.Listener\n  name: " + name +
         "\n  address: { socket_address: { address: 10.0.0.100, port_value: " +
         std::to_string(port) + " } }\n" + more + R"(
  filter_chains:
  - filters:
    - name: http
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
        stat_prefix: edge
        rds: { route_config_name: routes, config_source: { resource_api_version: V3, ads: {} } }
        http_filters:
        - name: router
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
)";
}

inline std::string Routes(const std::string& cluster) {
  return "- \"@type\": type.googleapis.com/envoy.config.route.v3.RouteConfiguration\n  name: "
         "routes\n"
         "  virtual_hosts: [{ name: v, domains: [\"*\"], routes: [{ match: { prefix: / }, route: { "
         "cluster: " +
         cluster + " } }] }]\n";
}

// A world that has been given one listener, its routes, and the cluster "one" at 10.0.0.1.
struct Streamed {
  explicit Streamed(const std::string& bootstrap = kDynamicBootstrap, WorldOptions options = {})
      : world(bootstrap, std::move(options)), control(world) {
    control.Send(schema::kClusterTypeUrl, "c1", Cluster("one"));
    control.Send(schema::kClusterLoadAssignmentTypeUrl, "e1", Endpoints("one", "10.0.0.1"));
    control.Send(schema::kListenerTypeUrl, "l1", Listener("edge", 80));
    control.Send(schema::kRouteConfigurationTypeUrl, "r1", Routes("one"));
  }

  World world;
  ControlPlane control;
};

}  // namespace weir::scenario
