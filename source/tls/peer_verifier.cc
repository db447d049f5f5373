#include "source/tls/peer_verifier.h"

#include <algorithm>

#include "source/base/status.h"
#include "source/tls/identity.h"
#include "source/x509/spiffe.h"

namespace weir::tls {
namespace {

using Kind = x509::SubjectAltName::Kind;

Kind KindOf(config::SanMatcher::Type type) {
  switch (type) {
    case config::SanMatcher::Type::kEmail:
      return Kind::kEmail;
    case config::SanMatcher::Type::kDns:
      return Kind::kDns;
    case config::SanMatcher::Type::kUri:
      return Kind::kUri;
    case config::SanMatcher::Type::kIpAddress:
      return Kind::kIp;
    case config::SanMatcher::Type::kOtherName:
      return Kind::kOther;
  }
  return Kind::kOther;
}

bool Matches(const config::SanMatcher& matcher, const x509::SubjectAltName& name) {
  if (name.kind != KindOf(matcher.type) || name.value.empty()) return false;
  // A NUL inside a name is there to deceive whoever reads it as a C string.
  if (name.value.find('\0') != std::string::npos) return false;
  if (name.kind == Kind::kOther && name.oid != matcher.oid) return false;
  if (!matcher.exact_dns.empty()) return x509::DnsNameCovers(name.value, matcher.exact_dns);
  return matcher.matcher.Matches(name.value);
}

bool Covers(const std::vector<x509::SubjectAltName>& names, std::string_view server) {
  return std::any_of(names.begin(), names.end(), [&](const x509::SubjectAltName& name) {
    return (name.kind == Kind::kDns && x509::DnsNameCovers(name.value, server)) ||
           (name.kind == Kind::kIp && !server.empty() && name.value == server);
  });
}

bool IsAmong(const std::vector<config::Sha256>& hashes, std::string_view digest) {
  return std::any_of(hashes.begin(), hashes.end(), [&](const config::Sha256& hash) {
    return digest == std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<const PeerVerifier>> PeerVerifier::Create(
    const config::CertificateValidation& validation, Peer peer) {
  std::unique_ptr<PeerVerifier> verifier(new PeerVerifier(validation, peer));
  const x509::TrustOptions options{.max_depth = validation.max_verify_depth,
                                   .allow_expired = validation.allow_expired_certificate,
                                   .leaf_crl_only = validation.only_verify_leaf_cert_crl};
  if (!validation.trusted_ca_pem.empty() && validation.spiffe.empty()) {
    WEIR_ASSIGN_OR_RETURN(verifier->trust_, x509::TrustStore::Create(validation.trusted_ca_pem,
                                                                     validation.crl_pem, options));
  }
  for (const config::SpiffeTrust& domain : verifier->validation_.spiffe) {
    auto trust = x509::TrustStore::Create(domain.bundle_pem, "", options);
    if (!trust.ok()) {
      return Annotate(trust.status(), StrCat("trust domain \"", domain.domain, "\""));
    }
    verifier->domains_.emplace(domain.domain, *std::move(trust));
  }
  verifier->first_end_ = verifier->FirstEnd();
  return verifier;
}

std::optional<net::CertificateEnd> PeerVerifier::FirstEnd() const {
  const std::vector<x509::Certificate> all = anchors();
  if (all.empty()) return std::nullopt;
  const auto first = std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.NotAfter() < b.NotAfter();
  });
  return net::CertificateEnd{
      .name = NameOf(validation_.name, "unnamed_ca_cert_", *Describe(*first)),
      .not_after = first->NotAfter()};
}

std::vector<x509::Certificate> PeerVerifier::anchors() const {
  std::vector<x509::Certificate> all;
  if (trust_.has_value()) all = trust_->anchors();
  for (const config::SpiffeTrust& domain : validation_.spiffe) {
    const auto& own = domains_.find(domain.domain)->second.anchors();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

absl::StatusOr<const x509::TrustStore*> PeerVerifier::TrustFor(
    const x509::Certificate& leaf) const {
  if (domains_.empty()) {
    return trust_.has_value() && !validation_.accept_untrusted ? &*trust_ : nullptr;
  }
  const std::optional<x509::SpiffeId> id = x509::WorkloadIdOf(leaf);
  if (!id.has_value()) return InvalidArgument("the certificate is none of a SPIFFE workload");
  const auto domain = domains_.find(id->trust_domain);
  if (domain == domains_.end()) {
    return InvalidArgument(
        StrCat("there is no bundle for trust domain \"", id->trust_domain, "\""));
  }
  return &domain->second;
}

PeerVerifier::Verdict PeerVerifier::Verify(std::span<const x509::Certificate> chain,
                                           const std::optional<std::string>& server_name,
                                           event::SystemTime now) const {
  const auto trust = TrustFor(chain.front());
  if (!trust.ok()) return {Fault::kChain, std::string(MessageOf(trust.status()))};
  if (*trust != nullptr) {
    const absl::Status status = (*trust)->Verify(
        chain, peer_, std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
    if (!status.ok()) return {Fault::kChain, std::string(MessageOf(status))};
  }
  const std::vector<x509::SubjectAltName> names = chain.front().SubjectAltNames();
  if (server_name.has_value() && !Covers(names, *server_name)) {
    return {Fault::kName, StrCat("no name of the certificate covers \"", *server_name, "\"")};
  }
  if (!NameMatches(names)) return {Fault::kName, "no name of the certificate matches"};
  if (!HashMatches(chain.front())) {
    return {Fault::kHash,
            "neither the certificate's hash nor that of its key is one of those given"};
  }
  return {};
}

std::vector<net::ConfiguredCertificate> PeerVerifier::Authorities() const {
  std::vector<net::ConfiguredCertificate> described;
  const auto add = [&](const x509::TrustStore& trust, const std::string& path) {
    for (const x509::Certificate& anchor : trust.anchors()) {
      described.push_back({.facts = Describe(anchor), .path = path});
    }
  };
  if (trust_.has_value()) add(*trust_, validation_.path);
  for (const config::SpiffeTrust& domain : validation_.spiffe) {
    add(domains_.find(domain.domain)->second, domain.path);
  }
  return described;
}

bool PeerVerifier::NameMatches(const std::vector<x509::SubjectAltName>& names) const {
  if (validation_.san_matchers.empty()) return true;
  for (const config::SanMatcher& matcher : validation_.san_matchers) {
    for (const x509::SubjectAltName& name : names) {
      if (Matches(matcher, name)) return true;
    }
  }
  return false;
}

bool PeerVerifier::HashMatches(const x509::Certificate& leaf) const {
  const auto& hashes = validation_.certificate_hashes;
  const auto& keys = validation_.spki_hashes;
  if (hashes.empty() && keys.empty()) return true;
  return IsAmong(hashes, leaf.Sha256()) || IsAmong(keys, leaf.SpkiSha256());
}

}  // namespace weir::tls
