#include "test/x509/authority.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/bytestring.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/obj.h>
#include <openssl/pem.h>
#include <openssl/pkcs8.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstring>

#include "source/base/check.h"

namespace weir::x509 {
namespace {

bssl::UniquePtr<EVP_PKEY> MakeEcKey(int curve) {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(curve));
  WEIR_CHECK(EC_KEY_generate_key(ec.get()) == 1, "no EC key");
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  EVP_PKEY_set1_EC_KEY(key.get(), ec.get());
  return key;
}

bssl::UniquePtr<EVP_PKEY> MakeRsaKey(int bits) {
  bssl::UniquePtr<BIGNUM> exponent(BN_new());
  BN_set_word(exponent.get(), RSA_F4);
  bssl::UniquePtr<RSA> rsa(RSA_new());
  WEIR_CHECK(RSA_generate_key_ex(rsa.get(), bits, exponent.get(), nullptr) == 1, "no RSA key");
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  EVP_PKEY_set1_RSA(key.get(), rsa.get());
  return key;
}

bssl::UniquePtr<EVP_PKEY> MakeEd25519Key() {
  const bssl::UniquePtr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen_init(context.get());
  WEIR_CHECK(EVP_PKEY_keygen(context.get(), &key) == 1, "no Ed25519 key");
  return bssl::UniquePtr<EVP_PKEY>(key);
}

bssl::UniquePtr<EVP_PKEY> MakeKey(TestKey kind) {
  switch (kind) {
    case TestKey::kP256:
      return MakeEcKey(NID_X9_62_prime256v1);
    case TestKey::kP384:
      return MakeEcKey(NID_secp384r1);
    case TestKey::kP521:
      return MakeEcKey(NID_secp521r1);
    case TestKey::kRsa2048:
      return MakeRsaKey(2048);
    case TestKey::kRsa3072:
      return MakeRsaKey(3072);
    case TestKey::kRsa1024:
      return MakeRsaKey(1024);
    case TestKey::kEd25519:
      return MakeEd25519Key();
  }
  return nullptr;
}

std::string Contents(BIO* bio) {
  const uint8_t* data = nullptr;
  size_t size = 0;
  BIO_mem_contents(bio, &data, &size);
  return std::string(reinterpret_cast<const char*>(data), size);
}

std::string CertificatePem(X509* certificate) {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return Contents(bio.get());
}

std::string KeyPem(EVP_PKEY* key, std::string password = "") {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  WEIR_CHECK(
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, password.empty() ? nullptr : EVP_aes_256_cbc(),
                                    password.empty() ? nullptr : password.data(),
                                    static_cast<int>(password.size()), nullptr, nullptr) == 1,
      "cannot write a key");
  return Contents(bio.get());
}

void SetName(X509_NAME* name, const std::string& common_name) {
  X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, reinterpret_cast<const uint8_t*>("Weir"), -1,
                             -1, 0);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const uint8_t*>(common_name.c_str()), -1, -1, 0);
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  const bssl::UniquePtr<X509_EXTENSION> extension(
      X509V3_EXT_nconf_nid(nullptr, nullptr, nid, value.c_str()));
  WEIR_CHECK(extension != nullptr, "bad extension");
  X509_add_ext(certificate, extension.get(), -1);
}

// Built by hand, as a text form would cut a name at its NUL.
void AddName(GENERAL_NAMES* names, int type, const std::string& value) {
  GENERAL_NAME* const name = GENERAL_NAME_new();
  ASN1_STRING* const string =
      ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  ASN1_STRING_set(string, value.data(), static_cast<int>(value.size()));
  GENERAL_NAME_set0_value(name, type, string);
  bssl::PushToStack(names, bssl::UniquePtr<GENERAL_NAME>(name));
}

