#include "source/extensions/access_logs/file/config.h"
#include "source/extensions/access_logs/stream/config.h"
#include "source/extensions/listener/tls_inspector/config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/config/proto/decoding.h"

namespace weir::config::proto {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kType = schema::kListenerTypeUrl;

const HttpConnectionManager& ManagerOf(const Listener& listener) {
  return *std::get<std::shared_ptr<const HttpConnectionManager>>(
      listener.filter_chains[0]->terminal);
}

TEST(DecodeListener, HasEnvoysDefaults) {
  const auto listener = Decoded<Listener>(kType, HttpListener());
  ASSERT_NE(listener, nullptr);
  EXPECT_EQ(listener->address.ToString(), "127.0.0.1:8080");
  EXPECT_EQ(listener->buffer_limit, 1024u * 1024);
  HttpConnectionManager expected;
  expected.stat_prefix = "web";
  expected.rds_name = "routes";
  expected.rds_source.kind = ConfigSource::Kind::kAds;
  expected.http_filters.router.suppress_envoy_headers = true;
  EXPECT_TRUE(ManagerOf(*listener) == expected);
}

TEST(DecodeListener, ReadsTheRouter) {
  std::string yaml = HttpListener();
  yaml.replace(yaml.find("suppress_envoy_headers: true"), 28, R"(
            respect_expected_rq_timeout: true, dynamic_stats: false,
            strict_check_headers: [ x-envoy-retry-on, x-envoy-max-retries ],
            upstream_log: [ { name: tries, typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog } } ],
            upstream_log_options: { flush_upstream_log_on_upstream_stream: true, upstream_log_flush_interval: 2s }
            )");
  const auto listener = Decoded<Listener>(kType, yaml);
  ASSERT_NE(listener, nullptr);
  const Router& router = ManagerOf(*listener).http_filters.router;
  EXPECT_FALSE(router.suppress_envoy_headers);
  EXPECT_TRUE(router.respect_expected_rq_timeout);
  EXPECT_FALSE(router.dynamic_stats);
  EXPECT_THAT(router.strict_checks,
              ElementsAre(http::HeaderId::kXEnvoyRetryOn, http::HeaderId::kXEnvoyMaxRetries));
  ASSERT_EQ(router.upstream_logs.size(), 1u);
  EXPECT_EQ(router.upstream_logs[0].name, "tries");
  EXPECT_TRUE(router.log_upstream_streams);
  EXPECT_EQ(router.upstream_log_interval, std::chrono::seconds(2));
}

TEST(DecodeListener, ChecksTheRouter) {
  std::string yaml = HttpListener();
  yaml.replace(yaml.find("suppress_envoy_headers: true"), 28, R"(
            strict_check_headers: [ x-envoy-hedge-on-per-try-timeout ],
            upstream_log_options: { upstream_log_flush_interval: 0.0001s })");
  EXPECT_THAT(Decode(kType, yaml).errors,
              ElementsAre(HasSubstr("typed_config.strict_check_headers[0]: "),
                          HasSubstr("upstream_log_options.upstream_log_flush_interval: ")));
}

TEST(DecodeListener, ReadsTheConnectionManager) {
  const auto listener = Decoded<Listener>(kType, HttpListener(R"(
      codec_type: HTTP2
      stream_idle_timeout: 0s
      request_timeout: 1s
      max_request_headers_kb: 8
      common_http_protocol_options: { idle_timeout: 5s, max_headers_count: 7, headers_with_underscores_action: REJECT_REQUEST }
      http2_protocol_options: { initial_stream_window_size: 65535, allow_connect: true }
      stream_error_on_invalid_http_message: true
      server_name: weir
      server_header_transformation: PASS_THROUGH
      use_remote_address: true
      generate_request_id: false
      path_with_escaped_slashes_action: REJECT_REQUEST
      access_log:
      - name: stdout
        typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog }
      - name: file
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
          path: /tmp/log
          log_format: { json_format: { took: "%DURATION%" }, omit_empty_values: true }
)"));
  ASSERT_NE(listener, nullptr);
  const HttpConnectionManager& manager = ManagerOf(*listener);
  EXPECT_EQ(manager.codec, CodecType::kHttp2);
  EXPECT_EQ(manager.stream_idle_timeout.count(), 0);
  EXPECT_EQ(manager.request_timeout, milliseconds(1000));
  EXPECT_EQ(manager.max_request_headers_kb, 8u);
  EXPECT_EQ(manager.idle_timeout, milliseconds(5000));
  EXPECT_EQ(manager.max_headers_count, 7u);
  EXPECT_EQ(manager.underscores, UnderscoresInHeaders::kReject);
  EXPECT_EQ(manager.http2.initial_stream_window_size, 65535u);
  EXPECT_TRUE(manager.http2.allow_connect);
  EXPECT_TRUE(manager.http2.stream_error_on_invalid_http_message);
  EXPECT_EQ(manager.server_header, ServerHeader::kPassThrough);
  EXPECT_FALSE(manager.generate_request_id);
  EXPECT_EQ(manager.escaped_slashes, PathNormalization::kReject);
  ASSERT_EQ(manager.access_logs.size(), 2u);
  EXPECT_EQ(manager.access_logs[0].config->extension_name(), "envoy.access_loggers.stdout");
  const auto& file = dynamic_cast<const extensions::access_logs::file::FileAccessLogConfig&>(
      *manager.access_logs[1].config);
  EXPECT_EQ(file.path, "/tmp/log");
  EXPECT_FALSE(file.format == format::LogFormat());
}

