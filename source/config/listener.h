// A listener (envoy.config.listener.v3.Listener) as an immutable value. Defaults are Envoy's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "source/config/cluster.h"
#include "source/config/counted_name.h"
#include "source/config/extension.h"
#include "source/config/header_mutations.h"
#include "source/config/http_filters.h"
#include "source/config/local_reply.h"
#include "source/config/log_filter.h"
#include "source/config/route.h"
#include "source/config/source.h"
#include "source/config/upgrade.h"
#include "source/match/match_tree.h"
#include "source/net/address.h"
#include "source/net/network.h"

namespace weir::config {

// FilterChainMatch; an empty list or value matches everything of its kind.
struct FilterChainMatch {
  std::optional<uint16_t> destination_port;
  std::vector<net::CidrRange> destination_ranges;
  std::vector<std::string> server_names;  // lower case, exact or "*.suffix"
  std::string transport_protocol;         // "tls", "raw_buffer" or ""
  std::vector<std::string> application_protocols;
  std::vector<net::CidrRange> direct_source_ranges;
  enum class SourceType : uint8_t {
    kAny,
    kSameIpOrLoopback,
    kExternal
  } source_type = SourceType::kAny;
  std::vector<net::CidrRange> source_ranges;
  std::vector<uint16_t> source_ports;
  friend bool operator==(const FilterChainMatch&, const FilterChainMatch&) = default;
};

enum class CodecType : uint8_t { kAuto, kHttp1, kHttp2 };
enum class PathNormalization : uint8_t {
  kKeep,
  kReject,
  kUnescapeAndRedirect,
  kUnescapeAndForward
};
// What becomes of a path, step by step: escapes of unreserved characters, backslashes and dot
// segments (RFC 3986, 6.2.2); slashes side by side.
enum class PathStep : uint8_t { kNormalize, kMergeSlashes };
enum class UnderscoresInHeaders : uint8_t { kAllow, kReject, kDrop };
enum class ServerHeader : uint8_t { kOverwrite, kAppendIfAbsent, kPassThrough };
// strip_matching_host_port, strip_any_host_port: what becomes of the authority's port.
enum class HostPort : uint8_t { kKeep, kStripMatching, kStripAny };

// InternalAddressConfig: whose requests are internal, and may say x-envoy-*.
struct InternalAddresses {
  bool unix_sockets = false;
  std::vector<net::CidrRange> ranges;
  bool Contains(const net::Address& address) const;
  // 10/8, 172.16/12, 192.168/16, fd00::/8 and the loopback addresses.
  static std::vector<net::CidrRange> PrivateRanges();
  friend bool operator==(const InternalAddresses&, const InternalAddresses&) = default;
};

enum class ForwardClientCert : uint8_t {
  kSanitize,
  kForwardOnly,
  kAppendForward,
  kSanitizeSet,
  kAlwaysForwardOnly
};

// ForwardProtoConfig: what x-forwarded-proto says by the port that was asked; sorted. Other ports:
// as the connection has TLS.
struct ForwardProto {
  std::vector<uint16_t> https_ports;
  std::vector<uint16_t> http_ports;
  friend bool operator==(const ForwardProto&, const ForwardProto&) = default;
};

// SetCurrentClientCertDetails
struct ClientCertDetails {
  bool subject = false;
  bool cert = false;
  bool dns = false;
  bool uri = false;
  bool chain = false;
  friend bool operator==(const ClientCertDetails&, const ClientCertDetails&) = default;
};

// ForwardClientCertConfig
struct ClientCertForwarding {
  ForwardClientCert mode = ForwardClientCert::kSanitize;
  ClientCertDetails details;
  friend bool operator==(const ClientCertForwarding&, const ClientCertForwarding&) = default;
};

// Extensions that find the client's address behind other proxies.
struct XffDetection {
  uint32_t trusted_hops = 0;
  std::vector<net::CidrRange> trusted;  // Proxies whose word counts; not empty: in place of hops.
  bool skip_append = true;
  friend bool operator==(const XffDetection&, const XffDetection&) = default;
};
struct HeaderDetection {
  std::string name;            // lower case
  bool trusted = false;        // The address may be an internal one.
  uint16_t reject_status = 0;  // 0: a request without a valid address goes on.
  friend bool operator==(const HeaderDetection&, const HeaderDetection&) = default;
};
using IpDetection = std::variant<XffDetection, HeaderDetection>;

// ProxyStatusConfig
struct ProxyStatus {
  std::string name;  // Of this proxy, as the field has it: a token, or a string in quotes.
  bool details = true;
  bool termination_details = true;
  bool flags = true;
  bool recommended_code = false;
  friend bool operator==(const ProxyStatus&, const ProxyStatus&) = default;
};

// HttpConnectionManager.
struct HttpConnectionManager {
  CountedName stat_prefix;
  CodecType codec = CodecType::kAuto;
  std::shared_ptr<const RouteTable> routes;  // Inline; null when rds_name is set.
  std::string rds_name;
  ConfigSource rds_source;
  std::string rds_key;  // Of the two, see ResourceKey.
  HttpFilters http_filters;
  std::vector<AccessLog> access_logs;
  bool log_new_requests = false;              // flush_access_log_on_new_request
  std::chrono::milliseconds log_interval{0};  // access_log_flush_interval; 0: none
  bool log_new_tunnels = false;               // flush_log_on_tunnel_successfully_established
  LocalReplies local_replies;
  std::vector<Upgrade> upgrades;