void AddOtherName(GENERAL_NAMES* names, const std::string& oid, const std::string& value) {
  GENERAL_NAME* const name = GENERAL_NAME_new();
  ASN1_TYPE* const typed = ASN1_TYPE_new();
  ASN1_STRING* const string = ASN1_STRING_type_new(V_ASN1_UTF8STRING);
  ASN1_STRING_set(string, value.data(), static_cast<int>(value.size()));
  ASN1_TYPE_set(typed, V_ASN1_UTF8STRING, string);
  GENERAL_NAME_set0_othername(name, OBJ_txt2obj(oid.c_str(), 1), typed);
  bssl::PushToStack(names, bssl::UniquePtr<GENERAL_NAME>(name));
}

void AddSubjectAltNames(X509* certificate, const CertificateRequest& request) {
  const bssl::UniquePtr<GENERAL_NAMES> names(GENERAL_NAMES_new());
  for (const std::string& name : request.dns) AddName(names.get(), GEN_DNS, name);
  for (const std::string& name : request.uris) AddName(names.get(), GEN_URI, name);
  for (const std::string& name : request.emails) AddName(names.get(), GEN_EMAIL, name);
  for (const std::string& text : request.ips) {
    const bssl::UniquePtr<ASN1_OCTET_STRING> ip(a2i_IPADDRESS(text.c_str()));
    AddName(names.get(), GEN_IPADD,
            std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(ip.get())),
                        static_cast<size_t>(ASN1_STRING_length(ip.get()))));
  }
  if (!request.other_name_oid.empty()) {
    AddOtherName(names.get(), request.other_name_oid, request.other_name);
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return;
  X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND);
}

void AddMustStaple(X509* certificate) {
  const uint8_t feature[] = {0x30, 0x03, 0x02, 0x01, 0x05};
  const bssl::UniquePtr<ASN1_OCTET_STRING> value(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(value.get(), feature, sizeof(feature));
  const bssl::UniquePtr<ASN1_OBJECT> oid(OBJ_txt2obj("1.3.6.1.5.5.7.1.24", 1));
  const bssl::UniquePtr<X509_EXTENSION> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), 0, value.get()));
  X509_add_ext(certificate, extension.get(), -1);
}

bssl::UniquePtr<X509> MakeCertificate(const CertificateRequest& request, EVP_PKEY* key,
                                      X509* issuer, EVP_PKEY* issuer_key) {
  static std::atomic<uint64_t> next_serial{0x1001};
  bssl::UniquePtr<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), next_serial++);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), request.not_before);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), request.not_after);
  SetName(X509_get_subject_name(certificate.get()), request.common_name);
  X509_set_issuer_name(certificate.get(),
                       X509_get_subject_name(issuer == nullptr ? certificate.get() : issuer));
  X509_set_pubkey(certificate.get(), key);
  if (request.is_authority) {
    AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    AddExtension(certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    if (!request.extended_key_usage.empty()) {
      AddExtension(certificate.get(), NID_ext_key_usage, request.extended_key_usage);
    }
  }
  AddSubjectAltNames(certificate.get(), request);
  if (request.must_staple) AddMustStaple(certificate.get());
  const bool ed25519 = EVP_PKEY_id(issuer_key) == EVP_PKEY_ED25519;
  WEIR_CHECK(X509_sign(certificate.get(), issuer_key, ed25519 ? nullptr : EVP_sha256()) > 0,
             "cannot sign");
  return certificate;
}