TEST(DecodeListener, ReadsUpgradesAndTheirFilters) {
  const auto listener = Decoded<Listener>(kType, HttpListener(R"(
      upgrade_configs:
      - { upgrade_type: WebSocket }
      - { upgrade_type: CONNECT, enabled: false }
      - upgrade_type: other
        filters:
        - name: buffer
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, max_request_bytes: 9 }
        - name: router
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, respect_expected_rq_timeout: true }
      access_log_options: { flush_log_on_tunnel_successfully_established: true }
)"));
  ASSERT_NE(listener, nullptr);
  const HttpConnectionManager& manager = ManagerOf(*listener);
  EXPECT_TRUE(manager.log_new_tunnels);
  ASSERT_EQ(manager.upgrades.size(), 3u);
  EXPECT_EQ(manager.upgrades[0], Upgrade{.type = "websocket"});
  EXPECT_EQ(manager.upgrades[1], (Upgrade{.type = "connect", .enabled = false}));
  ASSERT_TRUE(manager.upgrades[2].filters.has_value());
  const HttpFilters& own = *manager.upgrades[2].filters;
  EXPECT_EQ(own.router, Router{.respect_expected_rq_timeout = true});
  ASSERT_EQ(own.before_router.size(), 1u);
  EXPECT_EQ(own.before_router[0].extension.name, "buffer");
}

