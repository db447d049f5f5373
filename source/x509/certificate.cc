#include "source/x509/certificate.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bytestring.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/obj.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "source/base/encoding.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/x509/asn1_integer.h"
#include "source/x509/crypto_error.h"
#include "source/x509/pem_text.h"

namespace weir::x509 {
namespace {

std::string NameText(const X509_NAME* name) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return Contents(*bio);
}

std::string Text(const ASN1_STRING* string) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                     static_cast<size_t>(ASN1_STRING_length(string)));
}

std::string IpText(const ASN1_STRING* address) {
  const int size = ASN1_STRING_length(address);
  char text[INET6_ADDRSTRLEN];
  const int family = size == 4 ? AF_INET : AF_INET6;
  if (size != 4 && size != 16) return {};
  return inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof(text)) == nullptr ? ""
                                                                                          : text;
}

std::string OidText(const ASN1_OBJECT* object) {
  char text[128];
  const int size = OBJ_obj2txt(text, sizeof(text), object, 1);
  return size <= 0 || static_cast<size_t>(size) >= sizeof(text) ? "" : text;
}

// The string inside an other name; empty for values of other ASN.1 types.
std::string OtherValue(const ASN1_TYPE* value) {
  switch (value->type) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_T61STRING:
    case V_ASN1_OCTET_STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
      return Text(value->value.asn1_string);
    default:
      return {};
  }
}

std::chrono::system_clock::time_point TimeOf(const ASN1_TIME* time) {
  bssl::UniquePtr<ASN1_TIME> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0, seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return {};
  return std::chrono::system_clock::time_point(std::chrono::hours(24) * days +
                                               std::chrono::seconds(seconds));
}

std::string Digest(const X509* certificate, const EVP_MD* digest) {
  uint8_t bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, digest, bytes, &size) != 1) return {};
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

}  // namespace

Certificate::Certificate(x509_st* native) : native_(native, X509_free) {}

absl::StatusOr<Certificate> Certificate::FromDer(std::string_view der) {
  const auto* at = reinterpret_cast<const uint8_t*>(der.data());
  X509* const parsed = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  if (parsed == nullptr) {
    return InvalidArgument(StrCat("the bytes are no certificate: ", TakeCryptoError()));
  }
  Certificate certificate(parsed);
  if (at != reinterpret_cast<const uint8_t*>(der.data()) + der.size()) {
    return InvalidArgument("there are bytes after the certificate");
  }
  return certificate;
}

std::string Certificate::Der() const {
  uint8_t* der = nullptr;
  const int size = i2d_X509(native(), &der);
  if (size <= 0) return {};
  bssl::UniquePtr<uint8_t> owned(der);
  return std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
}

std::string Certificate::Pem() const {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), native());
  return Contents(*bio);
}

std::string Certificate::Subject() const { return NameText(X509_get_subject_name(native())); }
std::string Certificate::Issuer() const { return NameText(X509_get_issuer_name(native())); }

std::string Certificate::CommonName() const {
  const X509_NAME* const subject = X509_get_subject_name(native());
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return {};
  uint8_t* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
  if (size < 0) return {};
  bssl::UniquePtr<uint8_t> owned(utf8);
  return std::string(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
}

std::string Certificate::Serial() const { return HexOf(*X509_get0_serialNumber(native())); }

std::vector<SubjectAltName> Certificate::SubjectAltNames() const {
  std::vector<SubjectAltName> names;
  bssl::UniquePtr<GENERAL_NAMES> list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(native(), NID_subject_alt_name, nullptr, nullptr)));
  using Kind = SubjectAltName::Kind;
  for (const GENERAL_NAME* name : list.get()) {
    switch (name->type) {
      case GEN_DNS:
        names.push_back({Kind::kDns, Text(name->d.dNSName), {}});
        break;
      case GEN_URI:
        names.push_back({Kind::kUri, Text(name->d.uniformResourceIdentifier), {}});
        break;
      case GEN_EMAIL:
        names.push_back({Kind::kEmail, Text(name->d.rfc822Name), {}});
        break;
      case GEN_IPADD:
        names.push_back({Kind::kIp, IpText(name->d.iPAddress), {}});
        break;
      case GEN_OTHERNAME:
        names.push_back({Kind::kOther, OtherValue(name->d.otherName->value),
                         OidText(name->d.otherName->type_id)});
        break;
      default:
        break;
    }
  }
  ERR_clear_error();
  return names;
}

