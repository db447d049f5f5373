#include "source/tls/identity_store.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "source/base/status.h"
#include "source/tls/parts_digest.h"

namespace weir::tls {
namespace {

std::string DigestOf(const config::TlsCertificate& certificate) {
  PartsDigest digest;
  for (const std::string_view part :
       {std::string_view(certificate.name), std::string_view(certificate.path),
        std::string_view(certificate.chain_pem), certificate.key_pem.view(),
        certificate.password.view(), std::string_view(certificate.ocsp_staple)}) {
    digest.Add(part);
  }
  for (const std::string& timestamp : certificate.signed_timestamps) digest.Add(timestamp);
  const config::Sha256 hash = digest.Take();
  return std::string(hash.begin(), hash.end());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Identity>> IdentityStore::Get(
    const config::Shared<config::TlsCertificate>& certificate) {
  {
    MutexLock lock(mutex_);
    if (auto identity = FindSeen(certificate.pointer())) return identity;
  }
  std::string digest = DigestOf(*certificate);
  std::shared_ptr<const Identity> identity;
  {
    MutexLock lock(mutex_);
    const auto found = known_.find(digest);
    if (found != known_.end()) identity = found->second.lock();
  }
  // Parsed without the lock: two threads may do it once each.
  if (identity == nullptr) {
    WEIR_ASSIGN_OR_RETURN(identity, Identity::Create(*certificate));
  }
  MutexLock lock(mutex_);
  known_[std::move(digest)] = identity;
  seen_[certificate.pointer().get()] = {certificate.pointer(), identity};
  if (std::max(known_.size(), seen_.size()) >= sweep_at_) Sweep();
  return identity;
}

std::shared_ptr<const Identity> IdentityStore::FindSeen(
    const std::shared_ptr<const config::TlsCertificate>& certificate) const {
  const auto found = seen_.find(certificate.get());
  // Another one may have been in this place before.
  if (found == seen_.end() || found->second.certificate.lock() != certificate) return nullptr;
  return found->second.identity.lock();
}

void IdentityStore::Sweep() {
  absl::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  absl::erase_if(seen_, [](const auto& entry) {
    return entry.second.certificate.expired() || entry.second.identity.expired();
  });
  sweep_at_ = std::max<size_t>(64, 2 * std::max(known_.size(), seen_.size()));
}

}  // namespace weir::tls
