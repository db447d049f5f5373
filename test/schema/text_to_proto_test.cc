#include "source/schema/text_to_proto.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "gtest/gtest.h"
#include "source/schema/document.h"
#include "source/schema/full_pool.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/resource_type.h"

namespace weir::schema {
namespace {

// Reads `text` as a message of the whole API; its JSON on one line, or the errors.
std::string Read(std::string_view type, std::string_view text, std::string_view file = "f.yaml") {
  Diagnostics diagnostics;
  const auto documents = ReadDocuments({text, std::string(file)}, diagnostics);
  auto message = NewMessageByTypeUrl(type);
  if (!documents.empty()) {
    NodeToMessage(*documents.front(), documents.front()->root(), *message, diagnostics);
  }
  if (diagnostics.has_errors()) return diagnostics.ToString();
  TextOptions options;
  options.pretty = false;
  return MessageToJson(*message, options);
}

std::string ReadCluster(std::string_view text, std::string_view file = "f.yaml") {
  return Read(kClusterTypeUrl, text, file);
}

TEST(TextToProto, ReadsBothSpellingsAndAllKindsOfValues) {
  const std::string expected =
      R"({"name":"web","type":"STRICT_DNS","connect_timeout":"0.250s",)"
      R"("per_connection_buffer_limit_bytes":32768,"lb_policy":"RANDOM","ignore_health_on_host_removal":true})";
  EXPECT_EQ(ReadCluster("name: web\ntype: STRICT_DNS\nconnect_timeout: 0.25s\n"
                        "per_connection_buffer_limit_bytes: 32768\nlb_policy: 3\n"
                        "ignore_health_on_host_removal: true\nalt_stat_name: null\n"),
            expected);
  EXPECT_EQ(ReadCluster("{\"name\":\"web\",\"type\":\"STRICT_DNS\",\"connectTimeout\":\"0.25s\","
                        "\"perConnectionBufferLimitBytes\":32768,\"lbPolicy\":\"RANDOM\","
                        "\"ignoreHealthOnHostRemoval\":true}",
                        "f.json"),
            expected);
}

TEST(TextToProto, AMessageAloneStandsForAListOfOne) {
  EXPECT_EQ(ReadCluster("{name: a, load_assignment: {cluster_name: a, endpoints: {priority: 1}}}"),
            R"({"name":"a","load_assignment":{"cluster_name":"a","endpoints":[{"priority":1}]}})");
}

TEST(TextToProto, ReadsAnyStructMapsAndBytes) {
  EXPECT_EQ(
      ReadCluster("name: a\nmetadata:\n  filter_metadata:\n    k: {n: 1.5, on: yes, l: [1, x, ~], "
                  "s: \"1\"}\n"
                  "typed_extension_protocol_options:\n  "
                  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
                  "    '@type': "
                  "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
                  "    explicit_http_config: {http2_protocol_options: {}}\n"),
      R"({"name":"a","metadata":{"filter_metadata":{"k":{"l":[1,"x",null],"n":1.5,"on":true,"s":"1"}}},)"
      R"("typed_extension_protocol_options":{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions":{)"
      R"("@type":"type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",)"
      R"("explicit_http_config":{"http2_protocol_options":{}}}}})");
  EXPECT_EQ(Read("envoy.config.core.v3.DataSource", "inline_bytes: aGk="),
            R"({"inline_bytes":"aGk="})");
  EXPECT_EQ(
      Read("envoy.config.core.v3.TypedExtensionConfig",
           "{name: d, typed_config: {'@type': t.io/google.protobuf.Duration, value: 1s}}"),
      R"({"name":"d","typed_config":{"@type":"t.io/google.protobuf.Duration","value":"1s"}})");
}

TEST(TextToProto, EveryErrorHasPlacePathValueAndRule) {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {
      {"nmae: x",
       "f.yaml:1:1: unknown field \"nmae\" in envoy.config.cluster.v3.Cluster; did you mean "
       "\"name\"?"},
      {"type: STRICT_DSN",
       "f.yaml:1:7: type: must be one of STATIC, STRICT_DNS, LOGICAL_DNS, EDS, ORIGINAL_DST, got "
       "\"STRICT_DSN\"; did "
       "you mean \"STRICT_DNS\"?"},
      {"connect_timeout: 250ms",
       "f.yaml:1:18: connect_timeout: must be a duration in seconds with the unit s, such as 1.5s, "
       "got \"250ms\"; did "
       "you mean \"0.25s\"?"},
      {"per_connection_buffer_limit_bytes: -1",
       "f.yaml:1:36: per_connection_buffer_limit_bytes: must be a whole number from 0 to "
       "4294967295, got \"-1\""},
      {"load_assignment: {endpoints: {wieght: 1}}",
       "f.yaml:1:31: load_assignment.endpoints[0]: unknown field \"wieght\" in "
       "envoy.config.endpoint.v3.LocalityLbEndpoints"},
      {"health_checks: 5", "f.yaml:1:16: health_checks: must be a list, got \"5\""},
      {"load_assignment: [a]",
       "f.yaml:1:18: load_assignment: must be a mapping with the fields of "
       "envoy.config.endpoint.v3.ClusterLoadAssignment, got a list"},
      {"ignore_health_on_host_removal: 1",
       "f.yaml:1:32: ignore_health_on_host_removal: must be true or false, got \"1\""},
      {"name: {a: b}", "f.yaml:1:7: name: must be a single value (string), got a mapping"},
      {"{type: EDS, cluster_type: {name: x}}",
       "f.yaml:1:13: \"cluster_type\" and \"type\" are alternatives (cluster_discovery_type); only "
       "one of them can be set"},
      {"connect_timeout: 1s\nconnectTimeout: 2s",
       "f.yaml:2:1: \"connect_timeout\" is set twice, once as \"connectTimeout\""},
      {"dns_resolvers: [~]", "f.yaml:1:17: dns_resolvers[0]: an item of a list must not be null"},
      {"transport_socket: {name: x, typed_config: {a: 1}}",
       "f.yaml:1:43: transport_socket.typed_config: needs \"@type\", which says what it is, such "
       "as "
       "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
      {"transport_socket: {typed_config: {'@type': "
       "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContxt}}",
       "f.yaml:1:44: transport_socket.typed_config.@type: unknown type, got "
       "\"type.googleapis.com/envoy.extensions.transport_sockets.tls.v...\"; did you mean "
       "\"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext\"?"},
      {"transport_socket: {typed_config: {'@type': "
       "envoy.extensions.filters.http.router.v3.Router}}",
       "f.yaml:1:44: transport_socket.typed_config.@type: a type URL has a host before the name, "
       "got "
       "\"envoy.extensions.filters.http.router.v3.Router\"; did you mean "
       "\"type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\"?"},
  };
  for (const auto& one : cases) EXPECT_EQ(ReadCluster(one.text), one.error) << one.text;
}

TEST(TextToProto, ReportsAllErrorsAtOnce) {
  EXPECT_EQ(
      ReadCluster(
          "nme: a\nlb_policy: NONE\nload_assignment:\n  endpoints:\n  - lb_endpoints:\n"
          "    - endpoint: {address: {socket_address: {adress: x, port_value: 99999999999}}}\n"),
      "f.yaml:1:1: unknown field \"nme\" in envoy.config.cluster.v3.Cluster; did you mean "
      "\"name\"?\n"
      "f.yaml:2:12: lb_policy: must be one of ROUND_ROBIN, LEAST_REQUEST, RING_HASH, RANDOM, "
      "MAGLEV, "
      "CLUSTER_PROVIDED, LOAD_BALANCING_POLICY_CONFIG, got \"NONE\"\n"
      "f.yaml:6:45: load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address: "
      "unknown field "
      "\"adress\" in envoy.config.core.v3.SocketAddress; did you mean \"address\"?\n"
      "f.yaml:6:68: "
      "load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value: "
      "must be a whole number from 0 to 4294967295, got \"99999999999\"");
}

TEST(TextToProto, JsonStringsNeedQuotesAndYamlOnesDoNot) {
  EXPECT_EQ(ReadCluster("name: 12", "f.yaml"), R"({"name":"12"})");
  EXPECT_EQ(ReadCluster("name: 1.10", "f.yaml"), R"({"name":"1.10"})");
  EXPECT_EQ(ReadCluster("{\"metadata\": {\"filter_metadata\": {\"a\": {}}}}", "f.json"),
            R"({"metadata":{"filter_metadata":{"a":{}}}})");
  EXPECT_EQ(ReadCluster("{\"name\": 12}", "f.json"),
            "f.json:1:10: name: must be a string, in quotes, got \"12\"");
}

TEST(TextToProto, TypedStructIsCheckedAgainstTheTypeThatItNames) {
  for (const char* type : {"xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"}) {
    const std::string head =
        std::string("name: x\ntyped_config:\n  '@type': type.googleapis.com/") + type + "\n";
    const std::string good =
        head +
        "  type_url: type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\n"
        "  value: {suppress_envoy_headers: true}\n";
    EXPECT_EQ(Read("envoy.config.core.v3.TypedExtensionConfig", good).front(), '{');
    const std::string bad =
        head +
        "  type_url: type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\n"
        "  value: {suppress_envoy_header: true}\n";
    EXPECT_EQ(
        Read("envoy.config.core.v3.TypedExtensionConfig", bad),
        "f.yaml:5:11: typed_config: unknown field \"suppress_envoy_header\" in "
        "envoy.extensions.filters.http.router.v3.Router; did you mean \"suppress_envoy_headers\"?");
    const std::string foreign =
        head + "  type_url: type.googleapis.com/istio.Thing\n  value: {a: 1}\n";
    EXPECT_EQ(Read("envoy.config.core.v3.TypedExtensionConfig", foreign).front(), '{');
  }
}

TEST(TextToProto, SecretsAreNotShownInErrors) {
  const std::string error =
      Read("envoy.extensions.transport_sockets.tls.v3.TlsCertificate",
           "password: {inline_bytes: 'hunter2!'}\nprivate_key: {inline_string: {hunter2: x}}\n");
  EXPECT_EQ(error,
            "f.yaml:1:26: password.inline_bytes: must be base64\n"
            "f.yaml:2:30: private_key.inline_string: must be a single value (string)");
  EXPECT_EQ(error.find("hunter2"), std::string::npos);
}

TEST(UnpackGenerated, LooksThroughTypedStructs) {
  Diagnostics diagnostics;
  const auto documents =
      ReadDocuments({"'@type': type.googleapis.com/xds.type.v3.TypedStruct\n"
                     "typeUrl: type.googleapis.com/envoy.config.cluster.v3.Cluster\nvalue: {name: "
                     "x, connectTimeout: 3s}\n",
                     "f.yaml"},
                    diagnostics);
  google::protobuf::Any any;
  ASSERT_TRUE(NodeToMessage(*documents[0], documents[0]->root(), any, diagnostics));
  EXPECT_EQ(ExtensionTypeName(any), "envoy.config.cluster.v3.Cluster");
  const auto message = UnpackGenerated(any, diagnostics, "p");
  ASSERT_NE(message, nullptr) << diagnostics.ToString();
  const auto* cluster = dynamic_cast<const envoy::config::cluster::v3::Cluster*>(message.get());
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->name(), "x");
  EXPECT_EQ(cluster->connect_timeout().seconds(), 3);
}

TEST(UnpackGenerated, SaysWhatIsWrong) {
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/envoy.config.cluster.v3.Cluster");
  any.set_value("\x0a\x7f");
  Diagnostics diagnostics;
  EXPECT_EQ(UnpackGenerated(any, diagnostics, "p"), nullptr);
  any.set_type_url("t/istio.Thing");
  EXPECT_EQ(UnpackGenerated(any, diagnostics, "q"), nullptr);
  EXPECT_EQ(diagnostics.ToString(),
            "p: the bytes are no envoy.config.cluster.v3.Cluster\nq: the type \"istio.Thing\" is "
            "not supported");
}

}  // namespace
}  // namespace weir::schema
