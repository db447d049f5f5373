#include "source/config/proto/certificate_providers.h"

#include <chrono>
#include <utility>
#include <vector>

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "source/base/strings.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/values.h"
#include "weir/config/v1/file_watcher.pb.h"

namespace weir::config::proto {
namespace {
namespace tls = envoy::extensions::transport_sockets::tls::v3;
using weir::config::v1::FileWatcher;

constexpr std::chrono::milliseconds kDefaultRefresh = std::chrono::seconds(600);

CertificateProvider FromSds(const tls::SdsSecretConfig& message, bool has_ads, const Scope& scope) {
  SecretReference secret{.name = message.name()};
  if (message.has_sds_config()) {
    secret.source = DecodeOwnSource(message.sds_config(), has_ads, scope.Field("sds_config"));
  }
  return {.certificate = secret, .authorities = secret, .has_many = true};
}

SecretReference Given(const tls::Secret& secret, std::chrono::milliseconds refresh_interval) {
  SecretReference reference{.name = secret.name()};
  reference.source.kind = ConfigSource::Kind::kGiven;
  reference.source.given = {secret.SerializeAsString(), refresh_interval};
  return reference;
}

CertificateProvider FromFiles(const FileWatcher& message, const std::string& instance,
                              const Scope& scope) {
  std::chrono::milliseconds refresh = kDefaultRefresh;
  if (message.has_refresh_interval()) {
    const Scope at = scope.Field("refresh_interval");
    refresh = DecodeDuration(message.refresh_interval(), at);
    if (refresh.count() == 0) at.Error("must be more than 0");
  }
  if (message.certificate_file().empty() != message.private_key_file().empty()) {
    scope.Error("certificate_file and private_key_file belong together");
  }
  if (message.certificate_file().empty() && message.ca_certificate_file().empty()) {
    scope.Error("provides nothing: certificate_file with private_key_file, or ca_certificate_file");
  }
  CertificateProvider provider;
  if (!message.certificate_file().empty()) {
    tls::Secret secret;
    secret.set_name(StrCat("file_watcher/", instance, "/certificate"));
    secret.mutable_tls_certificate()->mutable_certificate_chain()->set_filename(
        message.certificate_file());
    secret.mutable_tls_certificate()->mutable_private_key()->set_filename(
        message.private_key_file());
    provider.certificate = Given(secret, refresh);
  }
  if (!message.ca_certificate_file().empty()) {
    tls::Secret secret;
    secret.set_name(StrCat("file_watcher/", instance, "/authorities"));
    secret.mutable_validation_context()->mutable_trusted_ca()->set_filename(
        message.ca_certificate_file());
    provider.authorities = Given(secret, refresh);
  }
  return provider;
}

std::string NamesOf(const CertificateProviders& providers) {
  std::vector<std::string_view> names;
  for (const auto& [name, provider] : providers) names.push_back(name);
  return names.empty() ? "it has none" : StrCat("it has ", Join(names, ", "));
}

}  // namespace

std::shared_ptr<const CertificateProviders> DecodeCertificateProviders(
    const envoy::config::bootstrap::v3::Bootstrap& message, const Scope& root) {
  auto providers = std::make_shared<CertificateProviders>();
  for (const auto& [name, extension] : message.certificate_provider_instances()) {
    const Scope scope = root.Key("certificate_provider_instances", name);
    const Scope at = scope.Field("typed_config");
    // Also one with an error is there: who names it makes no mistake.
    CertificateProvider& provider = (*providers)[name];
    provider = {SecretReference{name, {}}, SecretReference{name, {}}, true};
    const auto config = UnpackAny(extension.typed_config(), at);
    if (config == nullptr) continue;
    if (config->GetDescriptor() == tls::SdsSecretConfig::descriptor()) {
      provider = FromSds(static_cast<const tls::SdsSecretConfig&>(*config),
                         message.dynamic_resources().has_ads_config(), at);
    } else if (config->GetDescriptor() == FileWatcher::descriptor()) {
      provider = FromFiles(static_cast<const FileWatcher&>(*config), name, at);
    } else {
      at.Error(StrCat("must be a ", tls::SdsSecretConfig::descriptor()->full_name(), " or a ",
                      FileWatcher::descriptor()->full_name()),
               config->GetDescriptor()->full_name());
    }
  }
  return providers;
}

std::optional<SecretReference> FindProviderSecret(const ProviderSecret& secret, ProviderPart part,
                                                  const Scope& scope) {
  const CertificateProviders* const providers = scope.context().certificate_providers;
  if (providers == nullptr) {
    return SecretReference{.name = secret.certificate_name,
                           .source = {.kind = ConfigSource::Kind::kAds}};
  }
  const auto found = providers->find(secret.instance_name);
  if (found == providers->end()) {
    scope.Field("instance_name")
        .Error(StrCat("must be one of the bootstrap's certificate_provider_instances: ",
                      NamesOf(*providers)),
               secret.instance_name);
    return std::nullopt;
  }
  std::optional<SecretReference> reference =
      part == ProviderPart::kCertificate ? found->second.certificate : found->second.authorities;
  if (!reference.has_value()) {
    scope.Field("instance_name")
        .Error(part == ProviderPart::kCertificate
                   ? "is a file_watcher without certificate_file and private_key_file"
                   : "is a file_watcher without ca_certificate_file",
               secret.instance_name);
    return std::nullopt;
  }
  if (found->second.has_many && !secret.certificate_name.empty()) {
    reference->name = secret.certificate_name;
  }
  return reference;
}

}  // namespace weir::config::proto