TEST(DecodeListener, ReadsWhatIsSaidOfPathsPortsAndSchemes) {
  const auto listener = Decoded<Listener>(kType, HttpListener(R"(
      path_normalization_options:
        forwarding_transformation: { operations: [ { merge_slashes: {} }, { normalize_path_rfc_3986: {} } ] }
        http_filter_transformation: { operations: [ { merge_slashes: {} } ] }
      forward_proto_config: { https_destination_ports: [ 8443, 443 ], http_destination_ports: [ 80 ] }
      scheme_header_transformation: { match_upstream: true }
      add_proxy_protocol_connection_state: false
      drain_timeout_jitter: { value: 25 }
      access_log:
      - name: stdout
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
          log_format:
            text_format_source: { inline_string: "%REQ_WITHOUT_QUERY(X?:PATH)%" }
            formatters:
            - name: envoy.formatter.req_without_query
              typed_config: { "@type": type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery }
)"));
  ASSERT_NE(listener, nullptr);
  const HttpConnectionManager& manager = ManagerOf(*listener);
  EXPECT_THAT(manager.path_steps, ElementsAre(PathStep::kMergeSlashes, PathStep::kNormalize));
  EXPECT_THAT(manager.filter_path_steps, ElementsAre(PathStep::kMergeSlashes));
  EXPECT_THAT(manager.forward_proto.https_ports, ElementsAre(443, 8443));
  EXPECT_THAT(manager.forward_proto.http_ports, ElementsAre(80));
  EXPECT_TRUE(manager.scheme_of_upstream);
  EXPECT_FALSE(manager.tells_upstreams_of_client);
  EXPECT_EQ(manager.drain_timeout_jitter, 0.25);
}

TEST(DecodeListener, InternalAddressesAreThePrivateOnesUnlessRangesAreGiven) {
  struct Row {
    const char* config;
    bool private_is, nine_is;
  };
  const Row rows[] = {
      {"", false, false},
      {"      internal_address_config: {}\n", true, false},
      {"      internal_address_config: {cidr_ranges: [{address_prefix: 9.0.0.0, prefix_len: 8}]}\n",
       false, true},
  };
  for (const Row& row : rows) {
    const auto listener = Decoded<Listener>(kType, HttpListener(row.config));
    ASSERT_NE(listener, nullptr);
    const InternalAddresses& internal = ManagerOf(*listener).internal_addresses;
    for (const char* address :
         {"10.1.2.3:1", "172.31.0.1:1", "192.168.0.1:1", "127.0.0.1:1", "[fd12::1]:1", "[::1]:1"}) {
      EXPECT_EQ(internal.Contains(*net::Address::Parse(address)), row.private_is) << address;
    }
    EXPECT_EQ(internal.Contains(*net::Address::Parse("9.1.1.1:1")), row.nine_is);
    EXPECT_FALSE(internal.Contains(*net::Address::Parse("172.32.0.1:1")));
    EXPECT_FALSE(internal.Contains(*net::Address::Parse("127.0.0.2:1")));
  }
}

TEST(DecodeListener, ReadsChainsAndListenerFilters) {
  const auto listener = Decoded<Listener>(kType, R"(
name: tcp
address: { pipe: { path: /run/x.sock, mode: 384 } }
listener_filters:
- name: tls_inspector
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector, max_client_hello_size: 1024 }
listener_filters_timeout: 1s
drain_type: MODIFY_ONLY
traffic_direction: OUTBOUND
filter_chains:
- name: sni
  filter_chain_match:
    destination_port: 443
    prefix_ranges: [ { address_prefix: 10.1.2.3, prefix_len: 8 } ]
    server_names: ["*.Example.com"]
    transport_protocol: tls
    application_protocols: [h2]
    source_type: EXTERNAL
    source_ports: [1, 2]
  filters:
  - name: tcp
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
      stat_prefix: t
      weighted_clusters: { clusters: [ { name: a, weight: 1 }, { name: b, weight: 2 } ] }
      idle_timeout: 0s
default_filter_chain:
  filters:
  - name: tcp
    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: c }
)");
  ASSERT_NE(listener, nullptr);
  EXPECT_EQ(listener->address.path(), "/run/x.sock");
  EXPECT_EQ(listener->address.mode(), 0600u);
  EXPECT_TRUE(listener->drain_on_modify_only);
  EXPECT_EQ(listener->direction, Listener::Direction::kOutbound);
  const auto& inspector =
      dynamic_cast<const extensions::listener::tls_inspector::TlsInspectorConfig&>(
          *listener->listener_filters[0].config);
  EXPECT_EQ(inspector.max_client_hello_size, 1024u);
  EXPECT_EQ(inspector.initial_read_buffer_size, 1024u);
  const FilterChainMatch& match = listener->filter_chains[0]->match;
  EXPECT_EQ(match.destination_port, 443);
  EXPECT_EQ(match.destination_ranges[0].ToString(), "10.0.0.0/8");
  EXPECT_THAT(match.server_names, ElementsAre("*.example.com"));
  EXPECT_EQ(match.source_type, FilterChainMatch::SourceType::kExternal);
  const auto& proxy =
      *std::get<std::shared_ptr<const TcpProxy>>(listener->filter_chains[0]->terminal);
  EXPECT_EQ(proxy.total_weight, 3u);
  EXPECT_EQ(proxy.idle_timeout.count(), 0);
  ASSERT_NE(listener->default_filter_chain, nullptr);
}

struct RefusedLines {
  std::string_view extra;  // Lines of the connection manager.
  std::string_view error;
};

// One error each.
void ExpectRefused(std::span<const RefusedLines> cases) {
  constexpr std::string_view kManager = "filter_chains[0].filters[0].typed_config.";
  for (const auto& [extra, error] : cases) {
    const Outcome outcome = Decode(kType, HttpListener(extra));
    EXPECT_THAT(outcome.errors, ElementsAre(HasSubstr(error))) << extra;
    EXPECT_THAT(outcome.errors, ElementsAre(HasSubstr(kManager))) << extra;
  }
}

