#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/config/request_policies.h"
#include "test/config/proto/decoding.h"

namespace weir::config::proto {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kType = schema::kClusterTypeUrl;
constexpr std::string_view kEndpointsType = schema::kClusterLoadAssignmentTypeUrl;

TEST(DecodeCluster, HasEnvoysDefaults) {
  const auto cluster = Decoded<Cluster>(kType, "{name: a, load_assignment: {cluster_name: a}}");
  ASSERT_NE(cluster, nullptr);
  Cluster expected;
  expected.name = "a";
  expected.endpoints = std::make_shared<Endpoints>(Endpoints{.cluster_name = "a"});
  EXPECT_TRUE(*cluster == expected);
}

TEST(DecodeCluster, ReadsEverything) {
  const auto cluster = Decoded<Cluster>(kType, R"(
name: a
alt_stat_name: b
type: EDS
eds_cluster_config: { service_name: svc, eds_config: { ads: {}, initial_fetch_timeout: 0s } }
connect_timeout: 0.25s
per_connection_buffer_limit_bytes: 32768
lb_policy: LEAST_REQUEST
least_request_lb_config: { choice_count: 4, active_request_bias: { default_value: 0.5, runtime_key: b } }
common_lb_config: { healthy_panic_threshold: { value: 0 }, close_connections_on_host_set_change: true }
circuit_breakers:
  thresholds:
  - { max_connections: 1, max_pending_requests: 2, max_requests: 3, max_retries: 4 }
  - { priority: HIGH, max_requests: 9, retry_budget: { budget_percent: { value: 12.5 }, budget_interval: 10s } }
upstream_connection_options: { tcp_keepalive: { keepalive_time: 30 } }
dns_lookup_family: V4_ONLY
dns_refresh_rate: 2s
dns_failure_refresh_rate: { base_interval: 1s }
respect_dns_ttl: true
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    common_http_protocol_options: { idle_timeout: 60s, max_requests_per_connection: 7, max_stream_duration: 9s, max_connection_duration_jitter: { value: 7.5 } }
    explicit_http_config: { http2_protocol_options: { max_concurrent_streams: 50 } }
)");
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->type, DiscoveryType::kEds);
  EXPECT_EQ(cluster->endpoints, nullptr);
  EXPECT_EQ(cluster->eds_source->kind, ConfigSource::Kind::kAds);
  EXPECT_EQ(cluster->eds_source->initial_fetch_timeout.count(), 0);
  EXPECT_EQ(cluster->eds_service_name, "svc");
  EXPECT_EQ(cluster->connect_timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(cluster->active_request_bias, 0.5);
  EXPECT_EQ(cluster->http_limits->max_connection_duration_jitter, 7.5);
  EXPECT_EQ(cluster->balancer, BalancerKind::kLeastRequest);
  EXPECT_EQ(cluster->choice_count, 4u);
  EXPECT_EQ(cluster->healthy_panic_threshold, 0u);
  EXPECT_EQ(cluster->breakers->max_pending_requests, 2u);
  EXPECT_EQ(cluster->high_breakers->max_requests, 9u);
  EXPECT_EQ(cluster->breakers->retry_budget, std::nullopt);
  EXPECT_EQ(cluster->high_breakers->retry_budget,
            (RetryBudget{.percent = 12.5, .least = 3, .interval = std::chrono::seconds(10)}));
  EXPECT_EQ(cluster->high_breakers->max_connections, 1024u);
  EXPECT_EQ(cluster->sockets->keepalive.idle_seconds, 30u);
  EXPECT_EQ(cluster->dns->family, net::DnsFamily::kV4Only);
  EXPECT_EQ(cluster->dns->failure_refresh_max, std::chrono::seconds(10));
  EXPECT_EQ(cluster->protocol, Cluster::Protocol::kHttp2);
  EXPECT_EQ(cluster->http2->max_concurrent_streams, 50u);
  EXPECT_EQ(cluster->http_limits->idle_timeout, std::chrono::seconds(60));
  EXPECT_EQ(cluster->http_limits->max_stream_duration, std::chrono::seconds(9));
  EXPECT_EQ(cluster->http_limits->max_requests_per_connection, 7u);
}

TEST(DecodeCluster, LimitsPoolsAndConnectionsToEachHost) {
  const auto cluster = Decoded<Cluster>(
      kType,
      "{name: a, load_assignment: {cluster_name: a}, circuit_breakers: {"
      "thresholds: [{max_connection_pools: 5}], "
      "per_host_thresholds: [{max_connections: 7}, {priority: HIGH, max_connections: 8}]}}");
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->breakers->max_connection_pools, 5u);
  EXPECT_EQ(cluster->breakers->max_connections_to_host, 7u);
  EXPECT_EQ(cluster->breakers->max_connections, 1024u);
  EXPECT_EQ(cluster->high_breakers->max_connection_pools, std::nullopt);
  EXPECT_EQ(cluster->high_breakers->max_connections_to_host, 8u);
}

