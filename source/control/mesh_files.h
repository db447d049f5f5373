// The files of a mesh as weir-control follows them: the authority's directory, the identities, and
// the certificate of its own server, which it keeps in that directory and replaces in time.
//
//   Open -> Watch -> (told of each change that is good) ...
//
// What is not good is logged, and what was in force stays. Loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "source/control/ca/authority_directory.h"
#include "source/control/ca/identity_rules.h"
#include "source/control/server.h"
#include "source/event/files.h"
#include "source/event/loop.h"
#include "source/x509/private_key.h"

namespace weir::control {

class MeshFiles {
 public:
  struct Options {
    std::string directory;                  // Of the authority.
    std::string identities;                 // File; empty: no node has an identity.
    std::vector<std::string> server_names;  // DNS names and addresses of the server.
  };
  // Both outlive it.
  MeshFiles(event::Loop& loop, event::Files& files, Options options);

  // Reads everything and writes the server's certificate, for a new key. The error says which file
  // is wrong.
  absl::Status Open();
  struct Changes {
    std::function<void(const ca::Authority&)> authority;
    std::function<void(const ca::IdentityRules&)> identities;
    std::function<void(const HashSet& ids)> revoked_tokens;
  };
  absl::Status Watch(Changes changes);

  // After Open.
  const ca::Authority& authority() const { return *authority_; }
  const ca::IdentityRules& identities() const { return identities_; }
  const HashSet& revoked_tokens() const { return revoked_tokens_; }  // Their ids.
  absl::StatusOr<SecretBytes> LoadTokenKey() const { return directory_.LoadTokenKey(); }
  TlsFiles tls_files() const;

 private:
  absl::StatusOr<ca::IdentityRules> ReadIdentities() const;
  absl::Status WriteServerCertificate();
  void FollowAuthority();
  void FollowTokens();
  void OnIdentities();
  void OnRenewal();

  event::Loop& loop_;
  event::Files& files_;
  const Options options_;
  const ca::AuthorityDirectory directory_;
  std::optional<ca::Authority> authority_;
  ca::IdentityRules identities_;
  std::optional<x509::PrivateKey> server_key_;
  std::string served_;  // The issuer's fingerprint of the server's certificate.
  HashSet revoked_tokens_;
  Changes changes_;
  std::unique_ptr<event::FileWatch> directory_watch_;
  std::unique_ptr<event::FileWatch> identities_watch_;
  event::Timer renewal_;
};

}  // namespace weir::control
