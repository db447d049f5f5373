// Bootstrap.certificate_provider_instances, and the secrets that TLS contexts name by them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/config/certificate_provider.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// `root` is the bootstrap's scope.
std::shared_ptr<const CertificateProviders> DecodeCertificateProviders(
    const envoy::config::bootstrap::v3::Bootstrap& message, const Scope& root);

// What CertificateProviderPluginInstance and CertificateProviderInstance say.
struct ProviderSecret {
  const std::string& instance_name;
  const std::string& certificate_name;
};
template <typename Message>
ProviderSecret SecretIn(const Message& message) {
  return {message.instance_name(), message.certificate_name()};
}

// The secret that is meant: a certificate, or authorities. Nothing after an error. Where the
// bootstrap is not known, there is such a secret somewhere.
enum class ProviderPart : uint8_t { kCertificate, kAuthorities };
std::optional<SecretReference> FindProviderSecret(const ProviderSecret& secret, ProviderPart part,
                                                  const Scope& scope);

}  // namespace weir::config::proto