TEST(DecodeListener, RefusesByNameAndPath) {
  const RefusedLines cases[] = {
      {"      tracing: {}\n", "tracing: field \"tracing\" of"},
      {"      codec_type: HTTP3\n", "codec_type: value HTTP3"},
      {"      upgrade_configs: [{upgrade_type: websocket, filters: [{name: x, typed_config: "
       "{'@type': type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, "
       "max_request_bytes: 1}}]}]\n",
       "upgrade_configs[0].filters[0]: the last HTTP filter must be the router, got \"x\""},
      {"      upgrade_configs: [{upgrade_type: websocket}, {upgrade_type: WebSocket}]\n",
       "upgrade_configs[1].upgrade_type: is there already, got \"WebSocket\""},
      {"      upgrade_configs: [{upgrade_type: h2c}]\n",
       "upgrade_configs[0].upgrade_type: is a protocol that is never switched to"},
      {"      upgrade_configs: [{upgrade_type: \"a b\"}]\n",
       "upgrade_configs[0].upgrade_type: must be a protocol name"},
      {"      set_current_client_cert_details: {format: JSON}\n",
       "set_current_client_cert_details.format: field \"format\" of"},
      {"      use_remote_address: true\n      original_ip_detection_extensions: [{name: xff, "
       "typed_config: {'@type': "
       "type.googleapis.com/envoy.extensions.http.original_ip_detection.xff.v3.XffConfig}}]\n",
       "original_ip_detection_extensions: cannot be given together with use_remote_address"},
      {"      flush_access_log_on_new_request: true\n      access_log_options: {}\n",
       "access_log_options: takes the place of"},
      {"      via: \"a\\tb\\n\"\n", "via"},
      {"      strip_any_host_port: true\n      strip_matching_host_port: true\n",
       "strip_matching_host_port: cannot be given together with strip_any_host_port"},
      {"      local_reply_config: {mappers: [{filter: {traceable_filter: {}}}]}\n",
       "local_reply_config.mappers[0].filter.traceable_filter: field \"traceable_filter\""},
      {"      access_log: [{name: a, typed_config: {'@type': "
       "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: /x, "
       "log_format: {text_format: '%NO%'}}}]\n",
       "access_log[0].typed_config.log_format.text_format: operator 'NO'"},
      {"      access_log: [{name: a, typed_config: {'@type': "
       "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector}}]\n",
       "access_log[0].typed_config: is not an access log but a listener filter"},
      {"      access_log: [{name: a, typed_config: {'@type': "
       "type.googleapis.com/envoy.extensions.access_loggers.wasm.v3.WasmAccessLog}}]\n",
       "access_log[0].typed_config"},
  };
  ExpectRefused(cases);
}

TEST(DecodeListener, RefusesWhatCannotBeSaidOfRequestsAndAnswers) {
  const RefusedLines cases[] = {
      {"      normalize_path: true\n      path_normalization_options: {}\n",
       "path_normalization_options: takes the place of normalize_path and merge_slashes"},
      {"      path_normalization_options: {forwarding_transformation: {operations: [{}]}}\n",
       "path_normalization_options.forwarding_transformation.operations[0]"},
      {"      forward_proto_config: {http_destination_ports: [65536]}\n",
       "forward_proto_config.http_destination_ports[0]: must be a port, 1 to 65535, got \"65536\""},
      {"      forward_proto_config: {http_destination_ports: [80], https_destination_ports: "
       "[80]}\n",
       "http_destination_ports[0]: is there already, got \"80\""},
      {"      proxy_status_config: {literal_proxy_name: ''}\n",
       "proxy_status_config.literal_proxy_name: a name is missing"},
      {"      proxy_status_config: {literal_proxy_name: \"\\u00e4\"}\n",
       "proxy_status_config.literal_proxy_name: may have no other characters"},
      {"      early_header_mutation_extensions: [{name: e, typed_config: {'@type': "
       "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3."
       "HeaderMutation, mutations: [{remove: ':path'}]}}]\n",
       "early_header_mutation_extensions[0].typed_config.mutations[0].remove: pseudo-header"},
      {"      drain_timeout_jitter: {value: 101}\n", "drain_timeout_jitter.value"},
  };
  ExpectRefused(cases);
}

