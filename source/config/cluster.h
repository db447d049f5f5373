// A cluster (envoy.config.cluster.v3.Cluster) as an immutable value. Defaults are Envoy's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/base/persistent_map.h"
#include "source/base/value.h"
#include "source/config/endpoints.h"
#include "source/config/extension.h"
#include "source/config/shared.h"
#include "source/config/source.h"
#include "source/match/string_matcher.h"
#include "source/net/network.h"
#include "source/net/resolver.h"
#include "source/net/transport_socket.h"

namespace weir::config {

struct RequestPolicies;

// envoy.config.core.v3.KeepaliveSettings. Without a timeout there are no PINGs.
struct Http2Keepalive {
  std::chrono::milliseconds interval{};  // 0: none by time.
  std::chrono::milliseconds timeout{};
  std::chrono::milliseconds connection_idle_interval{};  // 0: none before streams.
  uint32_t interval_jitter_percent = 15;
  friend bool operator==(const Http2Keepalive&, const Http2Keepalive&) = default;
};

// A parameter of SETTINGS.
struct Http2Setting {
  uint16_t identifier = 0;
  uint32_t value = 0;
  friend bool operator==(const Http2Setting&, const Http2Setting&) = default;
};

// envoy.config.core.v3.Http2ProtocolOptions. Defaults: research on Envoy, 1.3c.
struct Http2Options {
  uint32_t max_concurrent_streams = 1024;
  uint32_t initial_stream_window_size = 16 * 1024 * 1024;
  uint32_t initial_connection_window_size = 24 * 1024 * 1024;
  bool allow_connect = false;  // Downstream: clients may use extended CONNECT.
  uint32_t hpack_table_size = 4096;
  uint32_t max_outbound_frames = 10000;
  uint32_t max_outbound_control_frames = 1000;
  uint32_t max_consecutive_inbound_frames_with_empty_payload = 1;
  uint32_t max_inbound_priority_frames_per_stream = 100;
  uint32_t max_inbound_window_update_frames_per_data_frame_sent = 10;
  bool stream_error_on_invalid_http_message = false;
  bool disallow_obs_text = false;
  uint64_t stream_reset_burst = 1000;
  uint64_t stream_reset_rate = 33;
  uint32_t premature_reset_total_stream_count = 500;  // Of the runtime; downstream only.
  Http2Keepalive keepalive;
  std::vector<Http2Setting> more_settings;  // That have no place here.
  friend bool operator==(const Http2Options&, const Http2Options&) = default;
};

// envoy.config.core.v3.Http1ProtocolOptions, the part that acts here.
struct Http1Options {
  bool allow_absolute_url = true;
  bool accept_http_10 = false;
  std::string default_host_for_http_10;
  bool enable_trailers = false;
  bool allow_chunked_length = false;
  // header_key_format. With preserve_case names go out as they came in, and `proper_case` says how
  // those that the proxy adds are written.
  bool proper_case = false;
  bool preserve_case = false;
  bool send_fully_qualified_url = false;
  std::vector<match::StringMatcher> ignored_upgrades;  // Of clients.
  // A request that the connection manager refuses does not end its connection.
  bool stream_error_on_invalid_http_message = false;
  friend bool operator==(const Http1Options&, const Http1Options&) = default;
};

// In place of max_retries: a share of the requests that are under way or wait.
struct RetryBudget {
  double percent = 20;
  uint32_t least = 3;                     // min_retry_concurrency
  std::chrono::milliseconds interval{0};  // Those that ended within it count, too.
  friend bool operator==(const RetryBudget&, const RetryBudget&) = default;
};

struct CircuitBreakers {
  uint32_t max_connections = 1024;
  uint32_t max_pending_requests = 1024;
  uint32_t max_requests = 1024;
  uint32_t max_retries = 3;
  std::optional<RetryBudget> retry_budget;
  std::optional<uint32_t> max_connection_pools;  // Nothing: no limit.
  // Of per_host_thresholds: to each host. Nothing: no limit.
  std::optional<uint32_t> max_connections_to_host;
  bool track_remaining = false;  // Also shows how much is left of each.
  // Retries that may be under way whatever else is.
  uint32_t least_retries() const {
    return retry_budget.has_value() ? retry_budget->least : max_retries;
  }
  friend bool operator==(const CircuitBreakers&, const CircuitBreakers&) = default;
};

// envoy.config.core.v3.HttpProtocolOptions, the part of it that is for upstreams. 0: no limit.
struct HttpLimits {
  std::chrono::milliseconds idle_timeout{3600 * 1000};
  std::chrono::milliseconds max_connection_duration{0};
  double max_connection_duration_jitter = 0;         // percent
  std::chrono::milliseconds max_stream_duration{0};  // Of one try.
  uint32_t max_requests_per_connection = 0;
  uint32_t max_response_headers_kb = 60;
  uint32_t max_headers_count = 100;
  friend bool operator==(const HttpLimits&, const HttpLimits&) = default;
};

// How the names of a STRICT_DNS cluster are resolved.
struct DnsOptions {
  net::DnsFamily family = net::DnsFamily::kAuto;
  bool respect_ttl = false;
  std::chrono::milliseconds refresh_rate{5000};
  std::chrono::milliseconds failure_refresh_base{5000};
  std::chrono::milliseconds failure_refresh_max{5000};
  friend bool operator==(const DnsOptions&, const DnsOptions&) = default;
};

// envoy.config.core.v3.BindConfig: what connections to hosts are made from.
struct UpstreamBind {
  std::vector<net::ConnectSource> sources;  // At least one, and at most one of a version of IP.
  // For hosts of a version of IP: the source of that version, or else the first.
  const net::ConnectSource& SourceFor(bool ipv6) const;
  friend bool operator==(const UpstreamBind&, const UpstreamBind&) = default;
};

// How the sockets of connections to hosts are made.
struct UpstreamSockets {
  net::TcpKeepalive keepalive;
  std::shared_ptr<const UpstreamBind> bind;  // Null: the kernel chooses.
  friend bool operator==(const UpstreamSockets& a, const UpstreamSockets& b) {
    return a.keepalive == b.keepalive && SamePart(a.bind, b.bind);
  }
};

// upstream_http_protocol_options: the request's host is the server name of its connection, and a
// name that the certificate must cover.
struct NamesFromRequests {
  bool auto_sni = false;
  bool auto_san_validation = false;
  std::string override_auto_sni_header;  // Says that host in place of :authority; lower case.
  bool any() const { return auto_sni || auto_san_validation; }
  friend bool operator==(const NamesFromRequests&, const NamesFromRequests&) = default;
};

enum class DiscoveryType : uint8_t { kStatic, kStrictDns, kEds };
enum class BalancerKind : uint8_t { kRoundRobin, kLeastRequest, kRandom };

// Of transport_socket_matches.
struct TransportSocketMatch {
  std::string name;
  Value match;  // A struct: an endpoint's labels have each of its fields with the same value.
  std::shared_ptr<const ExtensionConfig> transport_socket;  // Null: raw_buffer.
  friend bool operator==(const TransportSocketMatch& a, const TransportSocketMatch& b) {
    return a.name == b.name && a.match == b.match &&
           SameConfig(a.transport_socket, b.transport_socket);
  }
};

// There may be tens of thousands: what many have alike is shared, in particular what nobody set.
struct Cluster {
  std::string name;
  Shared<std::string> alt_stat_name;  // Stats use it in place of the name when not empty.
  // kStatic, kStrictDns: inline. kEds: null, comes by eds_source under eds_service_name (or the
  // name).
  std::shared_ptr<const Endpoints> endpoints;
  Shared<ConfigSource> eds_source;
  std::string eds_service_name;

