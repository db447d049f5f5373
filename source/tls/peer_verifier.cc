#include "source/tls/peer_verifier.h"

#include <algorithm>

#include "source/base/status.h"
#include "source/tls/identity.h"

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

int Digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

config::Sha256 FromHex(const std::string& hex) {
  config::Sha256 bytes{};
  for (size_t i = 0; i < bytes.size() && 2 * i + 1 < hex.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(Digit(hex[2 * i]) << 4 | Digit(hex[2 * i + 1]));
  }
  return bytes;
}

net::CertificateEnd FirstEnd(const std::vector<x509::Certificate>& anchors,
                             std::string_view secret) {
  const auto first =
      std::min_element(anchors.begin(), anchors.end(),
                       [](const auto& a, const auto& b) { return a.NotAfter() < b.NotAfter(); });
  return {.name = NameOf(secret, "unnamed_ca_cert_", *Describe(*first)),
          .not_after = first->NotAfter()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<const PeerVerifier>> PeerVerifier::Create(
    const config::CertificateValidation& validation, Peer peer) {
  std::unique_ptr<PeerVerifier> verifier(new PeerVerifier(validation, peer));
  if (!validation.trusted_ca_pem.empty()) {
    const x509::TrustOptions options{.max_depth = validation.max_verify_depth,
                                     .allow_expired = validation.allow_expired_certificate,
                                     .leaf_crl_only = validation.only_verify_leaf_cert_crl};
    WEIR_ASSIGN_OR_RETURN(verifier->trust_, x509::TrustStore::Create(validation.trusted_ca_pem,
                                                                     validation.crl_pem, options));
    verifier->first_end_ = FirstEnd(verifier->trust_->anchors(), validation.name);
  }
  return verifier;
}

PeerVerifier::Verdict PeerVerifier::Verify(std::span<const x509::Certificate> chain,
                                           const std::optional<std::string>& server_name,
                                           event::SystemTime now) const {
  if (trust_.has_value() && !validation_.accept_untrusted) {
    const absl::Status status = trust_->Verify(
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
  if (!trust_.has_value()) return described;
  for (const x509::Certificate& anchor : trust_->anchors()) {
    described.push_back({.facts = Describe(anchor), .path = validation_.path});
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
  if (!hashes.empty() &&
      std::find(hashes.begin(), hashes.end(), FromHex(leaf.Sha256Fingerprint())) != hashes.end()) {
    return true;
  }
  const std::string spki = leaf.SpkiSha256();
  return std::any_of(keys.begin(), keys.end(), [&](const config::Sha256& key) {
    return std::equal(key.begin(), key.end(), spki.begin(), spki.end(),
                      [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
  });
}

}  // namespace weir::tls
