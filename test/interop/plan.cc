#include "test/interop/plan.h"

#include <array>
#include <utility>

#include "source/base/strings.h"

namespace weir::interop {
namespace {

constexpr std::array kOrder = {
    Change::kRoutes,      Change::kEndpoints,     Change::kClusterName,  Change::kListener,
    Change::kEndpoints,   Change::kRoutes,        Change::kListenerName, Change::kClusterSettings,
    Change::kClusterName, Change::kExtraListener, Change::kEndpoints,    Change::kListenerSocket};

constexpr std::string_view kManager = R"(
  filter_chains:
  - filters:
    - name: envoy.filters.network.http_connection_manager
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
        stat_prefix: test
        server_name: )";
constexpr std::string_view kManagerRest = R"(
        rds: { route_config_name: main, config_source: { resource_api_version: V3, ads: {} } }
        http_filters:
        - name: envoy.filters.http.router
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
)";

constexpr std::string_view kHttp2 = R"(  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
      explicit_http_config: { http2_protocol_options: {} }
)";

std::string HeaderYaml(std::string_view name, std::string_view value) {
  return StrCat("  - header: { key: ", name, ", value: \"", value,
                "\" }\n    append_action: OVERWRITE_IF_EXISTS_OR_ADD\n");
}

}  // namespace

std::string_view NameOf(Change change) {
  switch (change) {
    case Change::kRoutes:
      return "routes";
    case Change::kEndpoints:
      return "endpoints";
    case Change::kClusterName:
      return "cluster name";
    case Change::kListener:
      return "listener";
    case Change::kListenerName:
      return "listener name";
    case Change::kListenerSocket:
      return "listener socket";
    case Change::kClusterSettings:
      return "cluster settings";
    case Change::kExtraListener:
      return "extra listener";
  }
  return "";
}

Plan::Plan(Ports ports, std::vector<std::pair<std::string, uint16_t>> upstreams,
           bool both_protocols)
    : ports_(ports), upstreams_(std::move(upstreams)), both_protocols_(both_protocols) {
  clusters_["blue"] = {.first_upstream = 0};
  clusters_["green"] = {.first_upstream = 2};
}

Change Plan::next() const { return kOrder[changes_ % kOrder.size()]; }

void Plan::Advance() {
  const Change change = next();
  ++changes_;
  Cluster& one = clusters_[changes_ % 2 == 0 ? "blue" : "green"];
  switch (change) {
    case Change::kRoutes:
      // To one cluster alone at times: the other is out of use, but there.
      one.weight = (one.weight + 1) % 3;
      if (clusters_["blue"].weight + clusters_["green"].weight == 0) one.weight = 1;
      break;
    case Change::kEndpoints:
      one.first_upstream = (one.first_upstream + 1) % upstreams_.size();
      break;
    case Change::kClusterName:
      ++one.renamed;
      break;
    case Change::kListener:
      ++listener_;
      break;
    case Change::kListenerName:
      ++listener_;
      ++listener_name_;
      break;
    case Change::kListenerSocket:
      ++listener_;
      ++listener_socket_;
      break;
    case Change::kClusterSettings:
      ++one.settings;
      break;
    case Change::kExtraListener:
      extra_ = !extra_;
      break;
  }
}

Timeline::Facts Plan::facts() const {
  Timeline::Facts facts;
  for (const auto& [colour, cluster] : clusters_) {
    if (cluster.weight == 0) continue;
    for (size_t i = 0; i < 2; ++i) {
      facts.upstreams.insert(upstreams_[(cluster.first_upstream + i) % upstreams_.size()].first);
    }
  }
  facts.extra = extra_;
  return facts;
}

std::string Plan::server_name() const { return StrCat("edge-", listener_); }

std::string Plan::NameOfCluster(const std::string& colour) const {
  return StrCat(colour, "-", clusters_.at(colour).renamed);
}

