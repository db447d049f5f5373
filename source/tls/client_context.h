// Everything that a TLS client needs for its handshakes: its certificate, what it demands of
// servers, protocols, sessions to resume. Made off the data path from a configuration whose secrets
// are all there; shared by workers, immutable but for the kept sessions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/mutex.h"
#include "source/config/tls.h"
#include "source/net/transport_socket.h"
#include "source/tls/context_settings.h"
#include "source/tls/identity.h"
#include "source/tls/key_log.h"
#include "source/tls/peer_verifier.h"

struct ssl_session_st;

namespace weir::tls {

// Sessions by the names that they were made with, those said and those demanded of the server: one
// must not be resumed for another, as resuming checks no certificate. The newest ones stay. Any
// thread.
class SessionStore {
 public:
  using Session = std::shared_ptr<ssl_session_st>;

  explicit SessionStore(size_t limit) : limit_(limit) {}
  void Put(std::string_view names, Session session);
  // The newest one for these names, or null. One of TLS 1.3 is given once (RFC 8446, C.4).
  Session Take(std::string_view names);

 private:
  struct Entry {
    std::string names;
    Session session;
  };
  const size_t limit_;
  Mutex mutex_;
  std::vector<Entry> entries_ WEIR_GUARDED_BY(mutex_);  // Oldest first.
};

class ClientContext final : public std::enable_shared_from_this<ClientContext> {
 public:
  // `key_log`: null where there is none.
  static absl::StatusOr<std::shared_ptr<const ClientContext>> Create(
      const config::UpstreamTls& tls, std::unique_ptr<const KeyLog> key_log = nullptr);
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;
  ~ClientContext();

  // See TransportSocketFactory::WrapClient.
  std::unique_ptr<net::ByteStream> Wrap(std::unique_ptr<net::ByteStream> stream,
                                        const net::TransportPlatform& platform,
                                        const net::TransportOptions& options) const;

  net::CertificatesInUse certificates() const;
  std::vector<net::CertificateEnd> certificate_ends() const;

 private:
  struct Callbacks;  // What the library calls.
  ClientContext(const config::UpstreamTls& tls, SharedContext context);

  absl::Status Prepare();
  // The server name to say; may be empty.
  const std::string& NameFor(const net::TransportOptions& options) const;

  const config::UpstreamTls tls_;
  const SharedContext context_;
  std::shared_ptr<const Identity> identity_;  // Null: none is shown.
  std::unique_ptr<const PeerVerifier> verifier_;
  std::unique_ptr<const KeyLog> key_log_;
  const bool verifies_;  // Something is demanded of every certificate.
  mutable SessionStore sessions_;
};

}  // namespace weir::tls
