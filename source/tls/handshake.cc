#include "source/tls/handshake.h"

#include <openssl/pool.h>
#include <openssl/ssl.h>

#include <vector>

#include "source/base/encoding.h"
#include "source/tls/identity.h"
#include "source/tls/peer_verifier.h"

namespace weir::tls {
namespace {

absl::StatusOr<x509::Certificate> Parse(const CRYPTO_BUFFER* der) {
  return x509::Certificate::FromDer(
      {reinterpret_cast<const char*>(CRYPTO_BUFFER_data(der)), CRYPTO_BUFFER_len(der)});
}

// Empty when one of them does not parse.
std::vector<x509::Certificate> PeerChain(const SSL* ssl) {
  std::vector<x509::Certificate> chain;
  const STACK_OF(CRYPTO_BUFFER)* const sent = SSL_get0_peer_certificates(ssl);
  const size_t count = sent == nullptr ? 0 : sk_CRYPTO_BUFFER_num(sent);
  for (size_t i = 0; i < count; ++i) {
    auto certificate = Parse(sk_CRYPTO_BUFFER_value(sent, i));
    if (!certificate.ok()) return {};
    chain.push_back(*std::move(certificate));
  }
  return chain;
}

void Count(PeerVerifier::Fault fault, net::TransportStats& stats) {
  switch (fault) {
    case PeerVerifier::Fault::kNone:
      return;
    case PeerVerifier::Fault::kChain:
      return stats.fail_verify_error.Inc();
    case PeerVerifier::Fault::kName:
      return stats.fail_verify_san.Inc();
    case PeerVerifier::Fault::kHash:
      return stats.fail_verify_cert_hash.Inc();
  }
}

std::vector<net::AuthorityFacts> AuthoritiesOf(const STACK_OF(CRYPTO_BUFFER) & sent) {
  std::vector<net::AuthorityFacts> authorities;
  for (size_t i = 1; i < sk_CRYPTO_BUFFER_num(&sent); ++i) {
    const auto certificate = Parse(sk_CRYPTO_BUFFER_value(&sent, i));
    if (!certificate.ok()) break;
    authorities.push_back({.serial = certificate->Serial(),
                           .sha256_fingerprint = certificate->Sha256Fingerprint(),
                           .sha1_fingerprint = certificate->Sha1Fingerprint(),
                           .pem = certificate->Pem()});
  }
  return authorities;
}

std::string SessionId(const SSL* ssl) {
  const SSL_SESSION* const session = SSL_get_session(ssl);
  unsigned size = 0;
  const uint8_t* const id = session == nullptr ? nullptr : SSL_SESSION_get_id(session, &size);
  return EncodeHex({reinterpret_cast<const char*>(id), size});
}

}  // namespace

Handshake& Handshake::Of(const ssl_st* ssl) {
  return *static_cast<Handshake*>(SSL_get_app_data(ssl));
}

void Handshake::AttachTo(ssl_st* ssl) { SSL_set_app_data(ssl, this); }

int VerifyPeer(ssl_st* ssl, unsigned char* alert) {
  Handshake& handshake = Handshake::Of(ssl);
  const std::vector<x509::Certificate> chain = PeerChain(ssl);
  if (chain.empty()) {
    handshake.stats.fail_verify_error.Inc();
    handshake.verify_failure = "a certificate does not parse";
    *alert = SSL_AD_BAD_CERTIFICATE;
    return ssl_verify_invalid;
  }
  if (handshake.verifier == nullptr) return ssl_verify_ok;
  PeerVerifier::Verdict verdict =
      handshake.verifier->Verify(chain, handshake.demanded_name, handshake.now);
  Count(verdict.fault, handshake.stats);
  if (verdict.fault != PeerVerifier::Fault::kNone) {
    handshake.verify_failure = std::move(verdict.reason);
    *alert =
        verdict.fault == PeerVerifier::Fault::kChain ? SSL_AD_UNKNOWN_CA : SSL_AD_BAD_CERTIFICATE;
    return ssl_verify_invalid;
  }
  handshake.peer_validated = true;
  return ssl_verify_ok;
}

net::TlsFactsRef FactsOf(const ssl_st* ssl, const Handshake& handshake) {
  auto facts = MakeLocal<net::TlsFacts>();
  facts->version = SSL_get_version(ssl);
  const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl);
  facts->cipher = SSL_version(ssl) >= TLS1_3_VERSION ? SSL_CIPHER_standard_name(cipher)
                                                     : SSL_CIPHER_get_name(cipher);
  facts->session_id = SessionId(ssl);
  facts->resumed = SSL_session_reused(ssl) == 1;
  facts->local = handshake.local;
  const STACK_OF(CRYPTO_BUFFER)* const sent = SSL_get0_peer_certificates(ssl);
  if (sent == nullptr || sk_CRYPTO_BUFFER_num(sent) == 0) return facts;
  const auto leaf = Parse(sk_CRYPTO_BUFFER_value(sent, 0));
  if (!leaf.ok()) return facts;
  facts->peer = Describe(*leaf);
  // Nobody asks a server for more than its own.
  if (SSL_is_server(ssl) == 1) facts->peer_authorities = AuthoritiesOf(*sent);
  // A session is resumed with the context alone that verified its certificate.
  facts->peer_validated =
      handshake.peer_validated || (facts->resumed && handshake.verifier != nullptr);
  return facts;
}

}  // namespace weir::tls