std::string Plan::ClusterYaml(const std::string& colour) const {
  const Cluster& cluster = clusters_.at(colour);
  std::string yaml = StrCat(R"(- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: )",
                            NameOfCluster(colour), R"(
  type: EDS
  lb_policy: )",
                            cluster.settings % 2 == 0 ? "ROUND_ROBIN" : "LEAST_REQUEST", R"(
  connect_timeout: )",
                            1 + cluster.settings, R"(s
  eds_cluster_config: { eds_config: { resource_api_version: V3, ads: {} } }
)");
  if (both_protocols_ && colour == "green") yaml += kHttp2;
  return yaml;
}

std::string Plan::EndpointsYaml(const std::string& colour) const {
  std::string yaml = StrCat(
      R"(- "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment
  cluster_name: )",
      NameOfCluster(colour), R"(
  endpoints:
  - lb_endpoints:
)");
  const size_t first = clusters_.at(colour).first_upstream;
  for (size_t i = 0; i < 2; ++i) {
    StrAppend(yaml, "    - endpoint: { address: { socket_address: { address: 127.0.0.1, ",
              "port_value: ", upstreams_[(first + i) % upstreams_.size()].second, " } } }\n");
  }
  return yaml;
}

std::string Plan::ListenerYaml(std::string_view name, uint16_t port, std::string_view server,
                               int backlog) const {
  return StrCat(R"(- "@type": type.googleapis.com/envoy.config.listener.v3.Listener
  name: )",
                name, R"(
  address: { socket_address: { address: 127.0.0.1, port_value: )",
                port, R"( } }
  tcp_backlog_size: )",
                backlog, kManager, server, kManagerRest);
}

std::string Plan::RoutesYaml(std::string_view generation) const {
  std::string yaml =
      StrCat(R"(- "@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
  name: main
  response_headers_to_add:
)",
             HeaderYaml("x-generation", generation), HeaderYaml("x-connection", "%CONNECTION_ID%"),
             R"(  virtual_hosts:
  - name: all
    domains: ["*"]
    routes:
    - match: { prefix: / }
      route:
        weighted_clusters:
          clusters:
)");
  for (const auto& [colour, cluster] : clusters_) {
    StrAppend(yaml, "          - { name: ", NameOfCluster(colour), ", weight: ", cluster.weight,
              " }\n");
  }
  return yaml;
}

std::string Plan::ToYaml(std::string_view generation, std::string_view also) const {
  constexpr int kBacklog = 1024;
  std::string yaml =
      StrCat("resources:\n", ListenerYaml("steady", ports_.steady, "steady", kBacklog),
             ListenerYaml(StrCat("edge-", listener_name_ % 2), ports_.edge, server_name(),
                          kBacklog + listener_socket_));
  if (extra_) StrAppend(yaml, ListenerYaml("extra", ports_.extra, server_name(), kBacklog));
  StrAppend(yaml, RoutesYaml(generation));
  for (const auto& [colour, cluster] : clusters_) {
    StrAppend(yaml, ClusterYaml(colour), EndpointsYaml(colour));
  }
  StrAppend(yaml, also);
  return yaml;
}

std::string Plan::UnbindableListener(uint16_t port) {
  return StrCat(R"(- "@type": type.googleapis.com/envoy.config.listener.v3.Listener
  name: unbindable
  address: { socket_address: { address: 127.0.0.1, port_value: )",
                port, R"( } })", kManager, "unbindable", kManagerRest);
}

std::string Plan::YamlWithDanglingRoute() const {
  std::string yaml = ToYaml("refused");
  const std::string name = StrCat("{ name: ", NameOfCluster("blue"));
  yaml.replace(yaml.find(name), name.size(), "{ name: nowhere");
  return yaml;
}

std::string Plan::YamlWithUnknownField() const {
  std::string yaml = ToYaml("refused");
  constexpr std::string_view kField = "connect_timeout";
  yaml.replace(yaml.find(kField), kField.size(), "conect_timeout");
  return yaml;
}

}  // namespace weir::interop
