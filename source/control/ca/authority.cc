#include "source/control/ca/authority.h"

#include <algorithm>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/x509/issuing.h"
#include "source/x509/spiffe.h"

namespace weir::control::ca {

bool IsIdentityPath(std::string_view path) {
  return path.starts_with('/') && x509::ParseSpiffeId(StrCat("spiffe://a", path)).has_value();
}

std::string SpiffeUri(std::string_view trust_domain, std::string_view path) {
  return StrCat("spiffe://", trust_domain, path);
}

Authority::Authority(x509::Certificate issuer, x509::PrivateKey key, x509::TrustStore trust)
    : issuer_(std::move(issuer)), key_(std::move(key)), trust_(std::move(trust)) {}

absl::StatusOr<Authority> Authority::Create(std::string_view issuer_pem, std::string_view key_pem,
                                            std::string bundle_pem) {
  auto issuer = x509::ParseCertificates(issuer_pem);
  if (!issuer.ok()) return Annotate(issuer.status(), "the issuer's certificate");
  auto key = x509::PrivateKey::Parse(key_pem);
  if (!key.ok()) return Annotate(key.status(), "the issuer's key");
  if (!key->Matches(issuer->front())) {
    return InvalidArgument("the issuer's key does not belong to its certificate");
  }
  auto trust = x509::TrustStore::Create(bundle_pem, "", {});
  if (!trust.ok()) return Annotate(trust.status(), "the trust bundle");
  const std::optional<x509::SpiffeId> id = x509::SpiffeIdOf(issuer->front());
  if (!id || !id->path.empty()) {
    return InvalidArgument(
        "the issuer's certificate names no trust domain: its only URI must be spiffe://DOMAIN");
  }
  Authority authority(issuer->front(), *std::move(key), *std::move(trust));
  authority.bundle_pem_ = std::move(bundle_pem);
  authority.trust_domain_ = id->trust_domain;
  authority.fingerprint_ = issuer->front().Sha256Fingerprint();
  return authority;
}

absl::StatusOr<x509::Certificate> Authority::SignLeaf(const x509::PrivateKey& key,
                                                      const Terms& terms) const {
  const WallTime end = std::min(terms.not_after, issuer_.NotAfter());
  if (end <= terms.not_before) {
    return absl::FailedPreconditionError(
        "the issuer's certificate has ended; weirctl ca rotate makes another one");
  }
  x509::CertificateTerms leaf;
  leaf.common_name = terms.path.substr(terms.path.rfind('/') + 1).substr(0, 64);
  leaf.uris = {SpiffeUri(trust_domain_, terms.path)};
  leaf.dns_names = terms.dns_names;
  leaf.ips = terms.ips;
  leaf.not_before = terms.not_before;
  leaf.not_after = end;
  return x509::Sign(leaf, key, issuer_, key_);
}

absl::StatusOr<Issued> Authority::Issue(const Terms& terms) const {
  const x509::PrivateKey key = x509::MakeKey();
  WEIR_ASSIGN_OR_RETURN(const x509::Certificate leaf, SignLeaf(key, terms));
  return Issued{StrCat(leaf.Pem(), issuer_.Pem()), x509::KeyPem(key), leaf.Serial(),
                leaf.NotAfter()};
}

absl::StatusOr<std::string> Authority::IssueFor(const x509::PrivateKey& key,
                                                const Terms& terms) const {
  WEIR_ASSIGN_OR_RETURN(const x509::Certificate leaf, SignLeaf(key, terms));
  return StrCat(leaf.Pem(), issuer_.Pem());
}

absl::StatusOr<std::string> Authority::PathOf(std::string_view chain_pem, WallTime now) const {
  WEIR_ASSIGN_OR_RETURN(const std::vector<x509::Certificate> chain,
                        x509::ParseCertificates(chain_pem));
  WEIR_RETURN_IF_ERROR(trust_.Verify(chain, x509::TrustStore::Peer::kClient, now));
  const std::optional<x509::SpiffeId> id = x509::SpiffeIdOf(chain.front());
  if (!id || id->trust_domain != trust_domain_ || id->path.empty()) {
    return InvalidArgument(
        StrCat("the certificate has no identity of the trust domain ", trust_domain_));
  }
  return id->path;
}

}  // namespace weir::control::ca
