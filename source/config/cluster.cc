#include "source/config/cluster.h"

#include <algorithm>
#include <tuple>

namespace weir::config {
namespace {

bool SameEndpoints(const std::shared_ptr<const Endpoints>& a,
                   const std::shared_ptr<const Endpoints>& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

auto Discovery(const Cluster& c) {
  return std::tie(c.name, c.alt_stat_name, c.type, c.eds_source, c.eds_service_name, c.dns_family,
                  c.dns_refresh_rate, c.dns_failure_refresh_base, c.dns_failure_refresh_max,
                  c.respect_dns_ttl);
}

auto Balancing(const Cluster& c) {
  return std::tie(c.balancer, c.choice_count, c.active_request_bias, c.healthy_panic_threshold,
                  c.close_connections_on_host_set_change);
}

auto Connections(const Cluster& c) {
  return std::tie(c.connect_timeout, c.buffer_limit, c.idle_timeout, c.max_requests_per_connection,
                  c.max_connection_duration, c.max_stream_duration, c.max_response_headers_kb,
                  c.max_headers_count, c.breakers, c.high_breakers, c.keepalive, c.protocol,
                  c.http1, c.http2);
}

}  // namespace

bool operator==(const Cluster& a, const Cluster& b) {
  return Discovery(a) == Discovery(b) && Balancing(a) == Balancing(b) &&
         Connections(a) == Connections(b) && SameEndpoints(a.endpoints, b.endpoints) &&
         SameConfig(a.transport_socket, b.transport_socket);
}

std::string StatName(std::string name) {
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

std::string StatName(const Cluster& cluster) {
  return StatName(cluster.alt_stat_name.empty() ? cluster.name : cluster.alt_stat_name);
}

}  // namespace weir::config
