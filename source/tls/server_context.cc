#include "source/tls/server_context.h"

#include <openssl/cipher.h>
#include <openssl/hmac.h>
#include <openssl/pool.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "source/base/status.h"
#include "source/tls/client_hello_abilities.h"
#include "source/tls/handshake.h"
#include "source/tls/parts_digest.h"
#include "source/tls/tls_stream.h"

namespace weir::tls {
namespace {

// Sessions kept for clients without tickets.
constexpr unsigned long kCachedSessions = 1024;
constexpr size_t kTicketNameSize = 16, kTicketMacSize = 32, kTicketKeySize = 32;

// Sessions are resumed only where the server shows the same names and demands the same of clients:
// a session must not carry a client past a check that it was not put to.
config::Sha256 SessionContext(const config::DownstreamTls& tls,
                              const std::vector<IdentityIndex::Shared>& identities) {
  PartsDigest digest;
  const config::CertificateValidation& validation = tls.common.validation;
  for (const auto& identity : identities) {
    for (const std::string& name : identity->server_names()) digest.Add(name);
    digest.Add(identity->facts()->subject);
  }
  digest.Add(validation.trusted_ca_pem);
  digest.Add(validation.crl_pem);
  for (const config::SpiffeTrust& domain : validation.spiffe) {
    digest.Add(domain.domain);
    digest.Add(domain.bundle_pem);
  }
  for (const config::SanMatcher& matcher : validation.san_matchers) {
    digest.Add(
        StrCat(static_cast<int>(matcher.type), " ", matcher.oid, " ", matcher.matcher.ToString()));
  }
  for (const auto* hashes : {&validation.certificate_hashes, &validation.spki_hashes}) {
    digest.Add("hashes");
    for (const config::Sha256& hash : *hashes) {
      digest.Add({reinterpret_cast<const char*>(hash.data()), hash.size()});
    }
  }
  digest.Add(StrCat(int{validation.only_verify_leaf_cert_crl}, int{validation.accept_untrusted},
                    int{validation.allow_expired_certificate}, int{tls.require_client_certificate},
                    " ", validation.max_verify_depth.value_or(UINT32_MAX)));
  return digest.Take();
}

// Whether a certificate may be shown although there is no OCSP response for it.
absl::Status CheckUnstapled(const Identity& identity, config::OcspPolicy policy) {
  if (identity.must_staple()) {
    return InvalidArgument(
        "it says that an OCSP response is stapled (must-staple), and there is no ocsp_staple");
  }
  if (policy == config::OcspPolicy::kMustStaple) {
    return InvalidArgument("it has no ocsp_staple, which ocsp_staple_policy MUST_STAPLE needs");
  }
  return absl::OkStatus();
}

// The identities hold what is needed of the certificates.
config::DownstreamTls WithoutCertificates(config::DownstreamTls tls) {
  tls.common.certificates.clear();
  return tls;
}

}  // namespace

struct ServerContext::Callbacks {
  static const ServerContext& Of(const SSL* ssl) {
    return *static_cast<const ServerContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  }

  static ssl_select_cert_result_t SelectCertificate(const SSL_CLIENT_HELLO* hello) {
    const ServerContext& self = Of(hello->ssl);
    const char* const sent = SSL_get_servername(hello->ssl, TLSEXT_NAMETYPE_host_name);
    const std::string name = sent == nullptr ? "" : AsciiLower(sent);
    if (name.empty() && self.tls_.require_sni) return ssl_select_cert_error;
    const bool tls13 = self.tls_.common.parameters.maximum == config::TlsVersion::kTls13;
    const ClientAbilities client = ReadAbilities(*hello, tls13);
    Handshake& handshake = Handshake::Of(hello->ssl);
    const StapleRules rules{self.tls_.ocsp_policy, handshake.now};
    const Identity& chosen = self.identities_.Choose(name, client, rules);
    const StapleAction action = rules.ActionFor(chosen, client.wants_staple);
    Count(action, handshake.stats);
    if (action == StapleAction::kRefuse || !chosen.Use(*hello->ssl)) return ssl_select_cert_error;
    if (action == StapleAction::kStaple && !chosen.Staple(*hello->ssl)) {
      return ssl_select_cert_error;
    }
    handshake.local = chosen.facts();
    return ssl_select_cert_success;
  }

