// Everything that a TLS server needs for its handshakes: certificates by name, what it demands of
// clients, protocols, tickets. Made off the data path from a configuration whose secrets are all
// there; immutable, shared by workers. Connections keep the context that they began with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/tls.h"
#include "source/net/transport_socket.h"
#include "source/tls/context_settings.h"
#include "source/tls/identity_index.h"
#include "source/tls/identity_store.h"
#include "source/tls/key_log.h"
#include "source/tls/peer_verifier.h"

struct ssl_early_callback_ctx;

namespace weir::tls {

class ServerContext final : public std::enable_shared_from_this<ServerContext> {
 public:
  // `store`: what it shares with other contexts. `key_log`: null where there is none.
  static absl::StatusOr<std::shared_ptr<const ServerContext>> Create(
      const config::DownstreamTls& tls, IdentityStore& store,
      std::unique_ptr<const KeyLog> key_log = nullptr);
  // Sharing nothing.
  static absl::StatusOr<std::shared_ptr<const ServerContext>> Create(
      const config::DownstreamTls& tls);
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;
  ~ServerContext();

  // See TransportSocketFactory::WrapServer.
  std::unique_ptr<net::ByteStream> Wrap(std::unique_ptr<net::ByteStream> stream,
                                        buffer::Buffer& received,
                                        const net::TransportPlatform& platform) const;

  net::CertificatesInUse certificates() const;
  std::vector<net::CertificateEnd> certificate_ends() const;

 private:
  struct Callbacks;  // What the library calls.
  ServerContext(const config::DownstreamTls& tls, SharedContext context,
                std::vector<IdentityIndex::Shared> identities);

  absl::Status Prepare();
  void PrepareSessions();
  void PrepareClientCertificates();

  const config::DownstreamTls tls_;  // Without the certificates.
  const SharedContext context_;
  const IdentityIndex identities_;
  const std::string alpn_;
  std::unique_ptr<const KeyLog> key_log_;
  std::unique_ptr<const PeerVerifier> verifier_;  // Null: nothing is demanded of a certificate.
};

}  // namespace weir::tls