TEST(DecodeCluster, BindsToASourceOfEachVersionOfIp) {
  const auto cluster = Decoded<Cluster>(
      kType,
      "{name: a, load_assignment: {cluster_name: a}, upstream_bind_config: {"
      "source_address: {address: 10.0.0.9, port_value: 0}, freebind: true, "
      "socket_options: [{level: 1, name: 2, int_value: 3}], "
      "extra_source_addresses: [{address: {address: '::9', port_value: 0}, "
      "socket_options: {socket_options: [{level: 4, name: 5, int_value: 6, state: STATE_BOUND}]}}]"
      "}}");
  ASSERT_NE(cluster, nullptr);
  const UpstreamBind& bind = *cluster->sockets->bind;
  EXPECT_EQ(bind.SourceFor(false).address->ToString(), "10.0.0.9:0");
  EXPECT_EQ(bind.SourceFor(false).options[0].level, 1);
  EXPECT_EQ(bind.SourceFor(true).address->ToString(), "[::9]:0");
  EXPECT_TRUE(bind.SourceFor(true).freebind);
  ASSERT_EQ(bind.SourceFor(true).options.size(), 1u);
  EXPECT_EQ(bind.SourceFor(true).options[0].level, 4);
}

TEST(DecodeCluster, TheDeprecatedFieldStillMeansHttp2) {
  const auto cluster = Decoded<Cluster>(
      kType, "{name: a, http2_protocol_options: {}, load_assignment: {cluster_name: a}}");
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->protocol, Cluster::Protocol::kHttp2);
}

TEST(DecodeCluster, ReadsThePoliciesOfItsRequests) {
  constexpr std::string_view kWith =
      "{name: a, load_assignment: {cluster_name: a}, typed_extension_protocol_options: {"
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {\"@type\": "
      "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, "
      "explicit_http_config: {http_protocol_options: {}}, ";
  const auto cluster =
      Decoded<Cluster>(kType, StrCat(kWith,
                                     "retry_policy: {retry_on: 5xx, num_retries: 4}, "
                                     "request_mirror_policies: [{cluster: b}, {cluster: c}], "
                                     "hash_policy: [{header: {header_name: X-User}}]}}}"));
  ASSERT_NE(cluster, nullptr);
  ASSERT_NE(cluster->policies, nullptr);
  EXPECT_EQ(cluster->policies->retry->num_retries, 4u);
  EXPECT_EQ(cluster->policies->mirrors.size(), 2u);
  EXPECT_EQ(std::get<HashHeader>(cluster->policies->hash_policy[0].source).field, "x-user");
  EXPECT_THAT(
      Decode(kType, StrCat(kWith, "retry_policy: {retry_on: 6xx}}}}")).errors,
      ElementsAre(HasSubstr("retry_policy.retry_on: the retry condition is not supported")));
}

TEST(DecodeCluster, TheHandshakeDecidesWhereTheTransportHasOne) {
  constexpr std::string_view kAuto =
      "{name: a, load_assignment: {cluster_name: a}, typed_extension_protocol_options: {"
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {\"@type\": "
      "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, auto_config: {"
      "http_protocol_options: {enable_trailers: true}, "
      "http2_protocol_options: {max_concurrent_streams: 7}}}}";
  const auto cluster = Decoded<Cluster>(kType, StrCat(kAuto, R"(, transport_socket: {name: tls,
    typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext,
    common_tls_context: {validation_context: {trust_chain_verification: ACCEPT_UNTRUSTED}}}}})"));
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->protocol, Cluster::Protocol::kAuto);
  EXPECT_TRUE(cluster->http1->enable_trailers);
  EXPECT_EQ(cluster->http2->max_concurrent_streams, 7u);
  for (const std::string_view socket :
       {"",
        ", transport_socket: {name: raw, typed_config: {\"@type\": "
        "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}"}) {
    EXPECT_THAT(Decode(kType, StrCat(kAuto, socket, "}")).errors,
                ElementsAre(HasSubstr("transport_socket: auto_config needs a transport socket that "
                                      "agrees on a protocol by ALPN")));
  }
}

