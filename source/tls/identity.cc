#include "source/tls/identity.h"

#include <openssl/err.h>
#include <openssl/pool.h>
#include <openssl/ssl.h>

#include "source/base/status.h"
#include "source/x509/certificate.h"

namespace weir::tls {

struct Identity::Chain {
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> owned;
  std::vector<CRYPTO_BUFFER*> buffers;
};

namespace {

std::vector<std::string> ServerNames(const x509::Certificate& leaf) {
  std::vector<std::string> names;
  for (const x509::SubjectAltName& name : leaf.SubjectAltNames()) {
    if (name.kind == x509::SubjectAltName::Kind::kDns) names.push_back(AsciiLower(name.value));
  }
  if (names.empty()) {
    std::string common_name = AsciiLower(leaf.CommonName());
    if (!common_name.empty()) names.push_back(std::move(common_name));
  }
  return names;
}

void AppendWithSize(std::string& out, std::string_view bytes) {
  out.push_back(static_cast<char>(bytes.size() >> 8));
  out.push_back(static_cast<char>(bytes.size()));
  out.append(bytes);
}

// RFC 6962, 3.3. They fit, as the configuration was checked.
std::string TimestampList(const std::vector<std::string>& timestamps) {
  std::string items, list;
  for (const std::string& timestamp : timestamps) AppendWithSize(items, timestamp);
  if (!items.empty()) AppendWithSize(list, items);
  return list;
}

}  // namespace

Identity::Identity(x509::PrivateKey key) : key_(std::move(key)) {}
Identity::~Identity() = default;

absl::StatusOr<std::shared_ptr<const Identity>> Identity::Create(
    const config::TlsCertificate& certificate) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<x509::Certificate> parsed,
                        x509::ParseCertificates(certificate.chain_pem));
  WEIR_ASSIGN_OR_RETURN(x509::PrivateKey key, x509::PrivateKey::Parse(certificate.key_pem.view(),
                                                                      certificate.password.view()));
  const x509::Certificate& leaf = parsed.front();
  if (!key.Matches(leaf)) {
    return InvalidArgument("the private key does not belong to the first certificate of the chain");
  }
  const std::shared_ptr<Identity> identity(new Identity(std::move(key)));
  auto chain = std::make_unique<Chain>();
  for (const x509::Certificate& one : parsed) {
    const std::string der = one.Der();
    chain->owned.emplace_back(
        CRYPTO_BUFFER_new(reinterpret_cast<const uint8_t*>(der.data()), der.size(), nullptr));
    chain->buffers.push_back(chain->owned.back().get());
  }
  identity->chain_ = std::move(chain);
  identity->server_names_ = ServerNames(leaf);
  identity->curve_ = leaf.CurveId();
  identity->must_staple_ = leaf.MustStaple();
  if (!certificate.ocsp_staple.empty()) {
    WEIR_ASSIGN_OR_RETURN(identity->ocsp_response_,
                          x509::ParseOcspResponse(certificate.ocsp_staple));
    identity->ocsp_staple_ = certificate.ocsp_staple;
  }
  identity->timestamp_list_ = TimestampList(certificate.signed_timestamps);
  identity->facts_ = Describe(leaf);
  identity->name_ = NameOf(certificate.name, "unnamed_cert_", *identity->facts_);
  identity->path_ = certificate.path;
  return identity;
}

bool Identity::Use(ssl_st& ssl) const {
  if (SSL_set_chain_and_key(&ssl, chain_->buffers.data(), chain_->buffers.size(), key_.native(),
                            nullptr) != 1) {
    return false;
  }
  // Sent to those who ask.
  return timestamp_list_.empty() ||
         SSL_set_signed_cert_timestamp_list(
             &ssl, reinterpret_cast<const uint8_t*>(timestamp_list_.data()),
             timestamp_list_.size()) == 1;
}

bool Identity::Staple(ssl_st& ssl) const {
  return SSL_set_ocsp_response(&ssl, reinterpret_cast<const uint8_t*>(ocsp_staple_.data()),
                               ocsp_staple_.size()) == 1;
}

net::ConfiguredCertificate Identity::status() const {
  net::ConfiguredCertificate status{.facts = facts_, .path = path_};
  if (ocsp_response_.has_value()) {
    status.staple_from = ocsp_response_->this_update;
    status.staple_until = ocsp_response_->next_update;
  }
  return status;
}

net::CertificateEnd Identity::end() const {
  net::CertificateEnd end{.name = name_, .not_after = facts_->not_after};
  if (ocsp_response_.has_value()) end.staple_until = ocsp_response_->next_update;
  return end;
}

std::string NameOf(std::string_view secret, std::string_view kind,
                   const net::CertificateFacts& facts) {
  constexpr size_t kDigits = 8;
  if (!secret.empty()) return std::string(secret);
  return StrCat(kind, facts.sha256_fingerprint.substr(0, kDigits));
}

std::shared_ptr<const net::CertificateFacts> Describe(const x509::Certificate& certificate) {
  auto facts = std::make_shared<net::CertificateFacts>();
  facts->subject = certificate.Subject();
  facts->issuer = certificate.Issuer();
  facts->serial = certificate.Serial();
  facts->sha256_fingerprint = certificate.Sha256Fingerprint();
  facts->sha1_fingerprint = certificate.Sha1Fingerprint();
  for (x509::SubjectAltName& name : certificate.SubjectAltNames()) {
    switch (name.kind) {
      case x509::SubjectAltName::Kind::kUri:
        facts->uri_names.push_back(std::move(name.value));
        break;
      case x509::SubjectAltName::Kind::kDns:
        facts->dns_names.push_back(std::move(name.value));
        break;
      case x509::SubjectAltName::Kind::kEmail:
        facts->email_names.push_back(std::move(name.value));
        break;
      case x509::SubjectAltName::Kind::kIp:
        facts->ip_names.push_back(std::move(name.value));
        break;
      case x509::SubjectAltName::Kind::kOther:
        // Of those that are texts.
        if (!name.value.empty()) facts->other_names.push_back(std::move(name.value));
        break;
    }
  }
  facts->not_before = certificate.NotBefore();
  facts->not_after = certificate.NotAfter();
  facts->pem = certificate.Pem();
  return facts;
}

}  // namespace weir::tls
