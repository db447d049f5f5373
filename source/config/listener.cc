#include "source/config/listener.h"

#include <algorithm>
#include <tuple>

#include "source/config/shared.h"

namespace weir::config {
namespace {

bool SameRoutes(const std::shared_ptr<const RouteTable>& a,
                const std::shared_ptr<const RouteTable>& b) {
  if (a == b) return true;
  return a != nullptr && b != nullptr && a->name == b->name && a->content_hash == b->content_hash;
}

auto Identity(const HttpConnectionManager& m) {
  return std::tie(m.stat_prefix, m.codec, m.rds_name, m.rds_source, m.http_filters, m.access_logs,
                  m.log_new_requests, m.log_interval, m.log_new_tunnels, m.local_replies, m.http1,
                  m.http2, m.upgrades);
}

auto Limits(const HttpConnectionManager& m) {
  return std::tie(
      m.max_request_headers_kb, m.max_headers_count, m.idle_timeout, m.max_connection_duration,
      m.max_connection_duration_jitter, m.http1_safe_max_connection_duration, m.max_stream_duration,
      m.max_requests_per_connection, m.stream_idle_timeout, m.stream_flush_timeout,
      m.request_timeout, m.request_headers_timeout, m.premature_reset_min_stream_lifetime,
      m.drain_timeout, m.drain_timeout_jitter, m.delayed_close_timeout, m.underscores);
}

auto Headers(const HttpConnectionManager& m) {
  return std::tie(m.server_name, m.server_header, m.via, m.generate_request_id,
                  m.preserve_external_request_id, m.always_set_request_id_in_response,
                  m.proxy_100_continue, m.append_local_overload, m.proxy_status, m.early_mutations);
}

auto Client(const HttpConnectionManager& m) {
  return std::tie(m.use_remote_address, m.xff_num_trusted_hops, m.skip_xff_append, m.ip_detection,
                  m.append_x_forwarded_port, m.forward_proto, m.ipv4_as_mapped_ipv6,
                  m.internal_addresses, m.client_cert, m.client_cert_matcher);
}

auto Target(const HttpConnectionManager& m) {
  return std::tie(m.path_steps, m.filter_path_steps, m.escaped_slashes, m.host_port,
                  m.strip_trailing_host_dot, m.scheme, m.scheme_of_upstream,
                  m.tells_upstreams_of_client);
}

auto Socket(const Listener& l) {
  return std::tie(l.name, l.stat_prefix, l.address, l.socket, l.additional_addresses,
                  l.bind_to_port, l.listener_filters, l.listener_filters_timeout,
                  l.continue_on_listener_filters_timeout, l.chain_matcher);
}

auto Behaviour(const Listener& l) {
  return std::tie(l.buffer_limit, l.max_connections_to_accept_per_socket_event,
                  l.drain_on_modify_only, l.ignore_global_connection_limit,
                  l.bypass_overload_manager, l.direction, l.access_logs);
}

}  // namespace

bool InternalAddresses::Contains(const net::Address& address) const {
  if (!address.is_ip()) return unix_sockets;
  for (const net::CidrRange& range : ranges) {
    if (range.Contains(address.ip())) return true;
  }
  return false;
}

std::vector<net::CidrRange> InternalAddresses::PrivateRanges() {
  constexpr std::pair<std::string_view, uint32_t> kRanges[] = {
      {"10.0.0.0", 8},   {"172.16.0.0", 12}, {"192.168.0.0", 16},
      {"127.0.0.1", 32}, {"fd00::", 8},      {"::1", 128}};
  std::vector<net::CidrRange> ranges;
  for (const auto& [address, bits] : kRanges) {
    ranges.push_back(*net::CidrRange::Create(*net::IpAddress::Parse(address), bits));
  }
  return ranges;
}

bool operator==(const HttpConnectionManager& a, const HttpConnectionManager& b) {
  return Identity(a) == Identity(b) && Limits(a) == Limits(b) && Headers(a) == Headers(b) &&
         Client(a) == Client(b) && Target(a) == Target(b) && SameRoutes(a.routes, b.routes);
}

bool operator==(const FilterChain& a, const FilterChain& b) {
  if (std::tie(a.name, a.match, a.network_filters, a.transport_socket_connect_timeout) !=
      std::tie(b.name, b.match, b.network_filters, b.transport_socket_connect_timeout)) {
    return false;
  }
  if (a.terminal.index() != b.terminal.index()) return false;
  if (!SameConfig(a.transport_socket, b.transport_socket)) return false;
  if (a.terminal.index() == 0) return SamePart(std::get<0>(a.terminal), std::get<0>(b.terminal));
  return SamePart(std::get<1>(a.terminal), std::get<1>(b.terminal));
}

bool operator==(const Listener& a, const Listener& b) {
  if (Socket(a) != Socket(b) || Behaviour(a) != Behaviour(b)) return false;
  if (!SamePart(a.default_filter_chain, b.default_filter_chain)) return false;
  if (a.filter_chains.size() != b.filter_chains.size()) return false;
  for (size_t i = 0; i < a.filter_chains.size(); ++i) {
    if (!SamePart(a.filter_chains[i], b.filter_chains[i])) return false;
  }
  return true;
}

std::vector<ListenAddress> AddressesOf(const Listener& listener) {
  if (!listener.bind_to_port) return {};
  std::vector<ListenAddress> addresses{{listener.address, listener.socket}};
  addresses.insert(addresses.end(), listener.additional_addresses.begin(),
                   listener.additional_addresses.end());
  return addresses;
}

std::string StatName(const Listener& listener) {
  if (!listener.stat_prefix.empty()) return listener.stat_prefix;
  std::string name = listener.address.ToString();
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

}  // namespace weir::config