  Http1Options http1;
  Http2Options http2;
  uint32_t max_request_headers_kb = 60;
  uint32_t max_headers_count = 100;
  std::chrono::milliseconds idle_timeout{3600 * 1000};  // 0: none, as for all of these
  std::chrono::milliseconds max_connection_duration{0};
  double max_connection_duration_jitter = 0;        // percent
  bool http1_safe_max_connection_duration = false;  // Never closes an idle HTTP/1 connection.
  std::chrono::milliseconds max_stream_duration{0};
  uint32_t max_requests_per_connection = 0;
  std::chrono::milliseconds stream_idle_timeout{300 * 1000};
  std::chrono::milliseconds stream_flush_timeout{300 * 1000};
  std::chrono::milliseconds request_timeout{0};
  std::chrono::milliseconds request_headers_timeout{0};
  // Of the runtime: a request that is reset later was given up for a reason.
  std::chrono::seconds premature_reset_min_stream_lifetime{1};
  std::chrono::milliseconds drain_timeout{5000};
  double drain_timeout_jitter = 0;  // The share of it that is added at most; 0 to 1.
  std::chrono::milliseconds delayed_close_timeout{1000};
  UnderscoresInHeaders underscores = UnderscoresInHeaders::kAllow;

  std::string server_name = "envoy";
  ServerHeader server_header = ServerHeader::kOverwrite;
  std::string via;
  bool use_remote_address = false;
  uint32_t xff_num_trusted_hops = 0;
  bool skip_xff_append = false;
  // Without use_remote_address alone; empty: x-forwarded-for with xff_num_trusted_hops.
  std::vector<IpDetection> ip_detection;
  bool append_x_forwarded_port = false;
  ForwardProto forward_proto;
  bool ipv4_as_mapped_ipv6 = false;  // represent_ipv4_remote_address_as_ipv4_mapped_ipv6
  InternalAddresses internal_addresses;
  // forward_client_cert_details, set_current_client_cert_details.
  ClientCertForwarding client_cert;
  // forward_client_cert_matcher: in place of `client_cert` for a request that it matches.
  std::optional<match::ActionTree<ClientCertForwarding>> client_cert_matcher;
  bool proxy_100_continue = false;
  bool append_local_overload = false;
  std::optional<ProxyStatus> proxy_status;
  HeaderMutations early_mutations;  // Of requests, before all else.
  bool generate_request_id = true;
  bool preserve_external_request_id = false;
  bool always_set_request_id_in_response = false;
  std::vector<PathStep> path_steps;         // Of the path as all see it.
  std::vector<PathStep> filter_path_steps;  // And further, as filters and routes see it.
  PathNormalization escaped_slashes = PathNormalization::kKeep;
  HostPort host_port = HostPort::kKeep;
  bool strip_trailing_host_dot = false;
  std::string scheme;               // scheme_to_overwrite; empty: as received.
  bool scheme_of_upstream = false;  // SchemeHeaderTransformation.match_upstream
  // add_proxy_protocol_connection_state
  bool tells_upstreams_of_client = true;

