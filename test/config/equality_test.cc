// Two configurations are equal when nothing that acts differs: each field is changed in turn.
#include <functional>

#include "gtest/gtest.h"
#include "source/config/cluster.h"
#include "source/config/listener.h"
#include "source/config/request_policies.h"

namespace weir::config {
namespace {

using std::chrono::milliseconds;

struct FakeExtension final : ExtensionConfig {
  explicit FakeExtension(int number) : value(number) {}
  std::string_view extension_name() const override { return "fake"; }
  bool Equals(const ExtensionConfig& other) const override {
    return value == static_cast<const FakeExtension&>(other).value;
  }
  int value;
};

template <typename T>
void EachChangeCounts(const std::vector<std::function<void(T&)>>& changes) {
  EXPECT_TRUE(T() == T());
  for (size_t i = 0; i < changes.size(); ++i) {
    T changed;
    changes[i](changed);
    EXPECT_FALSE(changed == T()) << "change " << i;
    T same;
    changes[i](same);
    EXPECT_TRUE(changed == same) << "change " << i;
  }
}

TEST(Equality, Cluster) {
  EachChangeCounts<Cluster>({
      [](Cluster& c) { c.name = "x"; },
      [](Cluster& c) { c.alt_stat_name = std::string("x"); },
      [](Cluster& c) { c.type = DiscoveryType::kEds; },
      [](Cluster& c) { c.endpoints = std::make_shared<Endpoints>(); },
      [](Cluster& c) { c.eds_source.Edit().kind = ConfigSource::Kind::kAds; },
      [](Cluster& c) { c.eds_service_name = "x"; },
      [](Cluster& c) { c.balancer = BalancerKind::kRandom; },
      [](Cluster& c) { c.choice_count = 3; },
      [](Cluster& c) { c.active_request_bias = 0; },
      [](Cluster& c) { c.healthy_panic_threshold = 0; },
      [](Cluster& c) { c.close_connections_on_host_set_change = true; },
      [](Cluster& c) { c.connect_timeout = milliseconds(1); },
      [](Cluster& c) { c.buffer_limit = 1; },
      [](Cluster& c) { c.http_limits.Edit().idle_timeout = milliseconds(1); },
      [](Cluster& c) { c.http_limits.Edit().max_requests_per_connection = 1; },
      [](Cluster& c) { c.http_limits.Edit().max_connection_duration = milliseconds(1); },
      [](Cluster& c) { c.http_limits.Edit().max_connection_duration_jitter = 1; },
      [](Cluster& c) { c.http_limits.Edit().max_response_headers_kb = 1; },
      [](Cluster& c) { c.http_limits.Edit().max_headers_count = 1; },
      [](Cluster& c) { c.breakers.Edit().max_requests = 1; },
      [](Cluster& c) { c.high_breakers.Edit().max_retries = 1; },
      [](Cluster& c) { c.breakers.Edit().retry_budget = RetryBudget{}; },
      [](Cluster& c) { c.breakers.Edit().retry_budget = RetryBudget{.interval = milliseconds(1)}; },
      [](Cluster& c) { c.breakers.Edit().max_connection_pools = 1; },
      [](Cluster& c) { c.breakers.Edit().max_connections_to_host = 1; },
      [](Cluster& c) { c.sockets.Edit().bind = std::make_shared<UpstreamBind>(); },
      [](Cluster& c) { c.http_limits.Edit().max_stream_duration = milliseconds(1); },
      [](Cluster& c) { c.sockets.Edit().keepalive.probes = 1; },
      [](Cluster& c) { c.protocol = Cluster::Protocol::kHttp2; },
      [](Cluster& c) { c.http1.Edit().enable_trailers = true; },
      [](Cluster& c) {
        c.http1.Edit().ignored_upgrades = {{match::StringMatcher::Kind::kExact, "x", false}};
      },
      [](Cluster& c) { c.http2.Edit().disallow_obs_text = true; },
      [](Cluster& c) { c.http2.Edit().max_concurrent_streams = 1; },
      [](Cluster& c) { c.http2.Edit().keepalive.timeout = milliseconds(1); },
      [](Cluster& c) { c.http2.Edit().more_settings = {{.identifier = 9}}; },
      [](Cluster& c) { c.policies = std::make_shared<RequestPolicies>(); },
      [](Cluster& c) { c.names.Edit().auto_sni = true; },
      [](Cluster& c) { c.names.Edit().auto_san_validation = true; },
      [](Cluster& c) { c.names.Edit().override_auto_sni_header = "x"; },
      [](Cluster& c) { c.dns.Edit().family = net::DnsFamily::kAll; },
      [](Cluster& c) { c.dns.Edit().refresh_rate = milliseconds(1); },
      [](Cluster& c) { c.dns.Edit().failure_refresh_base = milliseconds(1); },
      [](Cluster& c) { c.dns.Edit().failure_refresh_max = milliseconds(1); },
      [](Cluster& c) { c.dns.Edit().respect_ttl = true; },
      [](Cluster& c) { c.transport_socket = std::make_shared<FakeExtension>(1); },
      [](Cluster& c) { c.transport_socket_matches = {{.name = "m"}}; },
  });
}

TEST(Equality, RequestPolicies) {
  using P = RequestPolicies;
  EachChangeCounts<P>({
      [](P& p) { p.retry = RetryPolicy{}; },
      [](P& p) { p.retry = RetryPolicy{.num_retries = 2}; },
      [](P& p) { p.retry = RetryPolicy{.reset_headers = {{.field = "x"}}}; },
      [](P& p) { p.mirrors = {{.cluster = "x"}}; },
      [](P& p) { p.mirrors = {{.cluster = "x", .request_headers = {{RemoveField{"x"}}}}}; },
      [](P& p) { p.hash_policy = {{.source = HashHeader{.field = "x"}}}; },
      [](P& p) { p.hash_policy = {{.source = HashCookie{.name = "x"}}}; },
      [](P& p) { p.hash_policy = {{.source = HashSourceIp{}, .terminal = true}}; },
      [](P& p) { p.hash_policy = {{.source = HashQueryParameter{"x"}}}; },
  });
}

TEST(Equality, ConnectionManager) {
  using M = HttpConnectionManager;
  const auto filter = [](int value) {
    return HttpFilter{.extension = {"f", std::make_shared<FakeExtension>(value)}};
  };
  EachChangeCounts<M>({
      [](M& m) { m.stat_prefix = "x"; },
      [](M& m) { m.codec = CodecType::kHttp2; },
      [](M& m) { m.routes = std::make_shared<RouteTable>(RouteTable{.content_hash = 7}); },
      [](M& m) { m.rds_name = "x"; },
      [](M& m) { m.rds_source.kind = ConfigSource::Kind::kAds; },
      [&](M& m) { m.http_filters.before_router = {filter(1)}; },
      [](M& m) { m.http_filters.router.suppress_envoy_headers = true; },
      [](M& m) { m.http_filters.router.respect_expected_rq_timeout = true; },
      [](M& m) { m.http_filters.router.upstream_logs = {AccessLog{.name = "f"}}; },
      [](M& m) { m.access_logs = {AccessLog{.name = "f"}}; },
      [](M& m) { m.access_logs = {AccessLog{.filter = std::make_shared<LogFilter>()}}; },
      [](M& m) { m.access_logs = {AccessLog{.config = std::make_shared<FakeExtension>(1)}}; },
      [](M& m) { m.log_new_requests = true; },
      [](M& m) { m.log_interval = milliseconds(1); },
      [](M& m) { m.log_new_tunnels = true; },
      [](M& m) { m.upgrades = {Upgrade{.type = "a"}}; },
      [](M& m) { m.upgrades = {Upgrade{.type = "a", .enabled = false}}; },
      [](M& m) { m.upgrades = {Upgrade{.type = "a", .filters = HttpFilters{}}}; },
      [&](M& m) { m.upgrades = {Upgrade{.type = "a", .filters = HttpFilters{{filter(1)}, {}}}}; },
      [](M& m) { m.local_replies.body_format = BodyFormat{.content_type = "x"}; },
      [](M& m) { m.local_replies.mappers = {ReplyMapper{.status = 400}}; },
  });
  M one, two;
  one.http_filters.before_router = {filter(1)};
  two.http_filters.before_router = {filter(2)};
  EXPECT_FALSE(one == two);
  two.http_filters = one.http_filters;
  EXPECT_TRUE(one == two);
  two.http_filters.before_router[0].disabled = true;
  EXPECT_FALSE(one == two);
}

TEST(Equality, ConnectionManagersLimits) {
  using M = HttpConnectionManager;
  EachChangeCounts<M>({
      [](M& m) { m.http1.accept_http_10 = true; },
      [](M& m) { m.http1.allow_chunked_length = true; },
      [](M& m) { m.http1.proper_case = true; },
      [](M& m) { m.http1.send_fully_qualified_url = true; },
      [](M& m) { m.http1.preserve_case = true; },
      [](M& m) { m.http1.stream_error_on_invalid_http_message = true; },
      [](M& m) { m.http2.hpack_table_size = 1; },
      [](M& m) { m.http2.premature_reset_total_stream_count = 1; },
      [](M& m) { m.premature_reset_min_stream_lifetime = std::chrono::seconds(2); },
      [](M& m) { m.max_request_headers_kb = 1; },
      [](M& m) { m.max_headers_count = 1; },
      [](M& m) { m.idle_timeout = milliseconds(1); },
      [](M& m) { m.max_connection_duration = milliseconds(1); },
      [](M& m) { m.max_connection_duration_jitter = 1; },
      [](M& m) { m.http1_safe_max_connection_duration = true; },
      [](M& m) { m.max_stream_duration = milliseconds(1); },
      [](M& m) { m.max_requests_per_connection = 1; },
      [](M& m) { m.stream_idle_timeout = milliseconds(1); },
      [](M& m) { m.stream_flush_timeout = milliseconds(1); },
      [](M& m) { m.request_timeout = milliseconds(1); },
      [](M& m) { m.request_headers_timeout = milliseconds(1); },
      [](M& m) { m.drain_timeout = milliseconds(1); },
      [](M& m) { m.delayed_close_timeout = milliseconds(1); },
      [](M& m) { m.underscores = UnderscoresInHeaders::kDrop; },
  });
}

TEST(Equality, ConnectionManagersViewOfARequest) {
  using M = HttpConnectionManager;
  EachChangeCounts<M>({
      [](M& m) { m.server_name = "x"; },
      [](M& m) { m.server_header = ServerHeader::kPassThrough; },
      [](M& m) { m.via = "x"; },
      [](M& m) { m.client_cert.mode = ForwardClientCert::kForwardOnly; },
      [](M& m) { m.client_cert.details.uri = true; },
      [](M& m) { m.client_cert_matcher.emplace(); },
      [](M& m) { m.use_remote_address = true; },
      [](M& m) { m.xff_num_trusted_hops = 1; },
      [](M& m) { m.skip_xff_append = true; },
      [](M& m) { m.append_x_forwarded_port = true; },
      [](M& m) { m.ip_detection.emplace_back(); },
      [](M& m) { m.ipv4_as_mapped_ipv6 = true; },
      [](M& m) { m.internal_addresses.unix_sockets = true; },
      [](M& m) { m.internal_addresses.ranges.emplace_back(); },
      [](M& m) { m.proxy_100_continue = true; },
      [](M& m) { m.append_local_overload = true; },
      [](M& m) { m.generate_request_id = false; },
      [](M& m) { m.preserve_external_request_id = true; },
      [](M& m) { m.always_set_request_id_in_response = true; },
      [](M& m) { m.path_steps = {PathStep::kNormalize}; },
      [](M& m) { m.filter_path_steps = {PathStep::kMergeSlashes}; },
      [](M& m) { m.scheme_of_upstream = true; },
      [](M& m) { m.proxy_status = ProxyStatus{}; },
      [](M& m) { m.proxy_status = ProxyStatus{.name = "x"}; },
      [](M& m) { m.early_mutations.in_order = {RemoveField{"x"}}; },
      [](M& m) { m.tells_upstreams_of_client = false; },
      [](M& m) { m.drain_timeout_jitter = 0.5; },
      [](M& m) { m.forward_proto.https_ports = {443}; },
      [](M& m) { m.forward_proto.http_ports = {80}; },
      [](M& m) { m.escaped_slashes = PathNormalization::kReject; },
      [](M& m) { m.host_port = HostPort::kStripAny; },
      [](M& m) { m.strip_trailing_host_dot = true; },
      [](M& m) { m.scheme = "https"; },
  });
}

TEST(Equality, FilterChainAndListener) {
  const auto chain = [] { return std::make_shared<const FilterChain>(FilterChain{.name = "c"}); };
  EachChangeCounts<FilterChain>({
      [](FilterChain& c) { c.name = "x"; },
      [](FilterChain& c) { c.match.destination_port = 1; },
      [](FilterChain& c) { c.network_filters = {{"f", std::make_shared<FakeExtension>(1)}}; },
      [](FilterChain& c) { c.terminal = std::make_shared<const HttpConnectionManager>(); },
      [](FilterChain& c) { c.terminal = std::make_shared<const TcpProxy>(); },
      [](FilterChain& c) { c.transport_socket = std::make_shared<FakeExtension>(1); },
      [](FilterChain& c) { c.transport_socket_connect_timeout = milliseconds(1); },
  });
  EachChangeCounts<Listener>({
      [](Listener& l) { l.name = "x"; },
      [](Listener& l) { l.stat_prefix = "x"; },
      [](Listener& l) { l.address = *net::Address::Parse("127.0.0.1:1"); },
      [](Listener& l) { l.socket.backlog = 1; },
      [](Listener& l) { l.listener_filters = {{"f", std::make_shared<FakeExtension>(1)}}; },
      [](Listener& l) { l.listener_filters_timeout = milliseconds(1); },
      [](Listener& l) { l.continue_on_listener_filters_timeout = true; },
      [&](Listener& l) { l.filter_chains = {chain()}; },
      [&](Listener& l) { l.default_filter_chain = chain(); },
      [](Listener& l) { l.chain_matcher.emplace(); },
      [](Listener& l) { l.buffer_limit = 1; },
      [](Listener& l) { l.max_connections_to_accept_per_socket_event = 1; },
      [](Listener& l) { l.ignore_global_connection_limit = true; },
      [](Listener& l) { l.bypass_overload_manager = true; },
      [](Listener& l) { l.drain_on_modify_only = true; },
      [](Listener& l) { l.direction = Listener::Direction::kInbound; },
      [](Listener& l) { l.access_logs = {AccessLog{.name = "f"}}; },
  });
}

}  // namespace
}  // namespace weir::config
