// Making keys and certificates: what a small certificate authority needs. ECDSA on P-256
// throughout.
//
// Serial numbers and keys come from the crypto library's generator. Pure otherwise: time comes from
// the caller. Any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/secret_bytes.h"
#include "source/x509/certificate.h"
#include "source/x509/private_key.h"

namespace weir::x509 {

// What a new certificate says.
struct CertificateTerms {
  std::string common_name;
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  std::vector<std::string> ips;  // As text, v4 or v6.
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;  // Whole seconds count in both.
  // An authority signs certificates; others are for both ends of TLS connections.
  bool is_authority = false;
  // Of an authority: how many authorities may stand below it.
  std::optional<int> path_length;
};

PrivateKey MakeKey();
// PKCS #8 in PEM, unencrypted.
SecretBytes KeyPem(const PrivateKey& key);

// Signed with its own key.
absl::StatusOr<Certificate> SelfSign(const CertificateTerms& terms, const PrivateKey& key);
// For `key`, signed by `issuer`, whose key is `issuer_key`. An address that is none is an error.
absl::StatusOr<Certificate> Sign(const CertificateTerms& terms, const PrivateKey& key,
                                 const Certificate& issuer, const PrivateKey& issuer_key);

}  // namespace weir::x509
