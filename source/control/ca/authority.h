// A certificate authority for one trust domain: what it signs with, and what its mesh trusts.
//
// An issuing certificate below a root signs; the root's key is only needed to make a new issuer,
// and may be kept elsewhere. A value; any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/secret_bytes.h"
#include "source/x509/certificate.h"
#include "source/x509/private_key.h"
#include "source/x509/trust_store.h"

namespace weir::control::ca {

using WallTime = std::chrono::system_clock::time_point;

// The control plane's own identities: what its server shows, and who may change the configuration.
inline constexpr std::string_view kServerPath = "/weir/control";
inline constexpr std::string_view kAdminPath = "/weir/admin";

// What a certificate is to say.
struct Terms {
  std::string path;  // Of the SPIFFE id: "/demo/frontend".
  std::vector<std::string> dns_names;
  std::vector<std::string> ips;
  WallTime not_before;
  WallTime not_after;  // At most the issuer's own.
};

struct Issued {
  std::string chain_pem;  // The certificate, then the issuer's.
  SecretBytes key_pem;
  std::string serial;  // Hex.
  WallTime not_after;
};

class Authority {
 public:
  // `issuer_pem` with its key; `bundle_pem` is what is trusted, the issuer's root among it. The
  // error says what does not belong together.
  static absl::StatusOr<Authority> Create(std::string_view issuer_pem, std::string_view key_pem,
                                          std::string bundle_pem);

  // With a key of its own. An error when the issuer has ended, or a name is none.
  absl::StatusOr<Issued> Issue(const Terms& terms) const;
  // For a key that is there already; the chain.
  absl::StatusOr<std::string> IssueFor(const x509::PrivateKey& key, const Terms& terms) const;
  // The path of a certificate's identity, when it is of this trust domain and the certificate leads
  // to what is trusted.
  absl::StatusOr<std::string> PathOf(std::string_view chain_pem, WallTime now) const;

  const std::string& trust_domain() const { return trust_domain_; }
  const std::string& bundle_pem() const { return bundle_pem_; }
  const x509::Certificate& issuer() const { return issuer_; }
  // Changes with the issuer.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  Authority(x509::Certificate issuer, x509::PrivateKey key, x509::TrustStore trust);
  absl::StatusOr<x509::Certificate> SignLeaf(const x509::PrivateKey& key, const Terms& terms) const;

  x509::Certificate issuer_;
  x509::PrivateKey key_;
  x509::TrustStore trust_;
  std::string bundle_pem_;
  std::string trust_domain_;
  std::string fingerprint_;
};

// Whether `path` may stand behind the trust domain: begins with '/', no empty segment.
bool IsIdentityPath(std::string_view path);
std::string SpiffeUri(std::string_view trust_domain, std::string_view path);

}  // namespace weir::control::ca
