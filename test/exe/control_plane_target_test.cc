// How a bootstrap says where its control plane is, and what it shows and trusts there.
#include "source/exe/control_plane_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/exe/bootstrap_file.h"
#include "source/exe/extensions.h"
#include "source/exe/resource_file.h"
#include "test/x509/authority.h"

namespace weir::exe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const x509::Authority& Root() {
  static const auto* const root = new x509::Authority("Root");
  return *root;
}

// Files of a test.
class FakeData final : public config::proto::DataReader {
 public:
  absl::StatusOr<std::string> ReadFile(const std::string& path) const override {
    const auto found = files.find(path);
    if (found == files.end()) return NotFound(StrCat(path, ": no such file"));
    return found->second;
  }
  absl::StatusOr<std::string> ReadEnvironment(const std::string& variable) const override {
    return NotFound(variable);
  }

  std::map<std::string, std::string> files;
  config::Secret streamed;  // What the control plane has given.
};

// The target of a bootstrap whose control plane is met with this UpstreamTlsContext ("": none).
absl::StatusOr<xds::GrpcTarget> TargetOf(const std::string& context, const FakeData& data = {},
                                         const std::string& secrets = "") {
  const std::string socket =
      context.empty() ? ""
                      : StrCat(
                            ", transport_socket: {name: tls, typed_config: {\"@type\": "
                            "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
                            "UpstreamTlsContext, ",
                            context, "}}");
  Flags flags;
  flags.config_yaml =
      StrCat(R"yaml(
certificate_provider_instances:
  files: { name: file_watcher, typed_config: { "@type": type.googleapis.com/weir.config.v1.FileWatcher, certificate_file: /chain, private_key_file: /key, ca_certificate_file: /ca } }
dynamic_resources:
  ads_config:
    api_type: GRPC
    transport_api_version: V3
    grpc_services:
    - envoy_grpc: { cluster_name: control }
      initial_metadata: [ { key: Authorization, value: "Bearer t" } ]
static_resources:
  clusters:
  - {name: control, load_assignment: {cluster_name: control, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 18000}}}}]}]})yaml",
             socket, "}\n", secrets.empty() ? "" : StrCat("  secrets: [", secrets, "]\n"));
  static const auto* const decoders = [] {
    auto* const all = new config::proto::ExtensionDecoders();
    RegisterDecoders(*all);
    return all;
  }();
  WEIR_ASSIGN_OR_RETURN(const LoadedBootstrap loaded, LoadBootstrap(flags, {*decoders, data}));
  return ControlPlaneTarget(
      loaded.bootstrap, {.cluster = "control", .initial_metadata = {{"authorization", "x"}}},
      {.statics = {},
       .read =
           [&data](const config::ConfigSource& source) {
             return ReadSecrets(source, {*decoders, data});
           },
       .streamed = [&data](const config::SecretReference& reference) -> const config::Secret* {
         return reference.name == data.streamed.name ? &data.streamed : nullptr;
       }});
}

std::string Trust() {
  return "validation_context: {trusted_ca: " + x509::InlineYaml(Root().pem()) + "}";
}

TEST(ControlPlaneTarget, IsInClearTextWithoutATransportSocket) {
  const auto target = TargetOf("");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->target, "127.0.0.1:18000");
  EXPECT_EQ(target->make_credentials, nullptr);
  EXPECT_THAT(target->initial_metadata, ElementsAre(Pair("authorization", "x")));
}

TEST(ControlPlaneTarget, TakesATlsContext) {
  const x509::Identity own = Root().Issue({});
  const auto target =
      TargetOf("sni: weir-control, common_tls_context: {" + Trust() +
               ", tls_certificates: [{certificate_chain: " + x509::InlineYaml(own.chain_pem) +
               ", private_key: " + x509::InlineYaml(own.key_pem) + "}]}");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_NE(target->make_credentials(), nullptr);
  EXPECT_EQ(target->server_name, "weir-control");
}

// Left out, each would trust more than the bootstrap says.
TEST(ControlPlaneTarget, WhatCannotBeToldToGrpcIsRefusedByName) {
  const std::string trusted = "trusted_ca: " + x509::InlineYaml(Root().pem());
  const std::pair<std::string, std::string> table[] = {
      {"common_tls_context: {" + Trust() + ", tls_certificate_sds_secret_configs: [{name: a}]}",
       "secret \"a\" is not there"},
      {"common_tls_context: {validation_context_sds_secret_config: {name: a, sds_config: {ads: "
       "{}}}}",
       "trusted_ca is needed, also where the control plane is to give another one"},
      {"common_tls_context: {validation_context: {" + trusted +
           ", match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: a}}]}}",
       "match_typed_subject_alt_names"},
      {"common_tls_context: {validation_context: {" + trusted + ", verify_certificate_hash: [" +
           std::string(64, 'a') + "]}}",
       "verify_certificate_hash"},
      {"common_tls_context: {validation_context: {trust_chain_verification: ACCEPT_UNTRUSTED}}",
       "trust_chain_verification"},
      {"common_tls_context: {validation_context: {" + trusted + ", max_verify_depth: 1}}",
       "max_verify_depth"},
      {"common_tls_context: {" + Trust() + ", tls_params: {tls_minimum_protocol_version: TLSv1_3}}",
       "tls_params"},
  };
  for (const auto& [context, field] : table) {
    const auto target = TargetOf(context);
    ASSERT_FALSE(target.ok()) << field;
    EXPECT_THAT(std::string(target.status().message()),
                HasSubstr("the control plane: cluster \"control\": transport_socket: "));
    EXPECT_THAT(std::string(target.status().message()), HasSubstr(field));
  }
}

