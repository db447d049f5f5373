// Where the secrets come from that TLS contexts name by an instance of
// Bootstrap.certificate_provider_instances.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "source/config/source.h"

namespace weir::config {

struct CertificateProvider {
  // A certificate with its key, and the authorities that peers are verified by. Nothing: it has
  // none.
  std::optional<SecretReference> certificate;
  std::optional<SecretReference> authorities;
  // Whether contexts may name another secret of the same source (certificate_name).
  bool has_many = false;
  friend bool operator==(const CertificateProvider&, const CertificateProvider&) = default;
};

// By the name of the instance.
using CertificateProviders = std::map<std::string, CertificateProvider, std::less<>>;

}  // namespace weir::config