  friend bool operator==(const HttpConnectionManager& a, const HttpConnectionManager& b);
};

// envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
struct TcpProxy {
  CountedName stat_prefix;
  std::vector<std::pair<std::string, uint64_t>>
      clusters;  // One with weight 1, or weighted_clusters.
  uint64_t total_weight = 1;
  std::vector<HashPolicy> hash_policy;  // By source or filter state.
  bool check_drain_close = false;       // What moves while the listener drains is the last.
  std::chrono::milliseconds idle_timeout{3600 * 1000};              // 0: none
  std::chrono::milliseconds max_downstream_connection_duration{0};  // 0: none
  double max_downstream_connection_duration_jitter = 0;             // percent
  uint32_t max_connect_attempts = 1;
  std::chrono::milliseconds back_off_base{0};  // 0: the next attempt begins at once.
  std::chrono::milliseconds back_off_max{0};
  std::vector<AccessLog> access_logs;         // Records of the end of a connection,
  bool log_start = false;                     // of its beginning,
  bool log_connected = false;                 // of the upstream's connection,
  std::chrono::milliseconds log_interval{0};  // and this often meanwhile; 0: never.
  friend bool operator==(const TcpProxy&, const TcpProxy&) = default;
};

struct FilterChain {
  std::string name;
  FilterChainMatch match;
  std::vector<NamedExtension> network_filters;  // Before the terminal one.
  std::variant<std::shared_ptr<const HttpConnectionManager>, std::shared_ptr<const TcpProxy>>
      terminal;
  std::shared_ptr<const ExtensionConfig> transport_socket;  // Null: raw_buffer.
  std::chrono::milliseconds transport_socket_connect_timeout{0};
  // By meaning, not by pointer: an equal chain keeps its connections.
  friend bool operator==(const FilterChain& a, const FilterChain& b);
};

// An address to listen on, and how.
struct ListenAddress {
  net::Address address;
  net::ListenOptions socket;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

struct Listener {
  std::string name;
  std::string stat_prefix;
  net::Address address;
  net::ListenOptions socket;
  std::vector<ListenAddress> additional_addresses;
  bool bind_to_port = true;
  std::vector<NamedExtension> listener_filters;
  std::chrono::milliseconds listener_filters_timeout{15000};  // 0: none
  bool continue_on_listener_filters_timeout = false;
  std::vector<std::shared_ptr<const FilterChain>> filter_chains;
  std::shared_ptr<const FilterChain> default_filter_chain;  // May be null.
  // filter_chain_matcher: gives the name of a chain; in place of FilterChain::match.
  std::optional<match::ActionTree<std::string>> chain_matcher;
  uint32_t buffer_limit = 1024 * 1024;                      // per_connection_buffer_limit_bytes
  uint32_t max_connections_to_accept_per_socket_event = 0;  // 0: unlimited
  bool drain_on_modify_only = false;                        // DrainType MODIFY_ONLY
  bool ignore_global_connection_limit = false;
  bool bypass_overload_manager = false;
  enum class Direction : uint8_t {
    kUnspecified,
    kInbound,
    kOutbound
  } direction = Direction::kUnspecified;
  std::vector<AccessLog> access_logs;

  // By meaning: an equal listener goes on undisturbed.
  friend bool operator==(const Listener& a, const Listener& b);
};

// Its name in statistics, as Envoy's: the stat_prefix, or the address with ':' replaced.
std::string StatName(const Listener& listener);

// Where it is bound: the address and the additional ones; nothing without bind_to_port.
std::vector<ListenAddress> AddressesOf(const Listener& listener);

inline bool IsInbound(const Listener& listener) {
  return listener.direction == Listener::Direction::kInbound;
}

}  // namespace weir::config