bssl::UniquePtr<X509> LeafOf(const Identity& identity) {
  const bssl::UniquePtr<BIO> bio(
      BIO_new_mem_buf(identity.chain_pem.data(), static_cast<int>(identity.chain_pem.size())));
  return bssl::UniquePtr<X509>(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

std::shared_ptr<X509> Shared(bssl::UniquePtr<X509> certificate) {
  return {certificate.release(), X509_free};
}
std::shared_ptr<EVP_PKEY> Shared(bssl::UniquePtr<EVP_PKEY> key) {
  return {key.release(), EVP_PKEY_free};
}

}  // namespace

Authority::Authority(const std::string& common_name, TestKey key)
    : key_(Shared(MakeKey(key))),
      certificate_(Shared(MakeCertificate({.common_name = common_name, .is_authority = true},
                                          key_.get(), nullptr, key_.get()))) {}

Authority::Authority(const std::string& common_name, const Authority& parent)
    : key_(Shared(MakeKey(TestKey::kP256))),
      certificate_(
          Shared(MakeCertificate({.common_name = common_name, .is_authority = true}, key_.get(),
                                 parent.certificate_.get(), parent.key_.get()))),
      chain_above_(CertificatePem(certificate_.get()) + parent.chain_above_) {}

Authority::~Authority() = default;

Identity Authority::Issue(const CertificateRequest& request) const {
  const bssl::UniquePtr<EVP_PKEY> key = MakeKey(request.key);
  const bssl::UniquePtr<X509> leaf =
      MakeCertificate(request, key.get(), certificate_.get(), key_.get());
  return {CertificatePem(leaf.get()) + chain_above_, KeyPem(key.get())};
}

std::string Authority::pem() const { return CertificatePem(certificate_.get()); }

std::string Authority::Crl(const std::vector<Identity>& revoked, bool expired) const {
  const bssl::UniquePtr<X509_CRL> crl(X509_CRL_new());
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(certificate_.get()));
  const bssl::UniquePtr<ASN1_TIME> from(ASN1_TIME_set(nullptr, 1577836800));
  const bssl::UniquePtr<ASN1_TIME> to(ASN1_TIME_set(nullptr, expired ? 1609459200 : 2208988800));
  X509_CRL_set1_lastUpdate(crl.get(), from.get());
  X509_CRL_set1_nextUpdate(crl.get(), to.get());
  for (const Identity& identity : revoked) {
    const bssl::UniquePtr<X509> leaf = LeafOf(identity);
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(leaf.get()));
    X509_REVOKED_set_revocationDate(entry, from.get());
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  X509_CRL_sort(crl.get());
  WEIR_CHECK(X509_CRL_sign(crl.get(), key_.get(), EVP_sha256()) > 0, "cannot sign");
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(bio.get(), crl.get());
  return Contents(bio.get());
}

std::string InlineYaml(const std::string& pem) {
  std::string text = "{inline_string: \"";
  for (const char c : pem) text += c == '\n' ? std::string("\\n") : std::string(1, c);
  return text + "\"}";
}

namespace {

void AddTime(CBB* out, int64_t seconds) {
  const bssl::UniquePtr<ASN1_GENERALIZEDTIME> time(ASN1_GENERALIZEDTIME_set(nullptr, seconds));
  CBB child;
  CBB_add_asn1(out, &child, CBS_ASN1_GENERALIZEDTIME);
  CBB_add_bytes(&child, ASN1_STRING_get0_data(time.get()),
                static_cast<size_t>(ASN1_STRING_length(time.get())));
  CBB_flush(out);
}

void AddOid(CBB* out, const char* dotted) {
  CBB child;
  CBB_add_asn1(out, &child, CBS_ASN1_OBJECT);
  CBB_add_asn1_oid_from_text(&child, dotted, std::strlen(dotted));
  CBB_flush(out);
}

void AddSingleResponse(CBB* list, X509* leaf, const OcspRequest& request) {
  CBB single, id, algorithm, status, next;
  CBB_add_asn1(list, &single, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&single, &id, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&id, &algorithm, CBS_ASN1_SEQUENCE);
  AddOid(&algorithm, "1.3.14.3.2.26");  // SHA-1
  const uint8_t hash[20] = {};
  CBB_add_asn1_octet_string(&id, hash, sizeof(hash));
  CBB_add_asn1_octet_string(&id, hash, sizeof(hash));
  uint8_t* serial = nullptr;
  const int size = i2d_ASN1_INTEGER(X509_get_serialNumber(leaf), &serial);
  const bssl::UniquePtr<uint8_t> owned(serial);
  CBB_add_bytes(&id, serial, static_cast<size_t>(size));
  if (request.revoked) {
    CBB_add_asn1(&single, &status, CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 1);
    AddTime(&status, request.this_update);
  } else {
    CBB_add_asn1(&single, &status, CBS_ASN1_CONTEXT_SPECIFIC | 0);
  }
  AddTime(&single, request.this_update);
  if (request.next_update.has_value()) {
    CBB_add_asn1(&single, &next, CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 0);
    AddTime(&next, *request.next_update);
  }
  CBB_flush(list);
}

}  // namespace

