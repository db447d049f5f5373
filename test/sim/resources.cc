#include "test/sim/resources.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
#include "source/base/strings.h"

namespace weir::sim {
namespace {

namespace cluster_pb = envoy::config::cluster::v3;
namespace core = envoy::config::core::v3;
namespace endpoint_pb = envoy::config::endpoint::v3;
namespace hcm_pb = envoy::extensions::filters::network::http_connection_manager::v3;
namespace listener_pb = envoy::config::listener::v3;
namespace route_pb = envoy::config::route::v3;
namespace tcp_pb = envoy::extensions::filters::network::tcp_proxy::v3;
namespace upstream_pb = envoy::extensions::upstreams::http::v3;
using control::engine::MakeResource;
using control::engine::ResourcePtr;

void SetAds(core::ConfigSource& source) {
  source.set_resource_api_version(core::V3);
  source.mutable_ads();
}

void SetAddress(core::Address& address, std::string_view text) {
  const size_t colon = text.rfind(':');
  core::SocketAddress& socket = *address.mutable_socket_address();
  socket.set_address(std::string(text.substr(0, colon)));
  socket.set_port_value(static_cast<uint32_t>(ParseUint64(text.substr(colon + 1)).value_or(0)));
}

std::string ClusterName(size_t index) { return StrCat("c", index); }

void SetProtocol(const ClusterPlan& plan, const ClusterState& state, cluster_pb::Cluster& cluster) {
  upstream_pb::HttpProtocolOptions options;
  if (plan.max_requests_per_connection > 0) {
    options.mutable_common_http_protocol_options()
        ->mutable_max_requests_per_connection()
        ->set_value(plan.max_requests_per_connection);
  }
  auto& explicit_config = *options.mutable_explicit_http_config();
  if (state.http2) {
    auto& http2 = *explicit_config.mutable_http2_protocol_options();
    // Streams opened before the upstream's SETTINGS have come must fit too.
    http2.mutable_max_concurrent_streams()->set_value(plan.peer_max_streams);
    if (plan.window > 0) {
      http2.mutable_initial_stream_window_size()->set_value(plan.window);
      http2.mutable_initial_connection_window_size()->set_value(plan.window);
    }
  } else {
    explicit_config.mutable_http_protocol_options()->set_enable_trailers(true);
  }
  auto& any = (*cluster.mutable_typed_extension_protocol_options())
      ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
  any.PackFrom(options);
}

control::engine::Reference ReferenceTo(std::string_view type_url, std::string name) {
  return {.type_url = std::string(type_url), .name = std::move(name)};
}

ResourcePtr ClusterResource(size_t index, const ClusterPlan& plan, const ClusterState& state) {
  cluster_pb::Cluster cluster;
  cluster.set_name(ClusterName(index));
  cluster.set_type(cluster_pb::Cluster::EDS);
  SetAds(*cluster.mutable_eds_cluster_config()->mutable_eds_config());
  cluster.mutable_connect_timeout()->set_seconds(1 + state.revision % kLongestConnect.count());
  constexpr cluster_pb::Cluster::LbPolicy kPolicies[] = {cluster_pb::Cluster::ROUND_ROBIN,
                                                         cluster_pb::Cluster::LEAST_REQUEST,
                                                         cluster_pb::Cluster::RANDOM};
  cluster.set_lb_policy(kPolicies[(index + state.revision) % 3]);
  cluster.mutable_per_connection_buffer_limit_bytes()->set_value(plan.buffer_limit);
  auto& limits = *cluster.mutable_circuit_breakers()->add_thresholds();
  limits.mutable_max_connections()->set_value(plan.max_connections);
  limits.mutable_max_pending_requests()->set_value(plan.max_pending);
  limits.mutable_max_requests()->set_value(plan.max_requests);
  limits.mutable_max_retries()->set_value(1000);
  SetProtocol(plan, state, cluster);
  return MakeResource(std::string(control::engine::kClusterType), cluster.name(),
                      cluster.SerializeAsString(),
                      {ReferenceTo(control::engine::kEndpointType, cluster.name())});
}

ResourcePtr EndpointsResource(size_t index, const ClusterState& state) {
  endpoint_pb::ClusterLoadAssignment assignment;
  assignment.set_cluster_name(ClusterName(index));
  auto& locality = *assignment.add_endpoints();
  for (size_t endpoint : state.endpoints) {
    SetAddress(*locality.add_lb_endpoints()->mutable_endpoint()->mutable_address(),
               UpstreamAddress(index, endpoint));
  }
  return MakeResource(std::string(control::engine::kEndpointType), assignment.cluster_name(),
                      assignment.SerializeAsString());
}

void SetManager(const ListenerPlan& plan, uint32_t revision,
                hcm_pb::HttpConnectionManager& manager) {
  manager.set_stat_prefix("sim");
  manager.set_via(StrCat("sim", revision));
  manager.mutable_rds()->set_route_config_name("routes");
  SetAds(*manager.mutable_rds()->mutable_config_source());
  manager.mutable_http_protocol_options()->set_enable_trailers(true);
  manager.mutable_http2_protocol_options()->set_allow_connect(true);
  manager.add_upgrade_configs()->set_upgrade_type("websocket");
  if (plan.window > 0) {
    auto& http2 = *manager.mutable_http2_protocol_options();
    http2.mutable_initial_stream_window_size()->set_value(plan.window);
    // Room for all: else a request that waits for a connection may fill the window, and the one
    // that has the connection cannot send its body until stream_idle_timeout.
    http2.mutable_initial_connection_window_size()->set_value(plan.window *
                                                              ClientPlan::kMostStreams);
  }
  if (plan.max_requests_per_connection > 0) {
    manager.mutable_common_http_protocol_options()
        ->mutable_max_requests_per_connection()
        ->set_value(plan.max_requests_per_connection);
  }
  auto& filter = *manager.add_http_filters();
  filter.set_name("router");
  filter.mutable_typed_config()->PackFrom(envoy::extensions::filters::http::router::v3::Router());
}

ResourcePtr ListenerResource(size_t index, const ListenerPlan& plan, uint32_t revision) {
  listener_pb::Listener listener;
  listener.set_name(StrCat("l", index));
  SetAddress(*listener.mutable_address(), ListenerAddress(index));
  listener.mutable_per_connection_buffer_limit_bytes()->set_value(plan.buffer_limit);
  hcm_pb::HttpConnectionManager manager;
  SetManager(plan, revision, manager);
  auto& filter = *listener.add_filter_chains()->add_filters();
  filter.set_name("http");
  filter.mutable_typed_config()->PackFrom(manager);
  return MakeResource(std::string(control::engine::kListenerType), listener.name(),
                      listener.SerializeAsString(),
                      {ReferenceTo(control::engine::kRouteType, "routes")});
}

void SetWeight(uint32_t weight, route_pb::WeightedCluster::ClusterWeight& cluster) {
  cluster.mutable_weight()->set_value(weight);
}
void SetWeight(uint32_t weight, tcp_pb::TcpProxy::WeightedCluster::ClusterWeight& cluster) {
  cluster.set_weight(weight);
}

// What a TCP proxy's configuration and a route's have in common.
template <typename Message>
void SetClusters(const Target& target, Message& message) {
  if (target.clusters.size() == 1) {
    message.set_cluster(ClusterName(target.clusters[0]));
    return;
  }
  for (size_t cluster : target.clusters) {
    auto& weighted = *message.mutable_weighted_clusters()->add_clusters();
    weighted.set_name(ClusterName(cluster));
    SetWeight(static_cast<uint32_t>(10 + 5 * cluster), weighted);
  }
}

void SetTarget(const Target& target, route_pb::RouteAction& action) {
  action.mutable_timeout()->set_seconds(0);
  SetClusters(target, action);
}

// CONNECT ends at the proxy, and leads to where the first group of paths does.
void AddConnectRoute(const Target& target, route_pb::VirtualHost& host) {
  auto& route = *host.add_routes();
  route.mutable_match()->mutable_connect_matcher();
  SetTarget(target, *route.mutable_route());
  auto& upgrade = *route.mutable_route()->add_upgrade_configs();
  upgrade.set_upgrade_type("CONNECT");
  upgrade.mutable_connect_config();
}

// So does the TCP proxy.
ResourcePtr RawListenerResource(const Target& target) {
  listener_pb::Listener listener;
  listener.set_name("raw");
  SetAddress(*listener.mutable_address(), kRawListenerAddress);
  tcp_pb::TcpProxy proxy;
  proxy.set_stat_prefix("raw");
  SetClusters(target, proxy);
  auto& filter = *listener.add_filter_chains()->add_filters();
  filter.set_name("tcp");
  filter.mutable_typed_config()->PackFrom(proxy);
  std::vector<control::engine::Reference> references;
  for (size_t cluster : target.clusters) {
    references.push_back(ReferenceTo(control::engine::kClusterType, ClusterName(cluster)));
  }
  return MakeResource(std::string(control::engine::kListenerType), listener.name(),
                      listener.SerializeAsString(), std::move(references));
}

ResourcePtr RoutesResource(const ConfigState& state) {
  route_pb::RouteConfiguration routes;
  routes.set_name("routes");
  auto& added = *routes.add_response_headers_to_add();
  added.mutable_header()->set_key("x-routes");
  added.mutable_header()->set_value(StrCat(state.number));
  auto& host = *routes.add_virtual_hosts();
  host.set_name("all");
  host.add_domains("*");
  AddConnectRoute(state.targets[0], host);
  for (size_t group = 0; group < state.targets.size(); ++group) {
    auto& retried = *host.add_routes();
    retried.mutable_match()->set_prefix(StrCat("/g", group, "/r/"));
    SetTarget(state.targets[group], *retried.mutable_route());
    auto& policy = *retried.mutable_route()->mutable_retry_policy();
    policy.set_retry_on("connect-failure,refused-stream,reset,5xx");
    policy.mutable_num_retries()->set_value(kRetries);
    auto& plain = *host.add_routes();
    plain.mutable_match()->set_prefix(StrCat("/g", group, "/"));
    SetTarget(state.targets[group], *plain.mutable_route());
  }
  // A prefix without anything is refused by the rules of the field.
  if (state.spoiled == Spoiled::kRoutes) host.add_routes()->mutable_match()->set_prefix("/");
  std::vector<control::engine::Reference> references;
  for (const Target& target : state.targets) {
    for (size_t cluster : target.clusters) {
      references.push_back(ReferenceTo(control::engine::kClusterType, ClusterName(cluster)));
    }
  }
  return MakeResource(std::string(control::engine::kRouteType), routes.name(),
                      routes.SerializeAsString(), std::move(references));
}

// A cluster of EDS that does not say from where.
ResourcePtr BadCluster() {
  cluster_pb::Cluster cluster;
  cluster.set_name("bad");
  cluster.set_type(cluster_pb::Cluster::EDS);
  return MakeResource(std::string(control::engine::kClusterType), cluster.name(),
                      cluster.SerializeAsString());
}

// A listener without an address.
ResourcePtr BadListener() {
  listener_pb::Listener listener;
  listener.set_name("bad");
  return MakeResource(std::string(control::engine::kListenerType), listener.name(),
                      listener.SerializeAsString());
}

}  // namespace

std::vector<ResourcePtr> ResourcesOf(const Plan& plan, const ConfigState& state) {
  std::vector<ResourcePtr> resources;
  for (size_t i = 0; i < plan.clusters.size(); ++i) {
    if (!state.clusters[i].present) continue;
    resources.push_back(ClusterResource(i, plan.clusters[i], state.clusters[i]));
    resources.push_back(EndpointsResource(i, state.clusters[i]));
  }
  for (size_t i = 0; i < plan.listeners.size(); ++i) {
    resources.push_back(ListenerResource(i, plan.listeners[i], state.listener_revisions[i]));
  }
  if (state.extra_listener) {
    resources.push_back(ListenerResource(plan.listeners.size(), ListenerPlan{}, 0));
  }
  resources.push_back(RawListenerResource(state.targets[0]));
  resources.push_back(RoutesResource(state));
  if (state.spoiled == Spoiled::kCluster) resources.push_back(BadCluster());
  if (state.spoiled == Spoiled::kListener) resources.push_back(BadListener());
  return resources;
}

std::string BootstrapOf(const Plan& plan) {
  return StrCat(R"(
node: { id: sim, cluster: sim }
dynamic_resources:
  ads_config:
    api_type: )",
                plan.delta ? "DELTA_GRPC" : "GRPC", R"(
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
)");
}

}  // namespace weir::sim
