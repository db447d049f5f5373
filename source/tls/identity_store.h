// The identities that contexts are made of, each once: of ten thousand certificates of which one is
// replaced, one is parsed. An identity lives as long as a context shows it. Any thread.
#pragma once

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "source/base/hash_map.h"
#include "source/base/mutex.h"
#include "source/config/tls.h"
#include "source/tls/identity.h"

namespace weir::tls {

class IdentityStore {
 public:
  // The one of an equal certificate, or a new one. Errors as those of Identity::Create.
  absl::StatusOr<std::shared_ptr<const Identity>> Get(
      const config::Shared<config::TlsCertificate>& certificate);

 private:
  struct Seen {
    std::weak_ptr<const config::TlsCertificate> certificate;
    std::weak_ptr<const Identity> identity;
  };

  // Null when the very same value was not seen before.
  std::shared_ptr<const Identity> FindSeen(
      const std::shared_ptr<const config::TlsCertificate>& certificate) const WEIR_REQUIRES(mutex_);
  void Sweep() WEIR_REQUIRES(mutex_);

  Mutex mutex_;
  // By the SHA-256 of everything that the configuration says of it.
  HashMap<std::weak_ptr<const Identity>> known_ WEIR_GUARDED_BY(mutex_);
  // By where it is in memory: most of what a context is made of is what the one before was.
  absl::flat_hash_map<const config::TlsCertificate*, Seen> seen_ WEIR_GUARDED_BY(mutex_);
  size_t sweep_at_ WEIR_GUARDED_BY(mutex_) = 64;  // Entries; those that ended are then dropped.
};

}  // namespace weir::tls
