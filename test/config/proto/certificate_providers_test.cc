// Instances of certificate providers in the bootstrap, and TLS contexts that name them.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/strings.h"
#include "source/extensions/transport_sockets/tls/config.h"
#include "test/config/proto/decoding.h"
#include "test/x509/authority.h"

namespace weir::config::proto {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const x509::Authority& Root() {
  static const auto* const root = new x509::Authority("Root");
  return *root;
}

constexpr std::string_view kSds =
    "\"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig";
constexpr std::string_view kFiles = "\"@type\": type.googleapis.com/weir.config.v1.FileWatcher";

// "mesh": secrets of a control plane; "own": one static secret; "files", "roots": files.
std::string WithInstances(const std::string& more_clusters = "") {
  return StrCat(
      "dynamic_resources: { ads_config: { api_type: GRPC, grpc_services: [ { envoy_grpc: { "
      "cluster_name: xds } } ] } }\n"
      "certificate_provider_instances:\n"
      "  mesh: { name: sds, typed_config: { ",
      kSds, ", name: default, sds_config: { ads: {}, resource_api_version: V3 } } }\n",
      "  own: { name: sds, typed_config: { ", kSds, ", name: static_one } }\n",
      "  files: { name: file_watcher, typed_config: { ", kFiles,
      ", certificate_file: /chain, private_key_file: /key, refresh_interval: 5s } }\n",
      "  roots: { name: file_watcher, typed_config: { ", kFiles, ", ca_certificate_file: /ca } }\n",
      "static_resources:\n  clusters:\n  - { name: xds, type: STATIC, http2_protocol_options: {}, "
      "load_assignment: { cluster_name: xds } }\n",
      more_clusters);
}

std::shared_ptr<const CertificateProviders> Instances() {
  const BootstrapOutcome outcome = ReadBootstrap(WithInstances());
  EXPECT_THAT(outcome.errors, IsEmpty());
  return outcome.bootstrap.value().certificate_providers;
}

std::string Cluster(const std::string& common) {
  return StrCat(
      "{name: a, load_assignment: {cluster_name: a}, transport_socket: {name: tls, typed_config: "
      "{\"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
      "UpstreamTlsContext, common_tls_context: {",
      common, "}}}}");
}

// Decoded as a proxy with those instances does.
Outcome DecodeCommon(const std::string& common) {
  static const auto providers = Instances();
  const FakeData data;
  DecodeOptions options{AllDecoders(), data};
  options.certificate_providers = providers.get();
  return Decode(schema::kClusterTypeUrl, Cluster(common), options);
}
TlsContext Context(const std::string& common) {
  const Outcome outcome = DecodeCommon(common);
  EXPECT_THAT(outcome.errors, IsEmpty()) << common;
  if (!outcome.resource.has_value()) return {};
  const auto& cluster = std::get<std::shared_ptr<const config::Cluster>>(outcome.resource->value);
  return dynamic_cast<const extensions::transport_sockets::tls::ClientTlsConfig&>(
             *cluster->transport_socket)
      .tls.common;
}

SecretReference ByAds(const std::string& name) {
  return {name, {.kind = ConfigSource::Kind::kAds}};
}

TEST(CertificateProviders, AnInstanceIsASourceOfSecretsOrFiles) {
  const auto instances = Instances();
  EXPECT_EQ(instances->find("mesh")->second.certificate, ByAds("default"));
  EXPECT_EQ(instances->find("own")->second.authorities, (SecretReference{"static_one", {}}));
  const CertificateProvider& files = instances->find("files")->second;
  EXPECT_EQ(files.certificate->name, "file_watcher/files/certificate");
  EXPECT_EQ(files.certificate->source.kind, ConfigSource::Kind::kGiven);
  EXPECT_EQ(files.certificate->source.given.refresh_interval, std::chrono::seconds(5));
  EXPECT_FALSE(files.authorities.has_value());
  EXPECT_EQ(instances->find("roots")->second.authorities->source.given.refresh_interval,
            std::chrono::seconds(600));
}

TEST(CertificateProviders, ContextsNameASecretOfAnInstance) {
  const TlsContext tls = Context(
      "tls_certificate_provider_instance: {instance_name: mesh, certificate_name: id}, "
      "validation_context: {ca_certificate_provider_instance: {instance_name: mesh, "
      "certificate_name: ROOTCA}, max_verify_depth: 3, crl: {inline_string: kept}}");
  EXPECT_THAT(tls.certificate_secrets, ElementsAre(ByAds("id")));
  EXPECT_EQ(tls.validation_secret, ByAds("ROOTCA"));
  EXPECT_EQ(tls.validation.max_verify_depth, 3u) << "the rest of the context stands beside it";
  EXPECT_EQ(tls.validation.crl_pem, "kept");
}

TEST(CertificateProviders, AnInstanceHasANameOfItsOwnAndFilesHaveOneAlone) {
  EXPECT_EQ(Context("validation_context: {ca_certificate_provider_instance: {instance_name: mesh}}")
                .validation_secret,
            ByAds("default"));
  EXPECT_THAT(Context("tls_certificate_provider_instance: {instance_name: own}, "
                      "validation_context: {ca_certificate_provider_instance: {instance_name: "
                      "roots, certificate_name: ROOTCA}}")
                  .certificate_secrets,
              ElementsAre(SecretReference{"static_one", {}}));
  EXPECT_EQ(Context("validation_context: {ca_certificate_provider_instance: {instance_name: roots, "
                    "certificate_name: ROOTCA}}")
                .validation_secret->name,
            "file_watcher/roots/authorities");
}

// As meshes of gRPC clients have them: combined contexts without a secret, old fields beside new.
TEST(CertificateProviders, FormerFieldsMeanTheSame) {
  const std::string id = "{instance_name: mesh, certificate_name: id}";
  const std::string root = "{instance_name: mesh, certificate_name: root}";
  const std::string certificates[] = {"tls_certificate_certificate_provider_instance: " + id,
                                      "tls_certificate_certificate_provider_instance: " + id +
                                          ", tls_certificate_provider_instance: " + id};
  for (const std::string& certificate : certificates) {
    EXPECT_THAT(Context(certificate + ", validation_context: {trust_chain_verification: "
                                      "ACCEPT_UNTRUSTED}")
                    .certificate_secrets,
                ElementsAre(ByAds("id")));
  }
  const std::string former = "validation_context_certificate_provider_instance: " + root;
  const std::string newer = "ca_certificate_provider_instance: " + root;
  const std::string trusts[] = {
      former,
      "combined_validation_context: {default_validation_context: {max_verify_depth: 3}, " + former +
          "}",
      "combined_validation_context: {default_validation_context: {" + newer + "}}",
      "combined_validation_context: {default_validation_context: {" + newer + "}, " + former + "}"};
  for (const std::string& trust : trusts) {
    EXPECT_EQ(Context(trust).validation_secret, ByAds("root")) << trust;
  }
}

TEST(CertificateProviders, RefusesWhatNamesNoSecret) {
  const std::string ca = "validation_context: {ca_certificate_provider_instance: ";
  const std::pair<std::string, const char*> cases[] = {
      {ca + "{instance_name: other}}",
       "ca_certificate_provider_instance.instance_name: must be one of the bootstrap's "
       "certificate_provider_instances: it has files, mesh, own, roots, got \"other\""},
      {ca + "{instance_name: files}}", "without ca_certificate_file"},
      {"tls_certificate_provider_instance: {instance_name: roots}",
       "without certificate_file and private_key_file"},
      {ca + "{instance_name: own}, trusted_ca: " + x509::InlineYaml(Root().pem()) + "}",
       "ca_certificate_provider_instance: cannot be given together with trusted_ca"},
      {"tls_certificate_provider_instance: {instance_name: own}, "
       "tls_certificate_sds_secret_configs: [{name: a}]",
       "tls_certificate_provider_instance: cannot be given together with other certificates"},
      {"tls_certificate_provider_instance: {instance_name: own}, "
       "tls_certificate_certificate_provider_instance: {instance_name: files}",
       "is another one than tls_certificate_provider_instance"},
      {"combined_validation_context: {default_validation_context: {}}",
       "validation_context_sds_secret_config.name: a secret is asked for by its name"},
      {"combined_validation_context: {default_validation_context: "
       "{ca_certificate_provider_instance: {instance_name: own}}, "
       "validation_context_sds_secret_config: {name: a}}",
       "validation_context_sds_secret_config: cannot be given together with a certificate"},
      {"combined_validation_context: {default_validation_context: "
       "{ca_certificate_provider_instance: {instance_name: own}}, "
       "validation_context_certificate_provider_instance: {instance_name: roots}}",
       "is another one than default_validation_context.ca_certificate_provider_instance"},
      {"tls_certificate_certificate_provider: {name: a, typed_config: {name: a}}",
       "field \"tls_certificate_certificate_provider\""}};
  for (const auto& [common, error] : cases) {
    EXPECT_THAT(DecodeCommon(common).errors, testing::Contains(HasSubstr(error))) << common;
  }
}

TEST(CertificateProviders, ASecretStandsForItself) {
  EXPECT_THAT(Decode(schema::kSecretTypeUrl,
                     "{name: s, validation_context: {ca_certificate_provider_instance: "
                     "{instance_name: own}}}")
                  .errors,
              ElementsAre(HasSubstr("ca_certificate_provider_instance: is another secret")));
}

// A control plane does not know what instances its proxies have.
TEST(CertificateProviders, WithoutABootstrapEveryInstanceMayBeThere) {
  EXPECT_THAT(Decode(schema::kClusterTypeUrl,
                     Cluster("tls_certificate_provider_instance: {instance_name: any}, "
                             "validation_context: {ca_certificate_provider_instance: "
                             "{instance_name: other}}"))
                  .errors,
              IsEmpty());
}

TEST(CertificateProviders, BrokenInstancesAreRefusedByPath) {
  const auto instance = [](std::string_view type, const std::string& fields) {
    return StrCat("certificate_provider_instances: { a: { name: n, typed_config: { ", type, fields,
                  " } } }");
  };
  const std::pair<std::string, const char*> cases[] = {
      {instance(kFiles, ""), "provides nothing"},
      {instance(kFiles, ", certificate_file: /a"), "private_key_file belong together"},
      {instance(kFiles, ", ca_certificate_file: /a, refresh_interval: 0s"),
       "refresh_interval: must be more than 0"},
      {instance(kSds, ", name: a, sds_config: { ads: {} }"), "`ads` needs"},
      {instance(kSds, ", name: a, sds_config: { self: {} }"), "`self` has no meaning"},
      {instance("\"@type\": type.googleapis.com/weir.config.v1.DynamicUpdates", ""),
       "must be a envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig or a "
       "weir.config.v1.FileWatcher"}};
  for (const auto& [yaml, error] : cases) {
    EXPECT_THAT(ReadBootstrap(yaml).errors, ElementsAre(HasSubstr(error))) << yaml;
  }
}

TEST(CertificateProviders, StaticContextsMayNameThem) {
  const auto with = [](const std::string& instance) {
    return WithInstances(
        "  - " + Cluster("validation_context: {ca_certificate_provider_instance: {instance_name: " +
                         instance + "}}"));
  };
  EXPECT_THAT(ReadBootstrap(with("roots")).errors, IsEmpty());
  EXPECT_THAT(ReadBootstrap(with("rots")).errors,
              ElementsAre(HasSubstr("certificate_provider_instances: it has files, mesh, own, "
                                    "roots, got \"rots\"")));
}

}  // namespace
}  // namespace weir::config::proto
