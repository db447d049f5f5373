#include "source/tls/identity_store.h"

#include <openssl/sha.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "source/base/status.h"

namespace weir::tls {
namespace {

std::string DigestOf(const config::TlsCertificate& certificate) {
  SHA256_CTX context;
  SHA256_Init(&context);
  const std::string_view parts[] = {certificate.name,
                                    certificate.path,
                                    certificate.chain_pem,
                                    certificate.key_pem.view(),
                                    certificate.password.view(),
                                    certificate.ocsp_staple};
  for (const std::string_view part : parts) {
    const uint64_t size = part.size();
    SHA256_Update(&context, &size, sizeof(size));
    SHA256_Update(&context, part.data(), part.size());
  }
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256_Final(reinterpret_cast<uint8_t*>(digest.data()), &context);
  return digest;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Identity>> IdentityStore::Get(
    const config::TlsCertificate& certificate) {
  std::string digest = DigestOf(certificate);
  {
    MutexLock lock(mutex_);
    const auto found = known_.find(digest);
    if (found != known_.end()) {
      if (auto identity = found->second.lock()) return identity;
    }
  }
  // Parsed without the lock: two threads may do it once each.
  WEIR_ASSIGN_OR_RETURN(std::shared_ptr<const Identity> identity, Identity::Create(certificate));
  MutexLock lock(mutex_);
  known_[std::move(digest)] = identity;
  if (known_.size() >= sweep_at_) {
    absl::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<size_t>(64, 2 * known_.size());
  }
  return identity;
}

}  // namespace weir::tls
