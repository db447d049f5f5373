// What a configuration demands of the peer's certificate: a chain to an anchor, a name, a hash.
// With SPIFFE the anchors are those of the trust domain that the certificate names, and no other's.
// Immutable and shared by workers.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/hash_map.h"
#include "source/config/tls.h"
#include "source/event/clock.h"
#include "source/net/tls_facts.h"
#include "source/x509/certificate.h"
#include "source/x509/trust_store.h"

namespace weir::tls {

class PeerVerifier {
 public:
  using Peer = x509::TrustStore::Peer;

  static absl::StatusOr<std::unique_ptr<const PeerVerifier>> Create(
      const config::CertificateValidation& validation, Peer peer);

  enum class Fault : uint8_t { kNone, kChain, kName, kHash };
  struct Verdict {
    Fault fault = Fault::kNone;
    std::string reason;  // Why, when there is a fault.
  };
  // `chain`: the leaf and what came with it. `server_name`, where it is given, must be covered by
  // a name of the certificate.
  Verdict Verify(std::span<const x509::Certificate> chain,
                 const std::optional<std::string>& server_name, event::SystemTime now) const;

  // What is trusted, described anew at each call.
  std::vector<net::ConfiguredCertificate> Authorities() const;
  // Of the authority that ends first; nothing without any.
  const std::optional<net::CertificateEnd>& first_end() const { return first_end_; }
  // All that are trusted, of whatever domain.
  std::vector<x509::Certificate> anchors() const;

 private:
  PeerVerifier(const config::CertificateValidation& validation, Peer peer)
      : validation_(validation), peer_(peer) {}

  // OK with the store to ask; null where none is wanted.
  absl::StatusOr<const x509::TrustStore*> TrustFor(const x509::Certificate& leaf) const;
  std::optional<net::CertificateEnd> FirstEnd() const;
  bool NameMatches(const std::vector<x509::SubjectAltName>& names) const;
  bool HashMatches(const x509::Certificate& leaf) const;

  const config::CertificateValidation validation_;
  const Peer peer_;
  std::optional<x509::TrustStore> trust_;
  HashMap<x509::TrustStore> domains_;  // SPIFFE: by trust domain.
  std::optional<net::CertificateEnd> first_end_;
};

}  // namespace weir::tls