  static void Count(StapleAction action, net::TransportStats& stats) {
    if (action != StapleAction::kNotAsked) stats.ocsp_staple_requests.Inc();
    switch (action) {
      case StapleAction::kNotAsked:
        return;
      case StapleAction::kStaple:
        return stats.ocsp_staple_responses.Inc();
      case StapleAction::kOmit:
        return stats.ocsp_staple_omitted.Inc();
      case StapleAction::kRefuse:
        return stats.ocsp_staple_failed.Inc();
    }
  }

  static int SelectAlpn(SSL* ssl, const uint8_t** out, uint8_t* out_size, const uint8_t* offered,
                        unsigned offered_size, void*) {
    const std::string& own = Of(ssl).alpn_;
    const int result = SSL_select_next_proto(
        const_cast<uint8_t**>(out), out_size, reinterpret_cast<const uint8_t*>(own.data()),
        static_cast<unsigned>(own.size()), offered, offered_size);
    // RFC 7301, 3.2: without a protocol in common the handshake ends.
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  static ssl_verify_result_t Verify(SSL* ssl, uint8_t* alert) {
    return static_cast<ssl_verify_result_t>(VerifyPeer(ssl, alert));
  }

  // See SSL_CTX_set_tlsext_ticket_key_cb: the first key encrypts, all decrypt, and a ticket of
  // another one than the first is renewed.
  static int TicketKey(SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* mac,
                       int encrypt) {
    const std::vector<SecretBytes>& keys = Of(ssl).tls_.ticket_keys.keys;
    if (encrypt == 1) {
      RAND_bytes(iv, static_cast<size_t>(EVP_CIPHER_iv_length(EVP_aes_256_cbc())));
      std::memcpy(name, keys.front().view().data(), kTicketNameSize);
      return UseTicketKey(keys.front(), iv, cipher, mac, 1) ? 1 : -1;
    }
    for (size_t i = 0; i < keys.size(); ++i) {
      if (std::memcmp(name, keys[i].view().data(), kTicketNameSize) != 0) continue;
      if (!UseTicketKey(keys[i], iv, cipher, mac, 0)) return -1;
      return i == 0 ? 1 : 2;
    }
    return 0;
  }

  static bool UseTicketKey(const SecretBytes& key, const uint8_t* iv, EVP_CIPHER_CTX* cipher,
                           HMAC_CTX* mac, int encrypt) {
    const auto* const bytes = reinterpret_cast<const uint8_t*>(key.view().data());
    return HMAC_Init_ex(mac, bytes + kTicketNameSize, kTicketMacSize, EVP_sha256(), nullptr) == 1 &&
           EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr,
                             bytes + kTicketNameSize + kTicketMacSize, iv, encrypt) == 1;
  }
  static_assert(kTicketNameSize + kTicketMacSize + kTicketKeySize == 80);
};

absl::StatusOr<std::shared_ptr<const ServerContext>> ServerContext::Create(
    const config::DownstreamTls& tls) {
  IdentityStore own;
  return Create(tls, own);
}

absl::StatusOr<std::shared_ptr<const ServerContext>> ServerContext::Create(
    const config::DownstreamTls& tls, IdentityStore& store, std::unique_ptr<const KeyLog> key_log) {
  if (tls.common.certificates.empty()) {
    return InvalidArgument("a TLS server needs a certificate: tls_certificates is empty");
  }
  WEIR_ASSIGN_OR_RETURN(SharedContext context, MakeContext(tls.common.parameters));
  std::vector<IdentityIndex::Shared> identities;
  for (const auto& certificate : tls.common.certificates) {
    auto identity = store.Get(certificate);
    if (!identity.ok()) {
      return Annotate(identity.status(), StrCat("certificate ", identities.size() + 1));
    }
    if (!(*identity)->ocsp_response().has_value()) {
      const absl::Status missing = CheckUnstapled(**identity, tls.ocsp_policy);
      if (!missing.ok()) return Annotate(missing, StrCat("certificate ", identities.size() + 1));
    }
    identities.push_back(*std::move(identity));
  }
  const std::shared_ptr<ServerContext> server(
      new ServerContext(tls, std::move(context), std::move(identities)));
  server->key_log_ = std::move(key_log);
  WEIR_RETURN_IF_ERROR(server->Prepare());
  return server;
}

ServerContext::ServerContext(const config::DownstreamTls& tls, SharedContext context,
                             std::vector<IdentityIndex::Shared> identities)
    : tls_(WithoutCertificates(tls)),
      context_(std::move(context)),
      identities_(std::move(identities), tls.full_scan_certs_on_sni_mismatch),
      alpn_(EncodeAlpn(tls.common.alpn)) {}

ServerContext::~ServerContext() = default;

absl::Status ServerContext::Prepare() {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_select_certificate_cb(context, Callbacks::SelectCertificate);
  if (!alpn_.empty()) SSL_CTX_set_alpn_select_cb(context, Callbacks::SelectAlpn, nullptr);
  if (!tls_.prefer_client_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  const config::CertificateValidation& validation = tls_.common.validation;
  if (validation.verifies_anything()) {
    WEIR_ASSIGN_OR_RETURN(verifier_, PeerVerifier::Create(validation, PeerVerifier::Peer::kClient));
  }
  PrepareClientCertificates();
  PrepareSessions();
  if (key_log_ != nullptr) KeyLog::AttachTo(*context);
  return absl::OkStatus();
}

void ServerContext::PrepareClientCertificates() {
  int mode = SSL_VERIFY_NONE;
  if (verifier_ != nullptr || tls_.require_client_certificate) mode = SSL_VERIFY_PEER;
  if (tls_.require_client_certificate) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_custom_verify(context_.get(), mode, Callbacks::Verify);
  if (verifier_ == nullptr || tls_.common.validation.suppress_client_ca_list) return;
  const std::vector<x509::Certificate> anchors = verifier_->anchors();
  if (anchors.empty()) return;
  bssl::UniquePtr<STACK_OF(CRYPTO_BUFFER)> names(sk_CRYPTO_BUFFER_new_null());
  for (const x509::Certificate& anchor : anchors) {
    uint8_t* der = nullptr;
    const int size = i2d_X509_NAME(X509_get_subject_name(anchor.native()), &der);
    if (size <= 0) continue;
    const bssl::UniquePtr<uint8_t> owned(der);
    bssl::PushToStack(names.get(), bssl::UniquePtr<CRYPTO_BUFFER>(
                                       CRYPTO_BUFFER_new(der, static_cast<size_t>(size), nullptr)));
  }
  SSL_CTX_set0_client_CAs(context_.get(), names.release());
}

void ServerContext::PrepareSessions() {
  SSL_CTX* const context = context_.get();
  const config::Sha256 id = SessionContext(tls_, identities_.all());
  SSL_CTX_set_session_id_context(context, id.data(), id.size());
  const auto lifetime =
      static_cast<uint32_t>(std::clamp<int64_t>(tls_.session_timeout.count(), 1, UINT32_MAX));
  SSL_CTX_set_timeout(context, lifetime);
  SSL_CTX_set_session_psk_dhe_timeout(context, lifetime);
  SSL_CTX_set_session_cache_mode(
      context, tls_.stateful_resumption ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
  SSL_CTX_sess_set_cache_size(context, kCachedSessions);
  if (!tls_.stateless_resumption) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  } else if (!tls_.ticket_keys.keys.empty()) {
    SSL_CTX_set_tlsext_ticket_key_cb(context, Callbacks::TicketKey);
  }
}

net::CertificatesInUse ServerContext::certificates() const {
  net::CertificatesInUse in_use;
  for (const auto& identity : identities_.all()) in_use.own.push_back(identity->status());
  if (verifier_ != nullptr) in_use.authorities = verifier_->Authorities();
  return in_use;
}

std::vector<net::CertificateEnd> ServerContext::certificate_ends() const {
  std::vector<net::CertificateEnd> ends;
  for (const auto& identity : identities_.all()) ends.push_back(identity->end());
  if (verifier_ != nullptr && verifier_->first_end()) ends.push_back(*verifier_->first_end());
  return ends;
}

std::unique_ptr<net::ByteStream> ServerContext::Wrap(std::unique_ptr<net::ByteStream> stream,
                                                     buffer::Buffer& received,
                                                     const net::TransportPlatform& platform) const {
  bssl::UniquePtr<SSL> ssl(SSL_new(context_.get()));
  SSL_set_accept_state(ssl.get());
  auto handshake = std::make_unique<Handshake>(
      Handshake{.now = platform.loop.WallNow(), .stats = platform.stats});
  handshake->verifier = verifier_.get();
  handshake->key_log = key_log_.get();
  handshake->stream = stream.get();
  return std::make_unique<TlsStream>(
      std::move(stream), TlsConnection{ssl.release(), std::move(handshake), shared_from_this()},
      received, platform);
}

}  // namespace weir::tls
