// What a TLS handshake found, for access logs, headers and matchers. Plain values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/local_ref.h"
#include "source/event/clock.h"

namespace weir::net {

struct CertificateFacts {
  std::string subject;  // RFC 2253
  std::string issuer;
  std::string serial;                                // lower-case hex
  std::string sha256_fingerprint, sha1_fingerprint;  // lower-case hex
  std::vector<std::string> uri_names, dns_names, email_names, ip_names, other_names;
  event::SystemTime not_before, not_after;
  std::string pem;
};

// One that a configuration names, for /certs and for statistics.
struct ConfiguredCertificate {
  std::shared_ptr<const CertificateFacts> facts;
  std::string path;  // Of its file; empty: it came in none.
  // Of the OCSP response that is stapled to it. The second is missing where it does not say.
  std::optional<event::SystemTime> staple_from, staple_until;
};

// When something that a configuration names ends.
struct CertificateEnd {
  std::string name;  // Of its secret; without one "unnamed_cert_1a2b3c4d", by its SHA-256.
  event::SystemTime not_after;
  std::optional<event::SystemTime> staple_until;
};

// A certificate that a peer sent with its own, as far as somebody asks about it.
struct AuthorityFacts {
  std::string serial;                                // lower-case hex
  std::string sha256_fingerprint, sha1_fingerprint;  // lower-case hex
  std::string pem;
};

// Of one connection; it, its streams and their logs share it on their worker.
struct TlsFacts final : LocalCounted<TlsFacts> {
  std::string_view version;  // "TLSv1.3"
  // "TLS_AES_128_GCM_SHA256", and for TLS 1.2 OpenSSL's name, "ECDHE-RSA-AES128-GCM-SHA256".
  std::string_view cipher;
  std::string session_id;  // lower-case hex; empty where the version has none
  bool resumed = false;
  std::shared_ptr<const CertificateFacts> peer;   // Null when it sent no certificate.
  std::vector<AuthorityFacts> peer_authorities;   // What it sent behind it, in its order.
  std::shared_ptr<const CertificateFacts> local;  // Null when we sent none.
  bool peer_validated = false;  // The certificate passed what the configuration demands.
};

using TlsFactsRef = LocalRef<TlsFacts>;

// What a transport shows to its peers and trusts, for /certs.
struct CertificatesInUse {
  std::vector<ConfiguredCertificate> own, authorities;
};

}  // namespace weir::net