TEST(DecodeListener, ReadsHowItsSocketsAreMade) {
  const auto listener = Decoded<Listener>(kType, HttpListener(R"(
transparent: true
freebind: true
tcp_fast_open_queue_length: 256
tcp_keepalive: { keepalive_probes: 3, keepalive_time: 30 }
socket_options:
- { description: mark, level: 1, name: 36, int_value: 7, state: STATE_LISTENING }
- { level: 6, name: 13, buf_value: AAEC, ip_version: SOCKET_IP_VERSION_IPV6 }
- { level: 1, name: 6, int_value: 1, type: { datagram: {} } }
additional_addresses:
- address: { socket_address: { address: "::1", port_value: 8080, ipv4_compat: true } }
  socket_options: { socket_options: [] }
- address: { socket_address: { address: 127.0.0.2, port_value: 8080 } }
  tcp_keepalive: { keepalive_probes: 4 }
)"));
  ASSERT_NE(listener, nullptr);
  net::ListenOptions expected{.freebind = true,
                              .transparent = true,
                              .fast_open_queue = 256,
                              .keepalive = {.probes = 3, .idle_seconds = 30}};
  using net::SocketOption;
  const int seven = 7;
  expected.more = {{SocketOption::When::kListening, SocketOption::For::kAll, 1, 36,
                    std::string(reinterpret_cast<const char*>(&seven), sizeof(seven)), "mark"},
                   {SocketOption::When::kBeforeBind, SocketOption::For::kIpv6, 6, 13,
                    std::string("\0\1\2", 3), ""}};
  EXPECT_TRUE(listener->socket == expected);
  const std::vector<ListenAddress> addresses = AddressesOf(*listener);
  ASSERT_EQ(addresses.size(), 3u);
  EXPECT_EQ(addresses[1].address.ToString(), "[::1]:8080");
  EXPECT_TRUE(addresses[1].socket.ipv4_compat);
  EXPECT_THAT(addresses[1].socket.more, IsEmpty());
  EXPECT_EQ(addresses[2].socket.keepalive.probes, 4u);
  EXPECT_EQ(addresses[2].socket.more, expected.more);
  EXPECT_THAT(AddressesOf(*Decoded<Listener>(kType, HttpListener("bind_to_port: false\n"))),
              IsEmpty());
}

TEST(DecodeListener, RefusesSocketsThatCannotBe) {
  const struct {
    std::string_view text;
    std::string_view error;
  } cases[] = {
      {"socket_options: [{ level: 1, name: 5000000000, int_value: 1 }]\n",
       "socket_options[0].name: must be a number of 32 bits"},
      {"socket_options: [{ level: 1, name: 2, int_value: -3000000000 }]\n",
       "socket_options[0].int_value: must be a number of 32 bits"},
      {"additional_addresses: [{ address: { socket_address: { address: 127.0.0.1, port_value: "
       "8080 } } }]\n",
       "additional_addresses[0].address: is one of the listener's addresses already"},
      {"additional_addresses: [{ address: { socket_address: { address: nowhere, port_value: 1 } } "
       "}]\n",
       "additional_addresses[0].address.socket_address.address: is not an IP address"},
  };
  for (const auto& [text, error] : cases) {
    EXPECT_THAT(Decode(kType, HttpListener(text)).errors, ElementsAre(HasSubstr(error))) << text;
  }
  std::string pipe = HttpListener("freebind: true\n");
  const std::string address = "socket_address: { address: 127.0.0.1, port_value: 8080 }";
  ASSERT_NE(pipe.find(address), std::string::npos);
  pipe.replace(pipe.find(address), address.size(), "pipe: { path: /tmp/s }");
  EXPECT_THAT(Decode(kType, pipe).errors,
              ElementsAre(HasSubstr("freebind: is for IP addresses alone")));
}

// A listener with a TCP proxy that has `fields`, in flow style.
std::string TcpListener(std::string_view fields) {
  return StrCat(
      "{name: a, address: {socket_address: {address: 127.0.0.1, port_value: 1}}, filter_chains: "
      "[{filters: [{name: t, typed_config: {'@type': "
      "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, "
      "cluster: c, ",
      fields, "}}]}]}");
}

TEST(DecodeListener, ReadsTheTcpProxy) {
  const auto listener = Decoded<Listener>(
      kType, TcpListener("max_downstream_connection_duration: 60s, "
                         "max_downstream_connection_duration_jitter_percentage: {value: 10}, "
                         "backoff_options: {base_interval: 0.5s}, access_log_options: "
                         "{flush_access_log_on_start: true, flush_access_log_on_connected: true, "
                         "access_log_flush_interval: 3s}"));
  ASSERT_NE(listener, nullptr);
  const auto& proxy =
      *std::get<std::shared_ptr<const TcpProxy>>(listener->filter_chains[0]->terminal);
  EXPECT_EQ(proxy.max_downstream_connection_duration, std::chrono::seconds(60));
  EXPECT_EQ(proxy.max_downstream_connection_duration_jitter, 10);
  EXPECT_EQ(proxy.back_off_base, std::chrono::milliseconds(500));
  EXPECT_EQ(proxy.back_off_max, std::chrono::seconds(5));
  EXPECT_TRUE(proxy.log_start && proxy.log_connected);
  EXPECT_EQ(proxy.log_interval, std::chrono::seconds(3));
}

TEST(DecodeListener, TheTcpProxyHashesByWhatItKnowsOfTheConnection) {
  const std::pair<std::string_view, std::vector<HashPolicy>> cases[] = {
      {"hash_policy: []", {}},
      {"hash_policy: [{source_ip: {}}]", {{.source = HashSourceIp{}}}},
      {"hash_policy: [{filter_state: {key: user}}]", {{.source = HashFilterState{"user"}}}},
  };
  for (const auto& [fields, policies] : cases) {
    const auto listener = Decoded<Listener>(kType, TcpListener(fields));
    ASSERT_NE(listener, nullptr) << fields;
    EXPECT_EQ(std::get<1>(listener->filter_chains[0]->terminal)->hash_policy, policies) << fields;
  }
}

TEST(DecodeListener, ChecksTheTcpProxy) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"backoff_options: {base_interval: 2s, max_interval: 1s}",
       "backoff_options.max_interval: must not be less than base_interval"},
      {"flush_access_log_on_connected: true, access_log_options: {}",
       "access_log_options: takes the place of access_log_flush_interval"},
      {"max_downstream_connection_duration: 0s", "max_downstream_connection_duration: "},
      {"hash_policy: [{source_ip: {}}, {source_ip: {}}]", "hash_policy: "},
      {"hash_policy: [{}]", "hash_policy[0]: "},
      {"on_demand: {}", "on_demand: field \"on_demand\""},
  };
  for (const auto& [fields, error] : cases) {
    EXPECT_THAT(Decode(kType, TcpListener(fields)).errors, ElementsAre(HasSubstr(error)));
  }
}