std::chrono::system_clock::time_point Certificate::NotBefore() const {
  return TimeOf(X509_get0_notBefore(native()));
}
std::chrono::system_clock::time_point Certificate::NotAfter() const {
  return TimeOf(X509_get0_notAfter(native()));
}
std::string Certificate::Sha256() const { return Digest(native(), EVP_sha256()); }
std::string Certificate::Sha256Fingerprint() const { return EncodeHex(Sha256()); }
std::string Certificate::Sha1Fingerprint() const { return EncodeHex(Digest(native(), EVP_sha1())); }

std::string Certificate::SpkiSha256() const {
  uint8_t* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(native()), &der);
  if (size <= 0) return {};
  bssl::UniquePtr<uint8_t> owned(der);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(der, static_cast<size_t>(size), reinterpret_cast<uint8_t*>(digest.data()));
  return digest;
}

KeyKind Certificate::key_kind() const {
  const bssl::UniquePtr<EVP_PKEY> key(X509_get_pubkey(native()));
  return KindOf(key.get());
}

uint16_t Certificate::CurveId() const {
  const bssl::UniquePtr<EVP_PKEY> key(X509_get_pubkey(native()));
  const EC_KEY* const ec = key == nullptr ? nullptr : EVP_PKEY_get0_EC_KEY(key.get());
  if (ec == nullptr) return 0;
  switch (EC_GROUP_get_curve_name(EC_KEY_get0_group(ec))) {
    case NID_X9_62_prime256v1:
      return 23;
    case NID_secp384r1:
      return 24;
    case NID_secp521r1:
      return 25;
    default:
      return 0;
  }
}

bool Certificate::IsAuthority() const {
  const uint32_t flags = X509_get_extension_flags(native());
  if ((flags & EXFLAG_CA) != 0) return true;
  return (flags & EXFLAG_KUSAGE) != 0 &&
         (X509_get_key_usage(native()) & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0;
}

bool Certificate::MustStaple() const {
  constexpr uint64_t kStatusRequest = 5;
  bssl::UniquePtr<ASN1_OBJECT> feature(OBJ_txt2obj("1.3.6.1.5.5.7.1.24", 1));
  const int index = X509_get_ext_by_OBJ(native(), feature.get(), -1);
  if (index < 0) return false;
  const ASN1_OCTET_STRING* const value = X509_EXTENSION_get_data(X509_get_ext(native(), index));
  CBS bytes, sequence;
  CBS_init(&bytes, ASN1_STRING_get0_data(value), static_cast<size_t>(ASN1_STRING_length(value)));
  if (!CBS_get_asn1(&bytes, &sequence, CBS_ASN1_SEQUENCE)) return false;
  while (CBS_len(&sequence) > 0) {
    uint64_t number = 0;
    if (!CBS_get_asn1_uint64(&sequence, &number)) return false;
    if (number == kStatusRequest) return true;
  }
  return false;
}

absl::StatusOr<std::vector<Certificate>> ParseCertificates(std::string_view pem) {
  std::vector<Certificate> certificates;
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  for (;;) {
    X509* const parsed = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
    if (parsed == nullptr) break;
    certificates.emplace_back(parsed);
  }
  WEIR_RETURN_IF_ERROR(CheckEndOfBlocks(certificates.size(), "certificate", "CERTIFICATE"));
  return certificates;
}

bool DnsNameCovers(std::string_view pattern, std::string_view host) {
  if (EqualsIgnoreCase(pattern, host)) return !pattern.empty();
  if (!pattern.starts_with("*.")) return false;
  const size_t dot = host.find('.');
  const std::string_view suffix = pattern.substr(1);
  return dot != std::string_view::npos && dot > 0 && suffix.find('*') == std::string_view::npos &&
         suffix.find('.', 1) != std::string_view::npos &&
         EqualsIgnoreCase(host.substr(dot), suffix);
}

}  // namespace weir::x509
