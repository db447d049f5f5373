// What one side shows of itself: a certificate chain with its key, ready for handshakes.
//
// Immutable and shared by workers; made off the data path. The parsed certificates are not kept,
// only what handshakes and logs need.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/tls.h"
#include "source/net/tls_facts.h"
#include "source/x509/ocsp_response.h"
#include "source/x509/private_key.h"

struct ssl_st;

namespace weir::tls {

class Identity {
 public:
  // The error says what does not parse or does not belong together.
  static absl::StatusOr<std::shared_ptr<const Identity>> Create(
      const config::TlsCertificate& certificate);
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  // Lower case; the DNS names of the certificate, or its common name when it has none.
  const std::vector<std::string>& server_names() const { return server_names_; }
  x509::KeyKind key_kind() const { return key_.kind(); }
  // The TLS number of an ECDSA key's curve.
  uint16_t curve() const { return curve_; }
  bool must_staple() const { return must_staple_; }
  // What the stapled OCSP response says; nothing where there is none.
  const std::optional<x509::OcspResponse>& ocsp_response() const { return ocsp_response_; }
  const std::shared_ptr<const net::CertificateFacts>& facts() const { return facts_; }
  net::ConfiguredCertificate status() const;
  net::CertificateEnd end() const;

  // Makes `ssl` show it. False when the library refuses.
  bool Use(ssl_st& ssl) const;
  // Makes `ssl` send the OCSP response with it.
  bool Staple(ssl_st& ssl) const;

 private:
  struct Chain;  // The certificates as the library wants them.
  explicit Identity(x509::PrivateKey key);

  x509::PrivateKey key_;
  std::unique_ptr<const Chain> chain_;
  std::vector<std::string> server_names_;
  uint16_t curve_ = 0;
  bool must_staple_ = false;
  std::string ocsp_staple_;
  std::string timestamp_list_;  // SignedCertificateTimestampList; empty: none.
  std::optional<x509::OcspResponse> ocsp_response_;
  std::shared_ptr<const net::CertificateFacts> facts_;
  std::string name_, path_;  // As those of net::CertificateEnd and net::ConfiguredCertificate.
};

// The name of a certificate in statistics: that of its secret, or else `kind` and its SHA-256.
std::string NameOf(std::string_view secret, std::string_view kind,
                   const net::CertificateFacts& facts);

// What logs and headers say of a certificate.
std::shared_ptr<const net::CertificateFacts> Describe(const x509::Certificate& certificate);

}  // namespace weir::tls
