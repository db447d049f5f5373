// How a bootstrap says where its control plane is, and what it shows and trusts there.
#include "source/exe/control_plane_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/exe/bootstrap_file.h"
#include "source/exe/extensions.h"
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

std::string Quoted(const std::string& pem) {
  std::string text = "{inline_string: \"";
  for (const char c : pem) text += c == '\n' ? std::string("\\n") : std::string(1, c);
  return text + "\"}";
}

// The target of a bootstrap whose control plane is met with this UpstreamTlsContext ("": none).
absl::StatusOr<xds::GrpcTarget> TargetOf(const std::string& context) {
  const std::string socket =
      context.empty() ? ""
                      : StrCat(
                            ", transport_socket: {name: tls, typed_config: {\"@type\": "
                            "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
                            "UpstreamTlsContext, ",
                            context, "}}");
  Flags flags;
  flags.config_yaml = StrCat(R"yaml(
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
                             socket, "}\n");
  config::proto::ExtensionDecoders decoders;
  RegisterDecoders(decoders);
  const config::proto::NoDataReader data;
  WEIR_ASSIGN_OR_RETURN(const LoadedBootstrap loaded, LoadBootstrap(flags, {decoders, data}));
  return ControlPlaneTarget(loaded.bootstrap,
                            {.cluster = "control", .initial_metadata = {{"authorization", "x"}}});
}

std::string Trust() { return "validation_context: {trusted_ca: " + Quoted(Root().pem()) + "}"; }

TEST(ControlPlaneTarget, IsInClearTextWithoutATransportSocket) {
  const auto target = TargetOf("");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->target, "127.0.0.1:18000");
  EXPECT_EQ(target->credentials, nullptr);
  EXPECT_THAT(target->initial_metadata, ElementsAre(Pair("authorization", "x")));
}

TEST(ControlPlaneTarget, TakesATlsContext) {
  const x509::Identity own = Root().Issue({});
  const auto target = TargetOf("sni: weir-control, common_tls_context: {" + Trust() +
                               ", tls_certificates: [{certificate_chain: " + Quoted(own.chain_pem) +
                               ", private_key: " + Quoted(own.key_pem) + "}]}");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_NE(target->credentials, nullptr);
  EXPECT_EQ(target->server_name, "weir-control");
}

// Left out, each would trust more than the bootstrap says.
TEST(ControlPlaneTarget, WhatCannotBeToldToGrpcIsRefusedByName) {
  const std::string trusted = "trusted_ca: " + Quoted(Root().pem());
  const std::pair<std::string, std::string> table[] = {
      {"common_tls_context: {" + Trust() + ", tls_certificate_sds_secret_configs: [{name: a}]}",
       "tls_certificate_sds_secret_configs"},
      {"common_tls_context: {validation_context_sds_secret_config: {name: a}}",
       "validation_context_sds_secret_config"},
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
                HasSubstr("the control plane: cluster \"control\": its transport_socket: "));
    EXPECT_THAT(std::string(target.status().message()), HasSubstr(field));
  }
}

}  // namespace
}  // namespace weir::exe
