// Operators about the TLS session of the downstream connection. Without TLS, or without a
// certificate where one is asked about, they have no value.
#include "source/base/strings.h"
#include "source/format/operator.h"

namespace weir::format {
namespace {

using Operator = Formatter::Operator;

const net::TlsFacts* FactsOf(const FormatContext& context) {
  return context.info.connection.tls.get();
}
const net::CertificateFacts* PeerOf(const FormatContext& context) {
  const net::TlsFacts* const facts = FactsOf(context);
  return facts == nullptr ? nullptr : facts->peer.get();
}
const net::CertificateFacts* LocalOf(const FormatContext& context) {
  const net::TlsFacts* const facts = FactsOf(context);
  return facts == nullptr ? nullptr : facts->local.get();
}

bool Version(const Operator&, std::string& out, const FormatContext& context) {
  const net::TlsFacts* const facts = FactsOf(context);
  return facts != nullptr && AppendText(out, facts->version);
}
bool Cipher(const Operator&, std::string& out, const FormatContext& context) {
  const net::TlsFacts* const facts = FactsOf(context);
  return facts != nullptr && AppendText(out, facts->cipher);
}
bool SessionId(const Operator&, std::string& out, const FormatContext& context) {
  const net::TlsFacts* const facts = FactsOf(context);
  return facts != nullptr && AppendText(out, facts->session_id);
}

using CertificateOf = const net::CertificateFacts* (*)(const FormatContext&);

// A text of a certificate.
template <CertificateOf kCertificate, std::string net::CertificateFacts::* kField>
bool CertificateText(const Operator&, std::string& out, const FormatContext& context) {
  const net::CertificateFacts* const certificate = kCertificate(context);
  return certificate != nullptr && AppendText(out, certificate->*kField);
}

// Names of a certificate, with commas between them.
template <CertificateOf kCertificate, std::vector<std::string> net::CertificateFacts::* kField>
bool CertificateNames(const Operator&, std::string& out, const FormatContext& context) {
  const net::CertificateFacts* const certificate = kCertificate(context);
  return certificate != nullptr && AppendText(out, Join(certificate->*kField, ","));
}

template <event::SystemTime net::CertificateFacts::* kField>
bool PeerTime(const Operator& self, std::string& out, const FormatContext& context) {
  const net::CertificateFacts* const certificate = PeerOf(context);
  if (certificate == nullptr) return false;
  self.time.Append(out, certificate->*kField);
  return true;
}

// Something of every certificate that the client sent, with commas between them.
template <std::string net::CertificateFacts::* kOwn, std::string net::AuthorityFacts::* kAbove>
bool PeerChain(const Operator&, std::string& out, const FormatContext& context) {
  const net::TlsFacts* const facts = FactsOf(context);
  if (facts == nullptr || facts->peer == nullptr) return false;
  std::string joined = (*facts->peer).*kOwn;
  for (const net::AuthorityFacts& authority : facts->peer_authorities) {
    StrAppend(joined, ",", authority.*kAbove);
  }
  return AppendText(out, joined);
}

// PEM, percent-encoded.
bool PeerCertificate(const Operator&, std::string& out, const FormatContext& context) {
  const net::CertificateFacts* const certificate = PeerOf(context);
  if (certificate == nullptr) return false;
  AppendPercentEncoded(out, certificate->pem);
  return true;
}

}  // namespace

const std::vector<OperatorEntry>& TlsOperators() {
  using Facts = net::CertificateFacts;
  using Above = net::AuthorityFacts;
  static const std::vector<OperatorEntry> kOperators = {
      {"DOWNSTREAM_TLS_VERSION", Version},
      {"DOWNSTREAM_TLS_CIPHER", Cipher},
      {"DOWNSTREAM_TLS_SESSION_ID", SessionId},
      {"DOWNSTREAM_PEER_SUBJECT", CertificateText<PeerOf, &Facts::subject>},
      {"DOWNSTREAM_PEER_ISSUER", CertificateText<PeerOf, &Facts::issuer>},
      {"DOWNSTREAM_PEER_URI_SAN", CertificateNames<PeerOf, &Facts::uri_names>},
      {"DOWNSTREAM_PEER_DNS_SAN", CertificateNames<PeerOf, &Facts::dns_names>},
      {"DOWNSTREAM_PEER_IP_SAN", CertificateNames<PeerOf, &Facts::ip_names>},
      {"DOWNSTREAM_PEER_EMAIL_SAN", CertificateNames<PeerOf, &Facts::email_names>},
      {"DOWNSTREAM_LOCAL_SUBJECT", CertificateText<LocalOf, &Facts::subject>},
      {"DOWNSTREAM_LOCAL_URI_SAN", CertificateNames<LocalOf, &Facts::uri_names>},
      {"DOWNSTREAM_LOCAL_DNS_SAN", CertificateNames<LocalOf, &Facts::dns_names>},
      {"DOWNSTREAM_LOCAL_IP_SAN", CertificateNames<LocalOf, &Facts::ip_names>},
      {"DOWNSTREAM_LOCAL_EMAIL_SAN", CertificateNames<LocalOf, &Facts::email_names>},
      {"DOWNSTREAM_PEER_SERIAL", CertificateText<PeerOf, &Facts::serial>},
      {"DOWNSTREAM_PEER_FINGERPRINT_1", CertificateText<PeerOf, &Facts::sha1_fingerprint>},
      {"DOWNSTREAM_PEER_FINGERPRINT_256", CertificateText<PeerOf, &Facts::sha256_fingerprint>},
      {"DOWNSTREAM_PEER_CHAIN_SERIALS", PeerChain<&Facts::serial, &Above::serial>},
      {"DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1",
       PeerChain<&Facts::sha1_fingerprint, &Above::sha1_fingerprint>},
      {"DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256",
       PeerChain<&Facts::sha256_fingerprint, &Above::sha256_fingerprint>},
      {"DOWNSTREAM_PEER_CERT", PeerCertificate},
      {"DOWNSTREAM_PEER_CERT_V_START", PeerTime<&Facts::not_before>},
      {"DOWNSTREAM_PEER_CERT_V_END", PeerTime<&Facts::not_after>},
  };
  return kOperators;
}

}  // namespace weir::format
