// A certificate authority for tests: keys of every kind, certificates that say what a test asks
// for, revocation lists. Valid from 2020 to 2040, so also at the simulated loop's time.
//
//   Authority root("Root");
//   Identity web = root.Issue({.dns = {"web.example"}});
//   ... web.chain_pem, web.key_pem, root.pem() ...
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct x509_st;
struct evp_pkey_st;

namespace weir::x509 {

enum class TestKey : uint8_t { kP256, kP384, kP521, kRsa2048, kRsa3072, kEd25519, kRsa1024 };

struct CertificateRequest {
  std::string common_name = "leaf";
  std::vector<std::string> dns = {};
  std::vector<std::string> uris = {};
  std::vector<std::string> emails = {};
  std::vector<std::string> ips = {};
  std::string other_name_oid = "";  // With `other_name`, an UTF8 string.
  std::string other_name = "";
  TestKey key = TestKey::kP256;
  int64_t not_before = 1577836800;  // 2020-01-01, seconds of the epoch.
  int64_t not_after = 2208988800;   // 2040-01-01
  bool is_authority = false;
  bool must_staple = false;
  // "serverAuth,clientAuth"; empty: no such extension.
  std::string extended_key_usage = "serverAuth,clientAuth";
};

struct Identity {
  std::string chain_pem;  // The leaf, then the authorities below the root.
  std::string key_pem;    // PKCS #8
};

struct OcspRequest {
  int64_t this_update = 1577836800;                 // As certificates.
  std::optional<int64_t> next_update = 2208988800;  // Nothing: it does not say.
  uint8_t failure = 0;                              // OCSPResponseStatus; without a body unless 0.
  bool revoked = false;
  int certificates = 1;  // It speaks of this one so many times.
};

class Authority {
 public:
  explicit Authority(const std::string& common_name, TestKey key = TestKey::kP256);
  // Signed by `parent`.
  Authority(const std::string& common_name, const Authority& parent);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  Identity Issue(const CertificateRequest& request) const;
  // The authority's own certificate.
  std::string pem() const;
  // A list that revokes the leaf of each identity; valid as certificates are, or ended in 2021.
  std::string Crl(const std::vector<Identity>& revoked, bool expired = false) const;
  // An OCSP response about the leaf, in DER.
  std::string Ocsp(const Identity& identity, const OcspRequest& request = {}) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  std::string chain_above_;  // PEM of this one and those above it, without the root.
};

// As a DataSource in YAML: {inline_string: "..."}.
std::string InlineYaml(const std::string& pem);
// A PKCS #12 file with what `identity` has, or a part of it.
std::string Pkcs12(const Identity& identity, const std::string& password);

// `key_pem` again, encrypted.
std::string EncryptKey(const std::string& key_pem, const std::string& password);

}  // namespace weir::x509