std::string Authority::Ocsp(const Identity& identity, const OcspRequest& request) const {
  const bssl::UniquePtr<X509> leaf = LeafOf(identity);
  bssl::ScopedCBB out;
  CBB response, status, wrapped, bytes, octets, basic, data, responder, list, algorithm, signature;
  CBB_init(out.get(), 512);
  CBB_add_asn1(out.get(), &response, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&response, &status, CBS_ASN1_ENUMERATED);
  CBB_add_u8(&status, request.failure);
  if (request.failure == 0) {
    constexpr unsigned kExplicit = CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED;
    CBB_add_asn1(&response, &wrapped, kExplicit | 0);
    CBB_add_asn1(&wrapped, &bytes, CBS_ASN1_SEQUENCE);
    AddOid(&bytes, "1.3.6.1.5.5.7.48.1.1");
    CBB_add_asn1(&bytes, &octets, CBS_ASN1_OCTETSTRING);
    CBB_add_asn1(&octets, &basic, CBS_ASN1_SEQUENCE);
    CBB_add_asn1(&basic, &data, CBS_ASN1_SEQUENCE);
    CBB_add_asn1(&data, &responder, kExplicit | 2);
    CBB_add_asn1_octet_string(&responder, nullptr, 0);
    AddTime(&data, request.this_update);
    CBB_add_asn1(&data, &list, CBS_ASN1_SEQUENCE);
    for (int i = 0; i < request.certificates; ++i) AddSingleResponse(&list, leaf.get(), request);
    // Nobody who staples checks the signature.
    CBB_add_asn1(&basic, &algorithm, CBS_ASN1_SEQUENCE);
    AddOid(&algorithm, "1.2.840.10045.4.3.2");
    CBB_add_asn1(&basic, &signature, CBS_ASN1_BITSTRING);
    CBB_add_u8(&signature, 0);
  }
  uint8_t* der = nullptr;
  size_t size = 0;
  WEIR_CHECK(CBB_finish(out.get(), &der, &size) == 1, "cannot write an OCSP response");
  const bssl::UniquePtr<uint8_t> owned(der);
  return std::string(reinterpret_cast<const char*>(der), size);
}

std::string Pkcs12(const Identity& identity, const std::string& password) {
  const bssl::UniquePtr<BIO> keys(
      BIO_new_mem_buf(identity.key_pem.data(), static_cast<int>(identity.key_pem.size())));
  const bssl::UniquePtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(keys.get(), nullptr, nullptr, nullptr));
  const bssl::UniquePtr<BIO> chain(
      BIO_new_mem_buf(identity.chain_pem.data(), static_cast<int>(identity.chain_pem.size())));
  const bssl::UniquePtr<X509> leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  const bssl::UniquePtr<STACK_OF(X509)> above(sk_X509_new_null());
  while (X509* const next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
    bssl::PushToStack(above.get(), bssl::UniquePtr<X509>(next));
  }
  ERR_clear_error();
  const bssl::UniquePtr<PKCS12> file(
      PKCS12_create(password.c_str(), nullptr, key.get(), leaf.get(), above.get(), 0, 0, 0, 0, 0));
  uint8_t* der = nullptr;
  const int size = i2d_PKCS12(file.get(), &der);
  WEIR_CHECK(size > 0, "cannot write a PKCS #12 file");
  const bssl::UniquePtr<uint8_t> owned(der);
  return std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
}

std::string EncryptKey(const std::string& key_pem, const std::string& password) {
  const bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  const bssl::UniquePtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  return KeyPem(key.get(), password);
}

}  // namespace weir::x509
