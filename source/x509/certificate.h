// X.509 certificates (RFC 5280): parsing PEM and DER, and what they say.
//
// A Certificate is a value that shares one parsed, immutable object: any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/x509/key_kind.h"

struct x509_st;

namespace weir::x509 {

// One entry of the subjectAltName extension.
struct SubjectAltName {
  enum class Kind : uint8_t { kDns, kUri, kEmail, kIp, kOther };
  Kind kind = Kind::kDns;
  // Whole, with any NUL that stands in it. IP addresses as text, an other name as its string.
  std::string value;
  std::string oid;  // kOther: the type, "1.3.6.1.4.1.311.20.2.3".

  friend bool operator==(const SubjectAltName&, const SubjectAltName&) = default;
};

class Certificate {
 public:
  // Takes over the reference.
  explicit Certificate(x509_st* native);
  static absl::StatusOr<Certificate> FromDer(std::string_view der);

  std::string Der() const;
  std::string Pem() const;
  // RFC 2253: "CN=web,O=Example".
  std::string Subject() const;
  std::string Issuer() const;
  // Of the subject; "" when there is none.
  std::string CommonName() const;
  // Lower-case hex without leading zeros of the encoding.
  std::string Serial() const;
  std::vector<SubjectAltName> SubjectAltNames() const;
  std::chrono::system_clock::time_point NotBefore() const;
  std::chrono::system_clock::time_point NotAfter() const;
  // Raw SHA-256 of the DER.
  std::string Sha256() const;
  // Lower-case hex of the digest of the DER.
  std::string Sha256Fingerprint() const;
  std::string Sha1Fingerprint() const;
  // Raw SHA-256 of the SubjectPublicKeyInfo.
  std::string SpkiSha256() const;
  KeyKind key_kind() const;
  // For kEcdsa: the TLS number of the curve (RFC 8422, 5.1.1), 0 for others.
  uint16_t CurveId() const;
  // Whether it is a CA, or says that its key signs certificates or revocation lists.
  bool IsAuthority() const;
  // Whether the TLS feature extension (RFC 7633) demands a stapled OCSP response.
  bool MustStaple() const;

  // Borrowed; valid as long as this.
  x509_st* native() const { return native_.get(); }

 private:
  std::shared_ptr<x509_st> native_;
};

// All certificates of a PEM text, in its order. The error says which one is broken and why; a text
// without any is an error. What stands between the blocks is skipped.
absl::StatusOr<std::vector<Certificate>> ParseCertificates(std::string_view pem);

// Whether the DNS name `pattern` of a certificate covers `host` (RFC 6125, 6.4.3): without regard
// to case, "*" for the whole left-most label alone.
bool DnsNameCovers(std::string_view pattern, std::string_view host);

}  // namespace weir::x509
