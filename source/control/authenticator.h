// Who calls: the identity behind a client's certificate, or behind its token where it shows none.
//
// A certificate counts when gRPC's handshake has taken it and it leads to what is trusted now. A
// token comes as metadata "authorization: Bearer TOKEN". Any thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "source/base/hash_map.h"
#include "source/base/mutex.h"
#include "source/base/secret_bytes.h"
#include "source/control/ca/authority.h"
#include "source/event/clock.h"

namespace grpc {
class ServerContextBase;
class Status;
}  // namespace grpc

namespace weir::control {

// What callers with such a token are told.
inline constexpr char kTokenRevoked[] = "the token was revoked";

class Authenticator {
 public:
  struct Caller {
    std::string path;  // Of the identity: "/demo/frontend".
    // For how long it has shown to be that; nothing: as long as it stays connected.
    std::optional<std::chrono::nanoseconds> valid_for = {};
    std::string token_id = {};  // Empty: it has shown a certificate.
  };

  // `clock` outlives it.
  Authenticator(const event::Clock& clock, ca::Authority authority, SecretBytes token_key);

  // For calls that begin from now on.
  void SetAuthority(ca::Authority authority);
  void SetRevokedTokens(HashSet ids);
  bool IsRevoked(std::string_view token_id) const;

  // kUnauthenticated, with what would be right, when the caller shows nothing that counts.
  absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context) const;
  // The same for those who may read and change the configuration alone; others: kPermissionDenied.
  absl::Status CheckAdmin(const grpc::ServerContextBase& context) const;

 private:
  std::shared_ptr<const ca::Authority> authority() const;

  const event::Clock& clock_;
  const SecretBytes token_key_;
  mutable Mutex mutex_;
  std::shared_ptr<const ca::Authority> authority_ WEIR_GUARDED_BY(mutex_);
  HashSet revoked_tokens_ WEIR_GUARDED_BY(mutex_);  // Their ids.
};

grpc::Status ToGrpc(const absl::Status& status);

}  // namespace weir::control
