#include "source/config/cluster.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "source/config/request_policies.h"

namespace weir::config {
namespace {

auto Discovery(const Cluster& c) {
  return std::tie(c.name, c.alt_stat_name, c.type, c.eds_source, c.eds_service_name, c.dns);
}

auto Balancing(const Cluster& c) {
  return std::tie(c.balancer, c.choice_count, c.active_request_bias, c.healthy_panic_threshold,
                  c.close_connections_on_host_set_change);
}

auto Connections(const Cluster& c) {
  return std::tie(c.connect_timeout, c.buffer_limit, c.breakers, c.high_breakers, c.sockets,
                  c.protocol, c.http_limits, c.http1, c.http2, c.names);
}

bool HasAll(const Value& match, const Value& labels) {
  if (!match.is_struct()) return true;
  return std::all_of(match.fields().begin(), match.fields().end(), [&](const Value::Field& field) {
    const Value* const label = labels.Find(field.first);
    return label != nullptr && *label == field.second;
  });
}

}  // namespace

const net::ConnectSource& UpstreamBind::SourceFor(bool ipv6) const {
  for (const net::ConnectSource& source : sources) {
    if (source.address.has_value() && source.address->ip().is_v6() == ipv6) return source;
  }
  return sources.front();
}

bool operator==(const Cluster& a, const Cluster& b) {
  return Discovery(a) == Discovery(b) && Balancing(a) == Balancing(b) &&
         Connections(a) == Connections(b) && SamePart(a.endpoints, b.endpoints) &&
         SamePart(a.policies, b.policies) && SameConfig(a.transport_socket, b.transport_socket) &&
         a.transport_socket_matches == b.transport_socket_matches;
}

std::vector<std::shared_ptr<const ExtensionConfig>> TransportSocketsOf(const Cluster& cluster) {
  std::vector<std::shared_ptr<const ExtensionConfig>> sockets = {cluster.transport_socket};
  for (const TransportSocketMatch& match : cluster.transport_socket_matches) {
    sockets.push_back(match.transport_socket);
  }
  return sockets;
}

std::vector<SecretReference> SecretsOf(const Cluster& cluster) {
  std::vector<SecretReference> secrets;
  for (const auto& socket : TransportSocketsOf(cluster)) {
    if (socket == nullptr) continue;
    for (const SecretReference& secret : socket->secrets()) {
      if (std::find(secrets.begin(), secrets.end(), secret) == secrets.end()) {
        secrets.push_back(std::move(secret));
      }
    }
  }
  return secrets;
}

size_t TransportSocketFor(const Cluster& cluster, const Endpoints& endpoints,
                          const Endpoint& endpoint) {
  const uint32_t own = endpoint.labels;
  const std::vector<Locality>& localities = *endpoints.localities;
  const uint32_t of_locality =
      endpoint.locality < localities.size() ? localities[endpoint.locality].labels : 0;
  const auto fits = [&](const Value& match, uint32_t labels) {
    return HasAll(match, labels == 0 ? Value() : endpoints.labels[labels - 1]);
  };
  for (size_t i = 0; i < cluster.transport_socket_matches.size(); ++i) {
    const Value& match = cluster.transport_socket_matches[i].match;
    if (fits(match, own) || fits(match, of_locality)) return i + 1;
  }
  return 0;
}

std::string StatName(std::string name) {
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

std::string StatName(const Cluster& cluster) {
  return StatName(cluster.alt_stat_name->empty() ? cluster.name : *cluster.alt_stat_name);
}

}  // namespace weir::config
