#include "source/tls/client_context.h"

#include <openssl/ssl.h>

#include <algorithm>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/net/address.h"
#include "source/tls/handshake.h"
#include "source/tls/tls_stream.h"

namespace weir::tls {

void SessionStore::Put(std::string_view names, Session session) {
  if (limit_ == 0) return;
  MutexLock lock(mutex_);
  if (entries_.size() == limit_) entries_.erase(entries_.begin());
  entries_.push_back({std::string(names), std::move(session)});
}

SessionStore::Session SessionStore::Take(std::string_view names) {
  if (limit_ == 0) return nullptr;
  MutexLock lock(mutex_);
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->names != names) continue;
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
    self.sessions_.Put(*static_cast<const std::string*>(SSL_get_ex_data(ssl, NamesIndex())),
                       SessionStore::Session(session, SSL_SESSION_free));
    return 1;
  }

  // Where a connection has the names for its sessions, which come behind the handshake.
  static int NamesIndex() {
    static const int index = SSL_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* names, CRYPTO_EX_DATA*, int, long, void*) {
          delete static_cast<std::string*>(names);
        });
    return index;
  }
};

absl::StatusOr<std::shared_ptr<const ClientContext>> ClientContext::Create(
    const config::UpstreamTls& tls, std::unique_ptr<const KeyLog> key_log) {
  WEIR_ASSIGN_OR_RETURN(SharedContext context, MakeContext(tls.common.parameters));
  const std::shared_ptr<ClientContext> client(new ClientContext(tls, std::move(context)));
  client->key_log_ = std::move(key_log);
  WEIR_RETURN_IF_ERROR(client->Prepare());
  return client;
}

ClientContext::ClientContext(const config::UpstreamTls& tls, SharedContext context)
    : tls_(tls),
      context_(std::move(context)),
      verifies_(tls.common.validation.verifies_anything() || tls.auto_sni_san_validation),
      sessions_(tls.max_session_keys) {}

ClientContext::~ClientContext() = default;

absl::Status ClientContext::Prepare() {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_custom_verify(context, SSL_VERIFY_PEER, Callbacks::Verify);
  if (key_log_ != nullptr) KeyLog::AttachTo(*context);
  if (tls_.max_session_keys > 0) {
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, Callbacks::NewSession);
  }
  if (tls_.common.certificates.size() > 1) {
    return InvalidArgument("a TLS client shows one certificate at most");
  }
  if (!tls_.common.certificates.empty()) {
    WEIR_ASSIGN_OR_RETURN(identity_, Identity::Create(*tls_.common.certificates.front()));
  }
  WEIR_ASSIGN_OR_RETURN(verifier_,
                        PeerVerifier::Create(tls_.common.validation, PeerVerifier::Peer::kServer));
  return absl::OkStatus();
}

net::CertificatesInUse ClientContext::certificates() const {
  net::CertificatesInUse in_use;
  if (identity_ != nullptr) in_use.own.push_back(identity_->status());
  in_use.authorities = verifier_->Authorities();
  return in_use;
}

std::vector<net::CertificateEnd> ClientContext::certificate_ends() const {
  std::vector<net::CertificateEnd> ends;
  if (identity_ != nullptr) ends.push_back(identity_->end());
  if (verifier_->first_end()) ends.push_back(*verifier_->first_end());
  return ends;
}

const std::string& ClientContext::NameFor(const net::TransportOptions& options) const {
  if (!options.purpose.server_name.empty()) return options.purpose.server_name;
  return tls_.auto_host_sni && !options.host_name.empty() ? options.host_name : tls_.sni;
}

std::unique_ptr<net::ByteStream> ClientContext::Wrap(std::unique_ptr<net::ByteStream> stream,
                                                     const net::TransportPlatform& platform,
                                                     const net::TransportOptions& options) const {
  bssl::UniquePtr<SSL> ssl(SSL_new(context_.get()));
  SSL_set_connect_state(ssl.get());
  SSL_set_enforce_rsa_key_usage(ssl.get(), tls_.enforce_rsa_key_usage ? 1 : 0);
  auto handshake = std::make_unique<Handshake>(
      Handshake{.now = platform.loop.WallNow(), .stats = platform.stats});
  handshake->key_log = key_log_.get();
  handshake->stream = stream.get();
  const std::string& name = NameFor(options);
  const std::string& verified = options.purpose.verified_name;
  if (!verified.empty()) {
    handshake->demanded_name = verified;
  } else if (tls_.auto_sni_san_validation) {
    handshake->demanded_name = name;
  }
  if (verifies_ || !verified.empty()) handshake->verifier = verifier_.get();
  // RFC 6066, 3: an address is no server name.
  if (!name.empty() && !net::IpAddress::Parse(name).has_value()) {
    SSL_set_tlsext_host_name(ssl.get(), name.c_str());
  }
  auto names = std::make_unique<std::string>(StrCat(name, " ", verified));
  if (const SessionStore::Session session = sessions_.Take(*names)) {
    SSL_set_session(ssl.get(), session.get());
  }
  SSL_set_ex_data(ssl.get(), Callbacks::NamesIndex(), names.release());
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
