#include "source/x509/issuing.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "source/base/check.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/x509/crypto_error.h"
#include "source/x509/pem_text.h"

namespace weir::x509 {
namespace {

absl::Status CryptoError(std::string_view what) {
  return Internal(StrCat(what, ": ", TakeCryptoError()));
}

// Positive and of 126 random bits (RFC 5280, 4.1.2.2 allows 20 bytes).
bool SetSerial(X509* certificate) {
  uint8_t bytes[16];
  RAND_bytes(bytes, sizeof(bytes));
  bytes[0] = static_cast<uint8_t>((bytes[0] & 0x3f) | 0x40);
  const bssl::UniquePtr<BIGNUM> number(BN_bin2bn(bytes, sizeof(bytes), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetTime(ASN1_TIME* time, std::chrono::system_clock::time_point value) {
  return ASN1_TIME_set(time, std::chrono::system_clock::to_time_t(value)) != nullptr;
}

bool SetSubject(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                    MBSTRING_UTF8,
                                    reinterpret_cast<const uint8_t*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const bssl::UniquePtr<X509_EXTENSION> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, nid, const_cast<char*>(value)));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool AddUses(X509* certificate, X509* issuer, const CertificateTerms& terms) {
  if (!terms.is_authority) {
    return AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
           AddExtension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  }
  std::string constraints = "critical,CA:TRUE";
  if (terms.path_length) StrAppend(constraints, ",pathlen:", *terms.path_length);
  return AddExtension(certificate, issuer, NID_basic_constraints, constraints.c_str()) &&
         AddExtension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
}

// Built from their bytes: a text form would give meaning to commas in a name.
void AddName(GENERAL_NAMES* names, int type, const std::string& value) {
  bssl::UniquePtr<GENERAL_NAME> name(GENERAL_NAME_new());
  ASN1_STRING* const string = ASN1_STRING_type_new(V_ASN1_IA5STRING);
  ASN1_STRING_set(string, value.data(), static_cast<int>(value.size()));
  GENERAL_NAME_set0_value(name.get(), type, string);
  bssl::PushToStack(names, std::move(name));
}

absl::Status AddNames(X509* certificate, const CertificateTerms& terms) {
  const bssl::UniquePtr<GENERAL_NAMES> names(GENERAL_NAMES_new());
  for (const std::string& uri : terms.uris) AddName(names.get(), GEN_URI, uri);
  for (const std::string& dns : terms.dns_names) AddName(names.get(), GEN_DNS, dns);
  for (const std::string& text : terms.ips) {
    ASN1_OCTET_STRING* const ip = a2i_IPADDRESS(text.c_str());
    if (ip == nullptr) return InvalidArgument(StrCat("\"", text, "\" is no IP address"));
    bssl::UniquePtr<GENERAL_NAME> name(GENERAL_NAME_new());
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, ip);
    bssl::PushToStack(names.get(), std::move(name));
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return absl::OkStatus();
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND) ==
      1) {
    return absl::OkStatus();
  }
  return CryptoError("the names of a certificate");
}

// `issuer` null: signed by itself.
absl::StatusOr<Certificate> Make(const CertificateTerms& terms, const PrivateKey& key, X509* issuer,
                                 const PrivateKey& issuer_key) {
  bssl::UniquePtr<X509> made(X509_new());
  X509* const raw = made.get();
  X509* const signer = issuer == nullptr ? raw : issuer;
  const bool filled = X509_set_version(raw, X509_VERSION_3) == 1 && SetSerial(raw) &&
                      SetTime(X509_getm_notBefore(raw), terms.not_before) &&
                      SetTime(X509_getm_notAfter(raw), terms.not_after) &&
                      SetSubject(raw, terms.common_name) &&
                      X509_set_issuer_name(raw, X509_get_subject_name(signer)) == 1 &&
                      X509_set_pubkey(raw, key.native()) == 1;
  if (!filled) return CryptoError("a new certificate");
  const bool extended = AddUses(raw, signer, terms) &&
                        AddExtension(raw, signer, NID_subject_key_identifier, "hash") &&
                        AddExtension(raw, signer, NID_authority_key_identifier, "keyid");
  if (!extended) return CryptoError("the extensions of a certificate");
  WEIR_RETURN_IF_ERROR(AddNames(raw, terms));
  if (X509_sign(raw, issuer_key.native(), EVP_sha256()) <= 0) return CryptoError("signing");
  return Certificate(made.release());
}

}  // namespace

PrivateKey MakeKey() {
  const bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  WEIR_CHECK(ec != nullptr && EC_KEY_generate_key(ec.get()) == 1, "an EC key can be made");
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  WEIR_CHECK(EVP_PKEY_set1_EC_KEY(key.get(), ec.get()) == 1, "a key holds an EC key");
  return PrivateKey(key.release());
}

SecretBytes KeyPem(const PrivateKey& key) {
  SecretBytes pem = PrivateKeyPem(*key.native());
  WEIR_CHECK(!pem.empty(), "a key can be written");
  return pem;
}

absl::StatusOr<Certificate> SelfSign(const CertificateTerms& terms, const PrivateKey& key) {
  return Make(terms, key, nullptr, key);
}

absl::StatusOr<Certificate> Sign(const CertificateTerms& terms, const PrivateKey& key,
                                 const Certificate& issuer, const PrivateKey& issuer_key) {
  return Make(terms, key, issuer.native(), issuer_key);
}

}  // namespace weir::x509
