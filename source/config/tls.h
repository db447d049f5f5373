// TLS contexts and secrets (envoy.extensions.transport_sockets.tls.v3) as immutable values.
// Defaults are Envoy's, except that clients speak TLS 1.3 too.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/secret_bytes.h"
#include "source/config/shared.h"
#include "source/config/source.h"
#include "source/match/string_matcher.h"
#include "source/net/address.h"

namespace weir::config {

// Checked when decoded: PEM texts parse, the key belongs to the first certificate.
struct TlsCertificate {
  std::string name;  // Of the secret that it came in; empty: it came in none.
  std::string path;  // Of the file with the chain; empty: it came in none.
  std::string chain_pem;
  SecretBytes key_pem;
  SecretBytes password;
  std::string ocsp_staple;                     // DER of an OCSP response; empty: none.
  std::vector<std::string> signed_timestamps;  // SCTs (RFC 6962, 3.2).
  friend bool operator==(const TlsCertificate&, const TlsCertificate&) = default;
};

struct SanMatcher {
  enum class Type : uint8_t { kEmail, kDns, kUri, kIpAddress, kOtherName } type = Type::kDns;
  std::string oid;  // kOtherName
  match::StringMatcher matcher;
  // Of an exact matcher of type kDns: a wildcard name of the certificate may cover it.
  std::string exact_dns;
  friend bool operator==(const SanMatcher&, const SanMatcher&) = default;
};

using Sha256 = std::array<uint8_t, 32>;

// Whom to trust about the ids of one SPIFFE trust domain.
struct SpiffeTrust {
  std::string domain;      // "example.org"
  std::string path;        // As that of TlsCertificate.
  std::string bundle_pem;  // Empty where the file is another machine's.
  friend bool operator==(const SpiffeTrust&, const SpiffeTrust&) = default;
};

// CertificateValidationContext
struct CertificateValidation {
  std::string name;            // As those of TlsCertificate.
  std::string path;            // Of the file with the trusted CA.
  std::string trusted_ca_pem;  // Empty: none.
  // Where there are any: a peer shows a SPIFFE id, and the anchors are those of its trust domain.
  std::vector<SpiffeTrust> spiffe;
  std::string crl_pem;
  bool only_verify_leaf_cert_crl = false;
  std::vector<SanMatcher> san_matchers;  // One must match; none: any name.
  std::vector<Sha256> certificate_hashes;
  std::vector<Sha256>
      spki_hashes;  // One of these or of the hashes must match, where there are any.
  std::optional<uint32_t> max_verify_depth;
  bool accept_untrusted = false;
  bool allow_expired_certificate = false;
  bool suppress_client_ca_list = false;  // Clients are not told which authorities are trusted.
  friend bool operator==(const CertificateValidation&, const CertificateValidation&) = default;

  bool verifies_anything() const {
    return !trusted_ca_pem.empty() || !spiffe.empty() || !san_matchers.empty() ||
           !certificate_hashes.empty() || !spki_hashes.empty();
  }
};

// The first encrypts new tickets, all decrypt. 80 bytes each: name, HMAC key, AES key.
struct SessionTicketKeys {
  std::vector<SecretBytes> keys;
  friend bool operator==(const SessionTicketKeys&, const SessionTicketKeys&) = default;
};

// A password or token for whatever asks for it by name.
struct GenericSecret {
  SecretBytes secret;
  std::map<std::string, SecretBytes> secrets;
  friend bool operator==(const GenericSecret&, const GenericSecret&) = default;
};

struct Secret {
  std::string name;
  std::variant<Shared<TlsCertificate>, CertificateValidation, SessionTicketKeys, GenericSecret>
      value;
  // Files and directories whose changes may change the value: it was read from files.
  std::vector<std::string> watched;
  friend bool operator==(const Secret&, const Secret&) = default;
};

enum class TlsVersion : uint8_t { kTls12, kTls13 };

struct TlsParameters {
  TlsVersion minimum = TlsVersion::kTls12;
  TlsVersion maximum = TlsVersion::kTls13;
  std::string ciphers;               // BoringSSL's list for TLS 1.2; empty: the default.
  std::string curves;                // "X25519:P-256"; empty: the default.
  std::string signature_algorithms;  // "ecdsa_secp256r1_sha256:..."; empty: the default.
  friend bool operator==(const TlsParameters&, const TlsParameters&) = default;
};

// Where the secrets of connections are written, and of which.
struct TlsKeyLog {
  std::string path;
  std::vector<net::CidrRange> local, remote;  // Both ends must be among them; none: any.
  friend bool operator==(const TlsKeyLog&, const TlsKeyLog&) = default;
};

struct TlsContext {
  TlsParameters parameters;
  // There may be thousands, of which one is replaced: contexts and secrets share them.
  std::vector<Shared<TlsCertificate>> certificates;
  std::vector<SecretReference> certificate_secrets;
  CertificateValidation validation;  // Also what a combined context says itself.
  std::optional<SecretReference> validation_secret;
  std::vector<std::string> alpn;
  std::optional<TlsKeyLog> key_log;
  friend bool operator==(const TlsContext&, const TlsContext&) = default;
};

// Where a current OCSP response is missing: the handshake goes on without one, it does where there
// is none at all, or it fails. A certificate that demands one (must-staple) always wants the last.
enum class OcspPolicy : uint8_t { kLenient, kStrict, kMustStaple };

struct DownstreamTls {
  TlsContext common;
  bool require_client_certificate = false;
  bool require_sni = false;
  SessionTicketKeys ticket_keys;
  std::optional<SecretReference> ticket_keys_secret;
  bool stateless_resumption = true;
  bool stateful_resumption = true;
  std::chrono::seconds session_timeout{7200};
  OcspPolicy ocsp_policy = OcspPolicy::kLenient;
  bool full_scan_certs_on_sni_mismatch = false;
  bool prefer_client_ciphers = false;
  friend bool operator==(const DownstreamTls&, const DownstreamTls&) = default;
};

struct UpstreamTls {
  TlsContext common;
  std::string sni;
  bool auto_host_sni = false;
  bool auto_sni_san_validation = false;
  uint32_t max_session_keys = 1;  // Sessions kept for resumption; 0: none.
  bool enforce_rsa_key_usage = true;
  friend bool operator==(const UpstreamTls&, const UpstreamTls&) = default;
};

// The secret of a reference as it is now; null when it is not there.
using SecretLookup = std::function<const Secret*(const SecretReference&)>;

std::vector<SecretReference> SecretsOf(const DownstreamTls& tls);
std::vector<SecretReference> SecretsOf(const UpstreamTls& tls);

// With the secrets in the places of their references. Unavailable when one is not there,
// InvalidArgument when one is of another kind than its place wants.
absl::StatusOr<DownstreamTls> WithSecrets(DownstreamTls tls, const SecretLookup& lookup);
absl::StatusOr<UpstreamTls> WithSecrets(UpstreamTls tls, const SecretLookup& lookup);

}  // namespace weir::config
