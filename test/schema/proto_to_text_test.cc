#include "source/schema/proto_to_text.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "gtest/gtest.h"
#include "source/schema/document.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"
#include "source/schema/text_to_proto.h"

namespace weir::schema {
namespace {

std::unique_ptr<google::protobuf::Message> Read(std::string_view type, std::string_view yaml) {
  Diagnostics diagnostics;
  const auto documents = ReadDocuments({yaml, "f.yaml"}, diagnostics);
  auto message = NewMessageByTypeUrl(type);
  NodeToMessage(*documents.front(), documents.front()->root(), *message, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.ToString();
  return message;
}

constexpr std::string_view kCluster =
    "name: web\ntype: EDS\nconnect_timeout: 0.25s\nhealth_checks: [{timeout: 1s, interval: 2s, "
    "tcp_health_check: {}}]\n"
    "metadata: {filter_metadata: {b: {x: [1, true, {}]}, a: {}}}\ncircuit_breakers: {}\n";

TEST(ProtoToText, JsonIsAsEnvoyWritesIt) {
  EXPECT_EQ(MessageToJson(*Read(kClusterTypeUrl, kCluster)), R"({
 "name": "web",
 "type": "EDS",
 "connect_timeout": "0.250s",
 "health_checks": [
  {
   "timeout": "1s",
   "interval": "2s",
   "tcp_health_check": {}
  }
 ],
 "circuit_breakers": {},
 "metadata": {
  "filter_metadata": {
   "a": {},
   "b": {
    "x": [
     1,
     true,
     {}
    ]
   }
  }
 }
}
)");
}

TEST(ProtoToText, Yaml) {
  EXPECT_EQ(MessageToYaml(*Read(kClusterTypeUrl, kCluster)), R"(name: web
type: EDS
connect_timeout: "0.250s"
health_checks:
  - timeout: "1s"
    interval: "2s"
    tcp_health_check: {}
circuit_breakers: {}
metadata:
  filter_metadata:
    a: {}
    b:
      x:
        - 1
        - true
        - {}
)");
}

TEST(ProtoToText, BothFormatsReadBackToTheSameMessage) {
  const auto message = Read(kClusterTypeUrl, kCluster);
  for (const std::string& text : {MessageToJson(*message), MessageToYaml(*message)}) {
    EXPECT_EQ(Read(kClusterTypeUrl, text)->SerializeAsString().size(),
              message->SerializeAsString().size())
        << text;
  }
  envoy::config::cluster::v3::Cluster odd;
  for (const char* name : {"", "null", "yes", "1", "1e3", "a: b", "- x", "#", "tab\there",
                           "quote\"", "\u2028é", "~", " a"}) {
    odd.set_name(name);
    auto again = Read(kClusterTypeUrl, MessageToYaml(odd));
    EXPECT_EQ(ResourceName(*again), name) << MessageToYaml(odd);
  }
}

TEST(ProtoToText, OptionsForNamesAndDefaults) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.mutable_connect_timeout()->set_seconds(1);
  TextOptions options{.pretty = false, .camel_case = true};
  EXPECT_EQ(MessageToJson(cluster, options), R"({"connectTimeout":"1s"})");
  options.always_print_primitives = true;
  const std::string text = MessageToJson(cluster.load_assignment(), options);
  EXPECT_EQ(text, R"({"clusterName":"","endpoints":[]})");
}

TEST(ProtoToText, UnknownAnyIsShownAsBase64) {
  google::protobuf::Any any;
  any.set_type_url("t/istio.Thing");
  any.set_value("hi");
  EXPECT_EQ(MessageToJson(any, {.pretty = false}), R"({"@type":"t/istio.Thing","value":"aGk="})");
}

constexpr std::string_view kSecretType = "envoy.extensions.transport_sockets.tls.v3.Secret";
constexpr std::string_view kSecret =
    "name: s\ntls_certificate:\n  certificate_chain: {inline_string: public}\n"
    "  private_key: {inline_string: hunter2}\n  password: {inline_bytes: aHVudGVyMg==}\n"
    "  private_key_provider:\n    provider_name: p\n    typed_config: {'@type': "
    "t/google.protobuf.Struct, value: "
    "{k: hunter2, n: 7}}\n";

TEST(Redaction, SecretsAreNotWritten) {
  const auto secret = Read(kSecretType, kSecret);
  for (const std::string& text : {MessageToJson(*secret), MessageToYaml(*secret)}) {
    EXPECT_NE(text.find("public"), std::string::npos) << text;
    EXPECT_NE(text.find("[redacted]"), std::string::npos) << text;
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    EXPECT_EQ(text.find("aHVudGVyMg"), std::string::npos) << text;
    EXPECT_EQ(text.find('7'), std::string::npos) << text;
  }
  TextOptions shown;
  shown.secrets = TextOptions::Secrets::kShow;
  EXPECT_NE(MessageToJson(*secret, shown).find("hunter2"), std::string::npos);
}

TEST(Redaction, WhatACallCarriesAlongMayBeAToken) {
  const auto service = Read("envoy.config.core.v3.GrpcService",
                            "envoy_grpc: {cluster_name: public}\n"
                            "initial_metadata: [{key: authorization, value: hunter2}]\n");
  const std::string text = MessageToJson(*service);
  EXPECT_NE(text.find("public"), std::string::npos) << text;
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
}

TEST(Redaction, ReachesIntoAnyAndTypedStruct) {
  const char* kCases[] = {
      "name: x\ntyped_config:\n  '@type': "
      "t/envoy.extensions.transport_sockets.tls.v3.TlsCertificate\n"
      "  private_key: {inline_string: hunter2}\n",
      "name: x\ntyped_config:\n  '@type': t/xds.type.v3.TypedStruct\n"
      "  type_url: t/envoy.extensions.transport_sockets.tls.v3.Secret\n"
      "  value: {tlsCertificate: {privateKey: {inline_string: hunter2}}}\n",
      "name: x\ntyped_config:\n  '@type': t/udpa.type.v1.TypedStruct\n"
      "  type_url: t/envoy.config.core.v3.TypedExtensionConfig\n"
      "  value: {typed_config: {'@type': t/envoy.extensions.transport_sockets.tls.v3.Secret,"
      " generic_secret: {secret: {inline_string: hunter2}}}}\n"};
  for (const char* yaml : kCases) {
    auto message = Read("envoy.config.core.v3.TypedExtensionConfig", yaml);
    EXPECT_EQ(MessageToJson(*message).find("hunter2"), std::string::npos)
        << MessageToJson(*message);
    EXPECT_NE(message->SerializeAsString().find("hunter2"), std::string::npos);
    Redact(*message);
    EXPECT_EQ(message->SerializeAsString().find("hunter2"), std::string::npos);
  }
}

TEST(Redaction, AnUnknownAnyInsideASecretIsGoneWhole) {
  auto secret =
      Read(kSecretType, "name: s\ntls_certificate: {private_key_provider: {provider_name: p}}\n");
  auto provider =
      NewMessage(*FindMessage("envoy.extensions.transport_sockets.tls.v3.PrivateKeyProvider"));
  google::protobuf::Any any;
  any.set_type_url("t/vendor.Key");
  any.set_value("hunter2");
  auto* config = provider->GetReflection()->MutableMessage(
      provider.get(), provider->GetDescriptor()->FindFieldByName("typed_config"));
  ASSERT_TRUE(config->ParseFromString(any.SerializeAsString()));
  EXPECT_EQ(MessageToJson(*provider, {.pretty = false}),
            R"({"typed_config":{"@type":"t/vendor.Key","value":"[redacted]"}})");
  Redact(*provider);
  EXPECT_EQ(provider->SerializeAsString().find("hunter2"), std::string::npos);
}

TEST(Redaction, UnknownFieldsInsideASecretAreDropped) {
  auto certificate = Read("envoy.extensions.transport_sockets.tls.v3.TlsCertificate",
                          "private_key: {filename: f}\n");
  auto* key = certificate->GetReflection()->MutableMessage(
      certificate.get(), certificate->GetDescriptor()->FindFieldByName("private_key"));
  key->GetReflection()->MutableUnknownFields(key)->AddLengthDelimited(999, "hunter2");
  Redact(*certificate);
  EXPECT_EQ(certificate->SerializeAsString().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace weir::schema