TEST(DecodeCluster, LabelsOfEndpointsAreKeptOnce) {
  const auto cluster = Decoded<Cluster>(kType, R"(
name: a
transport_socket_matches:
- name: mutual
  match: { tlsMode: istio }
  transport_socket: { name: raw, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer } }
- { name: rest, match: {} }
load_assignment:
  cluster_name: a
  endpoints:
  - metadata: { filter_metadata: { envoy.transport_socket_match: { zone: x } } }
    lb_endpoints:
    - endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } } }
      metadata: { filter_metadata: { envoy.transport_socket_match: { tlsMode: istio }, other: { a: b } } }
    - endpoint: { address: { socket_address: { address: 10.0.0.2, port_value: 80 } } }
      metadata: { filter_metadata: { envoy.transport_socket_match: { tlsMode: istio } } }
    - endpoint: { address: { socket_address: { address: 10.0.0.3, port_value: 80 } } }
)");
  ASSERT_NE(cluster, nullptr);
  ASSERT_EQ(cluster->transport_socket_matches.size(), 2u);
  EXPECT_EQ(cluster->transport_socket_matches[0].name, "mutual");
  EXPECT_EQ(*cluster->transport_socket_matches[0].match.Find("tlsMode"), Value::String("istio"));
  const Endpoints& endpoints = *cluster->endpoints;
  EXPECT_EQ(endpoints.labels.size(), 2u);
  EXPECT_EQ((*endpoints.localities)[0].labels, 1u);
  EXPECT_EQ(endpoints.endpoints[0].labels, 2u);
  EXPECT_EQ(endpoints.endpoints[1].labels, 2u);
  EXPECT_EQ(endpoints.endpoints[2].labels, 0u);
  EXPECT_EQ(TransportSocketFor(*cluster, endpoints, endpoints.endpoints[0]), 1u);
  EXPECT_EQ(TransportSocketFor(*cluster, endpoints, endpoints.endpoints[2]), 2u);
}

TEST(DecodeCluster, TakesTheFirstPolicyThatIsSupported) {
  const auto cluster = Decoded<Cluster>(kType, R"(
name: a
lb_policy: LOAD_BALANCING_POLICY_CONFIG
load_assignment: { cluster_name: a }
load_balancing_policy:
  policies:
  - typed_extension_config:
      name: maglev
      typed_config: { "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.maglev.v3.Maglev }
  - typed_extension_config:
      name: least
      typed_config: { "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest, choice_count: 3, active_request_bias: { default_value: 2, runtime_key: b } }
)");
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->balancer, BalancerKind::kLeastRequest);
  EXPECT_EQ(cluster->choice_count, 3u);
  EXPECT_EQ(cluster->active_request_bias, 2);
}

TEST(DecodeCluster, ResolvesNamesForStrictDnsAlone) {
  constexpr std::string_view kAssignment =
      "load_assignment: {cluster_name: a, endpoints: [{lb_endpoints: [{endpoint: {address: "
      "{socket_address: {address: web.local, port_value: 80}}}}]}]}}";
  const auto cluster =
      Decoded<Cluster>(kType, "{name: a, type: STRICT_DNS, " + std::string(kAssignment));
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(*cluster->endpoints->endpoints[0].dns_name(), (DnsName{"web.local", 80}));
  EXPECT_THAT(Decode(kType, "{name: a, type: STATIC, " + std::string(kAssignment)).errors,
              ElementsAre(HasSubstr("load_assignment.endpoints[0].lb_endpoints[0].endpoint.address."
                                    "socket_address.address: is not an IP address")));
}

TEST(DecodeCluster, ReadsHttp2Options) {
  const auto cluster = Decoded<Cluster>(
      kType,
      "{name: a, type: STATIC, http2_protocol_options: {max_outbound_frames: 20, "
      "stream_reset_burst: 7, stream_reset_rate: 8, stream_error_on_invalid_http_messaging: true, "
      "connection_keepalive: {interval: 10s, timeout: 2s, interval_jitter: {value: 30}, "
      "connection_idle_interval: 5s}}}");
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->http2->max_outbound_frames, 20u);
  EXPECT_EQ(cluster->http2->stream_reset_burst, 7u);
  EXPECT_EQ(cluster->http2->stream_reset_rate, 8u);
  EXPECT_TRUE(cluster->http2->stream_error_on_invalid_http_message);
  EXPECT_EQ(cluster->http2->keepalive,
            (Http2Keepalive{.interval = std::chrono::seconds(10),
                            .timeout = std::chrono::seconds(2),
                            .connection_idle_interval = std::chrono::seconds(5),
                            .interval_jitter_percent = 30}));
}

