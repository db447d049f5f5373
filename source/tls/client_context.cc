#include "source/tls/client_context.h"

#include <openssl/ssl.h>

#include <algorithm>

#include "source/base/status.h"
#include "source/net/address.h"
#include "source/tls/handshake.h"
#include "source/tls/tls_stream.h"

namespace weir::tls {

void SessionStore::Put(std::string_view server_name, Session session) {
  if (limit_ == 0) return;
  MutexLock lock(mutex_);
  if (entries_.size() == limit_) entries_.erase(entries_.begin());
  entries_.push_back({std::string(server_name), std::move(session)});
}

SessionStore::Session SessionStore::Take(std::string_view server_name) {
  if (limit_ == 0) return nullptr;
  MutexLock lock(mutex_);
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->server_name != server_name) continue;
    Session session = entry->session;
    if (SSL_SESSION_should_be_single_use(session.get()) == 1) {
      entries_.erase(std::next(entry).base());
    }
    return session;
  }
  return nullptr;
}

struct ClientContext::Callbacks {
  static ssl_verify_result_t Verify(SSL* ssl, uint8_t* alert) {
    return static_cast<ssl_verify_result_t>(VerifyPeer(ssl, alert));
  }

  // Takes the reference over.
  static int NewSession(SSL* ssl, SSL_SESSION* session) {
    const auto& self =
        *static_cast<const ClientContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    self.sessions_.Put(name == nullptr ? "" : name,
                       SessionStore::Session(session, SSL_SESSION_free));
    return 1;
  }
};

absl::StatusOr<std::shared_ptr<const ClientContext>> ClientContext::Create(
    const config::UpstreamTls& tls) {
  WEIR_ASSIGN_OR_RETURN(SharedContext context, MakeContext(tls.common.parameters));
  const std::shared_ptr<ClientContext> client(new ClientContext(tls, std::move(context)));
  WEIR_RETURN_IF_ERROR(client->Prepare());
  return client;
}

ClientContext::ClientContext(const config::UpstreamTls& tls, SharedContext context)
    : tls_(tls), context_(std::move(context)), sessions_(tls.max_session_keys) {}

ClientContext::~ClientContext() = default;

absl::Status ClientContext::Prepare() {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_custom_verify(context, SSL_VERIFY_PEER, Callbacks::Verify);
  if (tls_.max_session_keys > 0) {
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, Callbacks::NewSession);
  }
  if (tls_.common.certificates.size() > 1) {
    return InvalidArgument("a TLS client shows one certificate at most");
  }
  if (!tls_.common.certificates.empty()) {
    WEIR_ASSIGN_OR_RETURN(identity_, Identity::Create(tls_.common.certificates.front()));
  }
  const config::CertificateValidation& validation = tls_.common.validation;
  if (validation.verifies_anything() || tls_.auto_sni_san_validation) {
    WEIR_ASSIGN_OR_RETURN(verifier_, PeerVerifier::Create(validation, PeerVerifier::Peer::kServer));
  }
  return absl::OkStatus();
}

net::CertificatesInUse ClientContext::certificates() const {
  net::CertificatesInUse in_use;
  if (identity_ != nullptr) in_use.own.push_back(identity_->status());
  if (verifier_ != nullptr) in_use.authorities = verifier_->Authorities();
  return in_use;
}

std::vector<net::CertificateEnd> ClientContext::certificate_ends() const {
  std::vector<net::CertificateEnd> ends;
  if (identity_ != nullptr) ends.push_back(identity_->end());
  if (verifier_ != nullptr && verifier_->first_end()) ends.push_back(*verifier_->first_end());
  return ends;
}

std::unique_ptr<net::ByteStream> ClientContext::Wrap(std::unique_ptr<net::ByteStream> stream,
                                                     const net::TransportPlatform& platform,
                                                     const net::TransportOptions& options) const {
  bssl::UniquePtr<SSL> ssl(SSL_new(context_.get()));
  SSL_set_connect_state(ssl.get());
  SSL_set_enforce_rsa_key_usage(ssl.get(), tls_.enforce_rsa_key_usage ? 1 : 0);
  auto handshake = std::make_unique<Handshake>(
      Handshake{.now = platform.loop.WallNow(), .stats = platform.stats});
  handshake->verifier = verifier_.get();
  const std::string& name =
      tls_.auto_host_sni && !options.host_name.empty() ? options.host_name : tls_.sni;
  if (tls_.auto_sni_san_validation) handshake->demanded_name = name;
  // RFC 6066, 3: an address is no server name.
  if (!name.empty() && !net::IpAddress::Parse(name).has_value()) {
    SSL_set_tlsext_host_name(ssl.get(), name.c_str());
    if (const SessionStore::Session session = sessions_.Take(name)) {
      SSL_set_session(ssl.get(), session.get());
    }
  } else if (const SessionStore::Session session = sessions_.Take("")) {
    SSL_set_session(ssl.get(), session.get());
  }
  const std::string alpn = EncodeAlpn(tls_.common.alpn.empty() ? options.alpn : tls_.common.alpn);
  if (!alpn.empty()) {
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const uint8_t*>(alpn.data()), alpn.size());
  }
  if (identity_ != nullptr) {
    identity_->Use(*ssl);
    handshake->local = identity_->facts();
  }
  buffer::Buffer nothing(platform.blocks);
  return std::make_unique<TlsStream>(
      std::move(stream), TlsConnection{ssl.release(), std::move(handshake), shared_from_this()},
      nothing, platform);
}

}  // namespace weir::tls
