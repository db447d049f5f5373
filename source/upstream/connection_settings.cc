#include "source/upstream/connection_settings.h"

#include <algorithm>
#include <utility>

namespace weir::upstream {
namespace {

// Room for the largest head and the bytes read with it.
constexpr size_t kBesidesTheHead = 64 * 1024;

http::CodecLimits LimitsOf(const config::Cluster& cluster) {
  http::CodecLimits limits;
  limits.max_header_bytes = cluster.http_limits->max_response_headers_kb * 1024;
  limits.max_header_count = cluster.http_limits->max_headers_count;
  limits.high_watermark = cluster.buffer_limit;
  return limits;
}

// Whether pools and connections are counted, or not, for both.
bool HaveEqualBreakers(const config::Cluster& a, const config::Cluster& b, bool high_priority) {
  const config::CircuitBreakers& of_a = a.BreakersOf(high_priority);
  const config::CircuitBreakers& of_b = b.BreakersOf(high_priority);
  return of_a.max_connection_pools.has_value() == of_b.max_connection_pools.has_value() &&
         of_a.max_connections_to_host.has_value() == of_b.max_connections_to_host.has_value();
}

// Those of connections: max_stream_duration is a request's.
bool HaveEqualLimits(config::HttpLimits a, const config::HttpLimits& b) {
  a.max_stream_duration = b.max_stream_duration;
  return a == b;
}

http::h1::Options Http1Of(const config::Cluster& cluster) {
  return {.limits = LimitsOf(cluster),
          .enable_trailers = cluster.http1->enable_trailers,
          .allow_chunked_length = cluster.http1->allow_chunked_length,
          .absolute_form = cluster.http1->send_fully_qualified_url,
          .proper_case = cluster.http1->proper_case,
          .preserve_case = cluster.http1->preserve_case};
}

http::h2::Options Http2Of(const config::Cluster& cluster) {
  http::h2::Options options = Http2OptionsOf(*cluster.http2);
  options.limits = LimitsOf(cluster);
  return options;
}

net::ConnectOptions ConnectOf(const config::Cluster& cluster, bool ipv6) {
  net::ConnectOptions options{.keepalive = cluster.sockets->keepalive};
  if (const auto& bind = cluster.sockets->bind) options.source = bind->SourceFor(ipv6);
  return options;
}

}  // namespace

http::h2::Options Http2OptionsOf(const config::Http2Options& config) {
  std::vector<http::h2::Setting> more;
  for (const config::Http2Setting& setting : config.more_settings) {
    more.push_back({setting.identifier, setting.value});
  }
  return {.max_concurrent_streams = config.max_concurrent_streams,
          .initial_stream_window_size = config.initial_stream_window_size,
          .initial_connection_window_size = config.initial_connection_window_size,
          .allow_connect = config.allow_connect,
          .hpack_table_size = config.hpack_table_size,
          .stream_error_on_invalid_http_message = config.stream_error_on_invalid_http_message,
          .disallow_obs_text = config.disallow_obs_text,
          .max_outbound_frames = config.max_outbound_frames,
          .max_outbound_control_frames = config.max_outbound_control_frames,
          .max_consecutive_inbound_frames_with_empty_payload =
              config.max_consecutive_inbound_frames_with_empty_payload,
          .max_inbound_priority_frames_per_stream = config.max_inbound_priority_frames_per_stream,
          .max_inbound_window_update_frames_per_data_frame_sent =
              config.max_inbound_window_update_frames_per_data_frame_sent,
          .stream_reset_burst = config.stream_reset_burst,
          .stream_reset_rate = config.stream_reset_rate,
          .premature_reset_total_stream_count = config.premature_reset_total_stream_count,
          .more_settings = std::move(more)};
}

http::h2::Keepalive::Settings Http2KeepaliveOf(const config::Http2Options& config) {
  return {.interval = config.keepalive.interval,
          .timeout = config.keepalive.timeout,
          .connection_idle_interval = config.keepalive.connection_idle_interval,
          .interval_jitter_percent = config.keepalive.interval_jitter_percent};
}

std::shared_ptr<const ConnectionSettings> MakeConnectionSettings(
    const config::Cluster& cluster, std::shared_ptr<const net::TransportSocketFactory> transport) {
  auto settings = std::make_shared<ConnectionSettings>();
  settings->h1 = Http1Of(cluster);
  settings->h2 = Http2Of(cluster);
  settings->keepalive = Http2KeepaliveOf(*cluster.http2);
  settings->connect_ipv4 = ConnectOf(cluster, false);
  settings->connect_ipv6 = ConnectOf(cluster, true);
  settings->transport = std::move(transport);
  settings->connect_timeout = cluster.connect_timeout;
  settings->idle_timeout = cluster.http_limits->idle_timeout;
  settings->max_connection_duration = cluster.http_limits->max_connection_duration;
  settings->max_connection_duration_jitter = cluster.http_limits->max_connection_duration_jitter;
  settings->max_requests_per_connection = cluster.http_limits->max_requests_per_connection;
  settings->max_concurrent_streams = std::max(cluster.http2->max_concurrent_streams, 1u);
  settings->output_limit = cluster.buffer_limit;
  settings->input_limit =
      std::max<size_t>(cluster.buffer_limit,
                       cluster.http_limits->max_response_headers_kb * size_t{1024}) +
      kBesidesTheHead;
  return settings;
}

std::vector<std::string> ProtocolsOf(PoolKind kind) {
  switch (kind) {
    case PoolKind::kHttp1:
      return {"http/1.1"};
    case PoolKind::kHttp2:
      return {"h2"};
    case PoolKind::kNegotiated:
      return {"h2", "http/1.1"};
    case PoolKind::kRaw:
      return {};
  }
  return {};
}

PoolKind KindFor(config::Cluster::Protocol protocol, bool downstream_http2, bool raw) {
  if (raw) return PoolKind::kRaw;
  switch (protocol) {
    case config::Cluster::Protocol::kHttp1:
      return PoolKind::kHttp1;
    case config::Cluster::Protocol::kHttp2:
      return PoolKind::kHttp2;
    case config::Cluster::Protocol::kDownstream:
      return downstream_http2 ? PoolKind::kHttp2 : PoolKind::kHttp1;
    case config::Cluster::Protocol::kAuto:
      return PoolKind::kNegotiated;
  }
  return PoolKind::kHttp1;
}

net::ConnectionPurpose PurposeOf(const config::Cluster& cluster, const ConnectionSettings& settings,
                                 const stream_info::ConnectionInfo* downstream,
                                 std::string_view server_name) {
  net::ConnectionPurpose purpose;
  // RFC 6066, 3: an address is no server name.
  if (cluster.names->auto_sni && !net::IpAddress::Parse(server_name).has_value()) {
    purpose.server_name = server_name;
  }
  if (cluster.names->auto_san_validation) purpose.verified_name = server_name;
  const bool tells = settings.transport != nullptr && settings.transport->tells_of_downstream();
  if (downstream == nullptr || !tells) return purpose;
  purpose.downstream = {downstream->remote_address, downstream->local_address};
  purpose.downstream_tlvs = downstream->further->proxy_tlvs;
  return purpose;
}

bool TellsOfDownstream(const config::Transports* transports) {
  return transports != nullptr &&
         std::any_of(transports->begin(), transports->end(), [](const auto& transport) {
           return transport != nullptr && transport->tells_of_downstream();
         });
}

std::unique_ptr<net::ByteStream> Connect(const PoolContext& context, const Host& host,
                                         const ConnectionSettings& settings,
                                         net::TransportOptions options) {
  const net::Address& address = host.address();
  const bool ipv6 = address.is_ip() && address.ip().is_v6();
  std::unique_ptr<net::ByteStream> stream =
      context.network.Connect(address, ipv6 ? settings.connect_ipv6 : settings.connect_ipv4);
  if (settings.transport == nullptr) return stream;
  options.host_name = host.hostname();
  return settings.transport->WrapClient(std::move(stream), context.transport(), options);
}

bool HaveEqualConnections(const config::Cluster& a, const config::Cluster& b) {
  return a.connect_timeout == b.connect_timeout && a.buffer_limit == b.buffer_limit &&
         HaveEqualLimits(*a.http_limits, *b.http_limits) && a.sockets == b.sockets &&
         HaveEqualBreakers(a, b, false) && HaveEqualBreakers(a, b, true) &&
         a.protocol == b.protocol && a.names == b.names && a.http1 == b.http1 &&
         a.http2 == b.http2 && config::SameConfig(a.transport_socket, b.transport_socket) &&
         a.transport_socket_matches == b.transport_socket_matches;
}

}  // namespace weir::upstream