TEST(DecodeCluster, TakesTheSizeOfAFieldThatIsDecodedAndNoOther) {
  const auto with = [](std::string_view size) {
    return StrCat(
        "{name: a, type: STATIC, http2_protocol_options: {max_header_field_size_kb: ", size, "}}");
  };
  EXPECT_NE(Decoded<Cluster>(kType, with("64")), nullptr);
  EXPECT_THAT(Decode(kType, with("63")).errors, ElementsAre(HasSubstr("max_header_field_size_kb")));
  EXPECT_THAT(
      Decode(kType, with("65")).errors,
      ElementsAre(HasSubstr("http2_protocol_options.max_header_field_size_kb: must be 64: no "
                            "larger field is decoded, got \"65\"")));
}

std::string WithSettings(std::string_view parameters, std::string_view fields = "") {
  return StrCat("{name: a, type: STATIC, http2_protocol_options: {", fields,
                "custom_settings_parameters: [", parameters, "]}}");
}

TEST(DecodeCluster, ReadsCustomSettings) {
  const auto cluster = Decoded<Cluster>(
      kType, WithSettings("{identifier: 1, value: 8192}, {identifier: 3, value: 9}, {identifier: "
                          "4, value: 70000}, {identifier: 2, value: 0}, {identifier: 5, value: "
                          "32768}, {identifier: 65000, value: 1}, {identifier: 65000, value: 1}"));
  ASSERT_NE(cluster, nullptr);
  const Http2Options& http2 = *cluster->http2;
  EXPECT_EQ(http2.hpack_table_size, 8192u);
  EXPECT_EQ(http2.max_concurrent_streams, 9u);
  EXPECT_EQ(http2.initial_stream_window_size, 70000u);
  EXPECT_THAT(http2.more_settings, ElementsAre(Http2Setting{5, 32768}, Http2Setting{65000, 1}));
}

TEST(DecodeCluster, ChecksCustomSettings) {
  struct Case {
    std::string_view parameters;
    std::string_view fields;
    std::string_view error;
  };
  constexpr Case kCases[] = {
      {"{identifier: 1, value: 1}", "hpack_table_size: 1, ",
       "[0].identifier: is set by hpack_table_size already"},
      {"{identifier: 4, value: 9}", "", "[0].value: must be from 65535 to 2147483647, got \"9\""},
      {"{identifier: 2, value: 1}", "", "[0]: servers push nothing here"},
      {"{identifier: 5, value: 1}", "", "[0]: must be from 16384 to 16777215, got \"5=1\""},
      {"{identifier: 6, value: 1}", "", "[0]: follows the limit of header fields"},
      {"{identifier: 8, value: 1}", "", "[0]: is set by allow_connect alone"},
      {"{identifier: 9, value: 2}", "", "[0]: must be 0 or 1"},
      {"{identifier: 77, value: 1}, {identifier: 77, value: 2}", "",
       "[1]: gives the parameter another value, got \"2\""},
      {"{identifier: 70000, value: 1}", "", "[0].identifier: "},
  };
  for (const Case& test : kCases) {
    EXPECT_THAT(Decode(kType, WithSettings(test.parameters, test.fields)).errors,
                ElementsAre(HasSubstr(test.error)))
        << test.parameters;
  }
}