TEST(DecodeListener, ChainsEndWithATerminalFilter) {
  constexpr std::string_view kHead =
      "{name: a, address: {socket_address: {address: 127.0.0.1, port_value: 1}}, filter_chains: [";
  constexpr std::string_view kTcp =
      "{name: t, typed_config: {'@type': "
      "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, "
      "cluster: c}}";
  const std::string head(kHead), tcp(kTcp);
  EXPECT_THAT(Decode(kType, head + "]}").errors,
              ElementsAre(HasSubstr("filter_chains: a listener needs a filter chain")));
  EXPECT_THAT(Decode(kType, head + "{}]}").errors,
              ElementsAre(HasSubstr("filter_chains[0].filters: a chain needs a terminal filter")));
  EXPECT_THAT(Decode(kType, head + "{filters: [" + tcp + "," + tcp + "]}]}").errors,
              ElementsAre(HasSubstr("filters[0]: a terminal filter must be the last")));
  EXPECT_THAT(
      Decode(kType, head + "{transport_socket: {name: x}, filters: [" + tcp + "]}]}").errors,
      ElementsAre(
          HasSubstr("filter_chains[0].transport_socket.typed_config: a configuration with")));
  EXPECT_THAT(Decode(kType, head + "{filter_chain_match: {server_names: ['a.*.b']}, filters: [" +
                                tcp + "]}]}")
                  .errors,
              ElementsAre(HasSubstr("filter_chain_match.server_names[0]: must be a name")));
}

TEST(DecodeListener, TheRouterIsTheLastFilter) {
  std::string yaml = HttpListener();
  const size_t filters = yaml.find("      - name: router");
  const std::string router = yaml.substr(filters);
  yaml.resize(filters);
  EXPECT_THAT(Decode(kType, yaml).errors,
              ElementsAre(HasSubstr("http_filters: the router filter is missing")));
  std::string disabled = router;
  disabled.replace(0, std::string_view("      - name: router").size(),
                   "      - name: router\n        disabled: true");
  EXPECT_THAT(Decode(kType, yaml + disabled).errors,
              ElementsAre(HasSubstr("http_filters[0].disabled: the router cannot be disabled")));
  std::string second = router;
  second.replace(second.find("router"), 6, "again!");
  EXPECT_THAT(Decode(kType, yaml + router + second).errors,
              ElementsAre(HasSubstr("http_filters[0]: the router must be the last HTTP filter")));
}

}  // namespace
}  // namespace weir::config::proto
