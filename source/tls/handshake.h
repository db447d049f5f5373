// One handshake under way: what the contexts' callbacks need to know of it and what they decide.
// Lies behind the library's connection object while the handshake lasts; its stream's thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "source/event/clock.h"
#include "source/net/byte_stream.h"
#include "source/net/tls_facts.h"
#include "source/net/transport_stats.h"

struct ssl_st;

namespace weir::tls {

class Identity;
class KeyLog;
class PeerVerifier;

struct Handshake {
  event::SystemTime now;
  net::TransportStats& stats;
  // Set by the contexts.
  const KeyLog* key_log = nullptr;           // Null where the context has none.
  const net::ByteStream* stream = nullptr;   // The one below TLS.
  const PeerVerifier* verifier = nullptr;    // Null: a certificate is taken as it is.
  std::optional<std::string> demanded_name;  // See PeerVerifier::Verify.
  std::shared_ptr<const net::CertificateFacts> local;
  // Set by callbacks.
  bool peer_validated = false;
  std::string verify_failure;

  // Of a connection object, while its handshake lasts.
  static Handshake& Of(const ssl_st* ssl);
  void AttachTo(ssl_st* ssl);
};

// The library's callback for the peer's certificate (SSL_CTX_set_custom_verify): asks the
// handshake's verifier. Returns the library's ssl_verify_result_t.
int VerifyPeer(ssl_st* ssl, unsigned char* alert);

// What a finished handshake found.
net::TlsFactsRef FactsOf(const ssl_st* ssl, const Handshake& handshake);

}  // namespace weir::tls