  DiscoveryType type = DiscoveryType::kStatic;
  // explicit_http_config, use_downstream_protocol_config, or auto_config: what each connection's
  // handshake agrees on, which its transport socket can (ExtensionConfig::negotiates_protocol).
  enum class Protocol : uint8_t { kHttp1, kHttp2, kDownstream, kAuto } protocol = Protocol::kHttp1;
  BalancerKind balancer = BalancerKind::kRoundRobin;
  bool close_connections_on_host_set_change = false;
  uint32_t choice_count = 2;              // least_request
  uint32_t healthy_panic_threshold = 50;  // percent; 0 switches it off
  uint32_t buffer_limit = 1024 * 1024;    // per_connection_buffer_limit_bytes
  double active_request_bias = 1.0;       // least_request with weights
  std::chrono::milliseconds connect_timeout{5000};
  Shared<UpstreamSockets> sockets;
  Shared<CircuitBreakers> breakers;       // Priority DEFAULT.
  Shared<CircuitBreakers> high_breakers;  // Priority HIGH.
  const CircuitBreakers& BreakersOf(bool high_priority) const {
    return high_priority ? *high_breakers : *breakers;
  }

  Shared<HttpLimits> http_limits;
  Shared<Http1Options> http1;
  Shared<Http2Options> http2;
  Shared<NamesFromRequests> names;

  std::shared_ptr<const RequestPolicies> policies;  // Null: as the routes have it.

  Shared<DnsOptions> dns;

  // Null: raw_buffer.
  std::shared_ptr<const ExtensionConfig> transport_socket;
  std::vector<TransportSocketMatch> transport_socket_matches;  // The first that fits comes before.

  friend bool operator==(const Cluster& a, const Cluster& b);
};

// A name as it stands in statistics, with ':' replaced.
std::string StatName(std::string name);
// That of the cluster: its alt_stat_name, or else its name.
std::string StatName(const Cluster& cluster);

// The transport sockets of a cluster: that of the endpoints which fit no match, then those of the
// matches in their order. Null: raw_buffer.
std::vector<std::shared_ptr<const ExtensionConfig>> TransportSocketsOf(const Cluster& cluster);
// The secrets that these name.
std::vector<SecretReference> SecretsOf(const Cluster& cluster);
// Which of them is for `endpoint`, one of `endpoints`. The labels of its locality count where its
// own do not fit.
size_t TransportSocketFor(const Cluster& cluster, const Endpoints& endpoints,
                          const Endpoint& endpoint);

// What TransportSocketsOf stands for, with today's secrets. Null: raw_buffer.
using Transports = std::vector<std::shared_ptr<const net::TransportSocketFactory>>;

// A warm cluster as a generation holds it: what it is, where it is now, and how it is spoken to
// with today's secrets.
struct ClusterEntry {
  std::shared_ptr<const Cluster> config;
  std::shared_ptr<const Endpoints>
      endpoints;  // Resolved addresses alone; null when none came in time.
  // For new connections; null: raw_buffer for all.
  std::shared_ptr<const Transports> transports = nullptr;
  friend bool operator==(const ClusterEntry&, const ClusterEntry&) = default;  // By pointer.
};

}  // namespace weir::config

template <>
struct weir::NamedValue<weir::config::ClusterEntry> {
  static const std::string& NameOf(const config::ClusterEntry& entry) { return entry.config->name; }
};