TEST(DecodeCluster, RefusesByNameAndPath) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"type: LOGICAL_DNS", "type: value LOGICAL_DNS"},
      {"lb_policy: RING_HASH", "lb_policy: value RING_HASH"},
      {"transport_socket: {name: tls}",
       "transport_socket.typed_config: a configuration with its type is missing"},
      {"health_checks: [{timeout: 1s}]", "health_checks"},
      {"type: EDS", "eds_cluster_config.eds_config: a cluster of type EDS needs it"},
      {"eds_cluster_config: {eds_config: {ads: {}}}",
       "eds_cluster_config: can be given for a cluster of type EDS alone"},
      {"connect_timeout: 0s", "connect_timeout: "},
      {"wait_for_warm_on_init: false", "wait_for_warm_on_init: false is not supported"},
      {"circuit_breakers: {thresholds: [{}, {}]}",
       "circuit_breakers.thresholds[1].priority: there are thresholds for this priority already"},
      {"circuit_breakers: {per_host_thresholds: [{max_requests: 1}]}",
       "circuit_breakers.per_host_thresholds[0].max_requests: "},
      {"upstream_bind_config: {source_address: {address: a.b, port_value: 0}}",
       "upstream_bind_config.source_address.address: is not an IP address"},
      {"upstream_bind_config: {extra_source_addresses: [{address: {address: '::1', port_value: "
       "0}}]}",
       "upstream_bind_config.extra_source_addresses[0]: needs a source_address beside it"},
      {"upstream_bind_config: {source_address: {address: 10.0.0.1, port_value: 0}, "
       "extra_source_addresses: [{address: {address: 10.0.0.2, port_value: 0}}]}",
       "extra_source_addresses[0].address: must be of another version of IP than source_address"},
      {"upstream_bind_config: {socket_options: [{level: 1, name: 1, int_value: 1, "
       "state: STATE_LISTENING}]}",
       "upstream_bind_config.socket_options[0].state: sockets that connect never listen"},
      {"http2_protocol_options: {connection_keepalive: {interval: 1s}}",
       "http2_protocol_options.connection_keepalive.timeout"},
      {"http2_protocol_options: {max_outbound_control_frames: 0}",
       "http2_protocol_options.max_outbound_control_frames"},
      {"dns_failure_refresh_rate: {base_interval: 2s, max_interval: 1s}",
       "dns_failure_refresh_rate.max_interval: must not be less"},
      {"lb_policy: LOAD_BALANCING_POLICY_CONFIG", "load_balancing_policy: lb_policy"},
      {"least_request_lb_config: {active_request_bias: {default_value: -1, runtime_key: b}}",
       "least_request_lb_config.active_request_bias: must be at least 0, got \"-1\""},
      {"typed_extension_protocol_options: {other: {'@type': "
       "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, "
       "explicit_http_config: {http_protocol_options: {}}}}",
       "typed_extension_protocol_options[\"other\"]: protocol options are not supported"},
  };
  for (const auto& [field, error] : cases) {
    const Outcome outcome = Decode(kType, "name: a\n" + std::string(field));
    EXPECT_THAT(outcome.errors, ElementsAre(HasSubstr(error))) << field;
  }
  EXPECT_THAT(Decode(kType, "{type: STATIC}").errors, ElementsAre(HasSubstr("[string.min_len=1]")));
}

TEST(DecodeEndpoints, ReadsLocalitiesWeightsAndHealth) {
  const auto endpoints = Decoded<Endpoints>(kEndpointsType, R"(
cluster_name: a
policy: { overprovisioning_factor: 100 }
endpoints:
- locality: { region: r, zone: z, sub_zone: s }
  load_balancing_weight: 5
  lb_endpoints:
  - endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } }, hostname: h }
    health_status: DRAINING
    load_balancing_weight: 3
- lb_endpoints:
  - endpoint: { address: { pipe: { path: /run/x.sock } } }
)");
  ASSERT_NE(endpoints, nullptr);
  EXPECT_EQ(endpoints->overprovisioning_factor, 100u);
  EXPECT_EQ(endpoints->localities->at(0), (Locality{"r", "z", "s", 5}));
  const Endpoint& first = endpoints->endpoints[0];
  EXPECT_EQ(std::get<net::Address>(first.address).ToString(), "10.0.0.1:80");
  EXPECT_EQ(*first.hostname, "h");
  EXPECT_EQ(first.health, HealthStatus::kDraining);
  EXPECT_EQ(first.weight, 3u);
  EXPECT_EQ(endpoints->endpoints[1].locality, 1u);
  EXPECT_EQ(endpoints->endpoints[1].weight, 1u);
}

TEST(DecodeEndpoints, RefusesPriorities) {
  EXPECT_THAT(
      Decode(kEndpointsType, "{cluster_name: a, endpoints: [{priority: 1}]}").errors,
      ElementsAre(HasSubstr("endpoints[0].priority: priorities above 0 are not supported")));
}

TEST(DecodeResource, ErrorsCarryTypeAndName) {
  schema::Diagnostics diagnostics;
  const NoDataReader data;
  EXPECT_FALSE(DecodeResource(kType, "\xFF\xFF", {AllDecoders(), data}, diagnostics).has_value());
  EXPECT_FALSE(DecodeResource("type.googleapis.com/x.Y", "", {AllDecoders(), data}, diagnostics)
                   .has_value());
  ASSERT_EQ(diagnostics.error_count(), 2u);
  EXPECT_EQ(diagnostics.all()[0].type_url, kType);
  EXPECT_THAT(diagnostics.all()[1].message, HasSubstr("resources of type type.googleapis.com/x.Y"));
}

}  // namespace
}  // namespace weir::config::proto