// As Kuma's, Contour's and Envoy Gateway's bootstraps have it.
TEST(ControlPlaneTarget, TakesSecretsOfTheBootstrapAndOfFiles) {
  const std::string trust =
      "{name: trust, validation_context: {trusted_ca: " + x509::InlineYaml(Root().pem()) +
      ", match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: "
      "control}}, {san_type: IP_ADDRESS, matcher: {exact: 10.0.0.9}}]}}";
  const std::string context =
      "sni: control, common_tls_context: {validation_context_sds_secret_config: {name: trust}";
  EXPECT_TRUE(TargetOf(context + "}", {}, trust).ok());
  EXPECT_FALSE(TargetOf(context + "}", {}, "").ok());

  const std::string from_file =
      context +
      ", tls_certificate_sds_secret_configs: [{name: own, sds_config: {path_config_source: {path: "
      "/own.yaml}}}]}";
  const auto own = [](const x509::Identity& identity) {
    return "resources:\n- \"@type\": "
           "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret\n  name: own\n  "
           "tls_certificate: {certificate_chain: " +
           x509::InlineYaml(identity.chain_pem) +
           ", private_key: " + x509::InlineYaml(identity.key_pem) + "}\n";
  };
  FakeData data;
  EXPECT_FALSE(TargetOf(from_file, data, trust).ok());
  data.files["/own.yaml"] = own(Root().Issue({}));
  const auto target = TargetOf(from_file, data, trust);
  ASSERT_TRUE(target.ok()) << target.status();
  // Read again for each stream; a file that is broken meanwhile leaves what there was.
  const auto first = target->make_credentials();
  data.files["/own.yaml"] = own(Root().Issue({}));
  const auto second = target->make_credentials();
  EXPECT_NE(first, second);
  data.files["/own.yaml"] = "nonsense";
  EXPECT_EQ(target->make_credentials(), second);
}

TEST(ControlPlaneTarget, TakesTheFilesOfACertificateProvider) {
  const std::string by_instance =
      "sni: a, common_tls_context: {tls_certificate_provider_instance: {instance_name: files}, "
      "validation_context: {ca_certificate_provider_instance: {instance_name: files}}}";
  FakeData data;
  EXPECT_FALSE(TargetOf(by_instance, data).ok());
  const auto write = [&](const x509::Identity& identity) {
    data.files["/chain"] = identity.chain_pem;
    data.files["/key"] = identity.key_pem;
  };
  data.files["/ca"] = Root().pem();
  write(Root().Issue({}));
  const auto target = TargetOf(by_instance, data);
  ASSERT_TRUE(target.ok()) << target.status();
  const auto first = target->make_credentials();
  write(Root().Issue({}));
  EXPECT_NE(target->make_credentials(), first);
}

// A token opens the first stream, and the certificate that came by it the later ones.
TEST(ControlPlaneTarget, TakesWhatTheControlPlaneHasGivenAsSoonAsItIsThere) {
  const x509::Identity own = Root().Issue({});
  FakeData data;
  const auto target = TargetOf(
      "sni: control, common_tls_context: {tls_certificate_sds_secret_configs: [{name: default, "
      "sds_config: {ads: {}}}], combined_validation_context: {default_validation_context: "
      "{trusted_ca: " +
          x509::InlineYaml(Root().pem()) +
          "}, validation_context_sds_secret_config: {name: ROOTCA, sds_config: {ads: {}}}}}",
      data);
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_NE(target->make_credentials(), nullptr);
  data.streamed.name = "default";
  data.streamed.value = config::Shared(config::TlsCertificate{
      .chain_pem = own.chain_pem, .key_pem = SecretBytes(std::string(own.key_pem))});
  const auto with_certificate = target->make_credentials();
  EXPECT_NE(with_certificate, nullptr);
  // What does not fit its place changes nothing.
  data.streamed.value = config::CertificateValidation();
  EXPECT_EQ(target->make_credentials(), with_certificate);
}

}  // namespace
}  // namespace weir::exe
