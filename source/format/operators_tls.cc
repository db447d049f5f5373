// Operators about the TLS sessions of the downstream and the upstream connection. Without TLS, or
// without a certificate where one is asked about, they have no value.
#include "source/base/strings.h"
#include "source/format/operator.h"

namespace weir::format {
namespace {

using Operator = Formatter::Operator;

using FactsOf = const net::TlsFacts* (*)(const FormatContext&);
using CertificateOf = const net::CertificateFacts* (*)(const FormatContext&);

const net::TlsFacts* Downstream(const FormatContext& context) {
  return context.info.connection.tls.get();
}
const net::TlsFacts* Upstream(const FormatContext& context) {
  return context.info.upstream.tls.get();
}

template <FactsOf kFacts>
const net::CertificateFacts* PeerOf(const FormatContext& context) {
  const net::TlsFacts* const facts = kFacts(context);
  return facts == nullptr ? nullptr : facts->peer.get();
}
template <FactsOf kFacts>
const net::CertificateFacts* LocalOf(const FormatContext& context) {
  const net::TlsFacts* const facts = kFacts(context);
  return facts == nullptr ? nullptr : facts->local.get();
}

// A text of the session.
template <FactsOf kFacts, auto kField>
bool SessionText(const Operator&, std::string& out, const FormatContext& context) {
  const net::TlsFacts* const facts = kFacts(context);
  return facts != nullptr && AppendText(out, facts->*kField);
}

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

template <CertificateOf kCertificate, event::SystemTime net::CertificateFacts::* kField>
bool CertificateTime(const Operator& self, std::string& out, const FormatContext& context) {
  const net::CertificateFacts* const certificate = kCertificate(context);
  if (certificate == nullptr) return false;
  self.time.Append(out, certificate->*kField);
  return true;
}

// Something of every certificate that the client sent, with commas between them.
template <std::string net::CertificateFacts::* kOwn, std::string net::AuthorityFacts::* kAbove>
bool PeerChain(const Operator&, std::string& out, const FormatContext& context) {
  const net::TlsFacts* const facts = Downstream(context);
  if (facts == nullptr || facts->peer == nullptr) return false;
  std::string joined = (*facts->peer).*kOwn;
  for (const net::AuthorityFacts& authority : facts->peer_authorities) {
    StrAppend(joined, ",", authority.*kAbove);
  }
  return AppendText(out, joined);
}

// PEM, percent-encoded.
template <CertificateOf kCertificate>
bool CertificatePem(const Operator&, std::string& out, const FormatContext& context) {
  const net::CertificateFacts* const certificate = kCertificate(context);
  if (certificate == nullptr) return false;
  AppendPercentEncoded(out, certificate->pem);
  return true;
}

}  // namespace

const std::vector<OperatorEntry>& TlsOperators() {
  using Session = net::TlsFacts;
  using Facts = net::CertificateFacts;
  using Above = net::AuthorityFacts;
  constexpr CertificateOf kClient = PeerOf<Downstream>, kOwn = LocalOf<Downstream>;
  constexpr CertificateOf kServer = PeerOf<Upstream>, kOwnUp = LocalOf<Upstream>;
  static const std::vector<OperatorEntry> kOperators = {
      {"DOWNSTREAM_TLS_VERSION", SessionText<Downstream, &Session::version>},
      {"DOWNSTREAM_TLS_CIPHER", SessionText<Downstream, &Session::cipher>},
      {"DOWNSTREAM_TLS_SESSION_ID", SessionText<Downstream, &Session::session_id>},
      {"DOWNSTREAM_PEER_SUBJECT", CertificateText<kClient, &Facts::subject>},
      {"DOWNSTREAM_PEER_ISSUER", CertificateText<kClient, &Facts::issuer>},
      {"DOWNSTREAM_PEER_URI_SAN", CertificateNames<kClient, &Facts::uri_names>},
      {"DOWNSTREAM_PEER_DNS_SAN", CertificateNames<kClient, &Facts::dns_names>},
      {"DOWNSTREAM_PEER_IP_SAN", CertificateNames<kClient, &Facts::ip_names>},
      {"DOWNSTREAM_PEER_EMAIL_SAN", CertificateNames<kClient, &Facts::email_names>},
      {"DOWNSTREAM_PEER_OTHERNAME_SAN", CertificateNames<kClient, &Facts::other_names>},
      {"DOWNSTREAM_LOCAL_SUBJECT", CertificateText<kOwn, &Facts::subject>},
      {"DOWNSTREAM_LOCAL_URI_SAN", CertificateNames<kOwn, &Facts::uri_names>},
      {"DOWNSTREAM_LOCAL_DNS_SAN", CertificateNames<kOwn, &Facts::dns_names>},
      {"DOWNSTREAM_LOCAL_IP_SAN", CertificateNames<kOwn, &Facts::ip_names>},
      {"DOWNSTREAM_LOCAL_EMAIL_SAN", CertificateNames<kOwn, &Facts::email_names>},
      {"DOWNSTREAM_LOCAL_OTHERNAME_SAN", CertificateNames<kOwn, &Facts::other_names>},
      {"DOWNSTREAM_PEER_SERIAL", CertificateText<kClient, &Facts::serial>},
      {"DOWNSTREAM_PEER_FINGERPRINT_1", CertificateText<kClient, &Facts::sha1_fingerprint>},
      {"DOWNSTREAM_PEER_FINGERPRINT_256", CertificateText<kClient, &Facts::sha256_fingerprint>},
      {"DOWNSTREAM_PEER_CHAIN_SERIALS", PeerChain<&Facts::serial, &Above::serial>},
      {"DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1",
       PeerChain<&Facts::sha1_fingerprint, &Above::sha1_fingerprint>},
      {"DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256",
       PeerChain<&Facts::sha256_fingerprint, &Above::sha256_fingerprint>},
      {"DOWNSTREAM_PEER_CERT", CertificatePem<kClient>},
      {"DOWNSTREAM_PEER_CERT_V_START", CertificateTime<kClient, &Facts::not_before>},
      {"DOWNSTREAM_PEER_CERT_V_END", CertificateTime<kClient, &Facts::not_after>},
      {"UPSTREAM_TLS_VERSION", SessionText<Upstream, &Session::version>},
      {"UPSTREAM_TLS_CIPHER", SessionText<Upstream, &Session::cipher>},
      {"UPSTREAM_TLS_SESSION_ID", SessionText<Upstream, &Session::session_id>},
      {"UPSTREAM_PEER_SUBJECT", CertificateText<kServer, &Facts::subject>},
      {"UPSTREAM_PEER_ISSUER", CertificateText<kServer, &Facts::issuer>},
      {"UPSTREAM_PEER_URI_SAN", CertificateNames<kServer, &Facts::uri_names>},
      {"UPSTREAM_PEER_DNS_SAN", CertificateNames<kServer, &Facts::dns_names>},
      {"UPSTREAM_PEER_IP_SAN", CertificateNames<kServer, &Facts::ip_names>},
      {"UPSTREAM_PEER_CERT", CertificatePem<kServer>},
      {"UPSTREAM_PEER_CERT_V_START", CertificateTime<kServer, &Facts::not_before>},
      {"UPSTREAM_PEER_CERT_V_END", CertificateTime<kServer, &Facts::not_after>},
      {"UPSTREAM_LOCAL_URI_SAN", CertificateNames<kOwnUp, &Facts::uri_names>},
      {"UPSTREAM_LOCAL_DNS_SAN", CertificateNames<kOwnUp, &Facts::dns_names>},
      {"UPSTREAM_LOCAL_IP_SAN", CertificateNames<kOwnUp, &Facts::ip_names>},
  };
  return kOperators;
}

}  // namespace weir::format
