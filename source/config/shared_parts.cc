#include "source/config/shared_parts.h"

#include "absl/hash/hash.h"

namespace weir::config {
namespace {

template <typename T>
void ShareIn(Shared<T>& part, RecentValues<T>& recent) {
  part = part == Shared<T>() ? Shared<T>() : Shared<T>(recent.Share(*part));
}

}  // namespace

void SharedParts::ShareIn(Cluster& cluster) {
  const MutexLock lock(mutex_);
  config::ShareIn(cluster.eds_source, sources_);
  config::ShareIn(cluster.breakers, breakers_);
  config::ShareIn(cluster.high_breakers, breakers_);
  config::ShareIn(cluster.http_limits, http_limits_);
  config::ShareIn(cluster.http1, http1_);
  config::ShareIn(cluster.http2, http2_);
  config::ShareIn(cluster.sockets, sockets_);
  config::ShareIn(cluster.names, names_);
  config::ShareIn(cluster.dns, dns_);
}

void SharedParts::ShareIn(Endpoints& endpoints) {
  const MutexLock lock(mutex_);
  config::ShareIn(endpoints.localities, localities_);
}

size_t SharedParts::CertificateHash::operator()(const TlsCertificate& certificate) const {
  return absl::HashOf(ToAbsl(certificate.name), ToAbsl(certificate.chain_pem),
                      ToAbsl(certificate.key_pem.view()));
}

std::shared_ptr<const TlsCertificate> SharedParts::FindGood(
    const TlsCertificate& certificate) const {
  const MutexLock lock(mutex_);
  return certificates_.Find(certificate);
}

void SharedParts::AddGood(const std::shared_ptr<const TlsCertificate>& certificate) {
  const MutexLock lock(mutex_);
  certificates_.Add(certificate);
}

CountedName SharedParts::Name(std::string text) {
  const MutexLock lock(mutex_);
  if (auto in_use = counted_names_.Find(text)) return CountedName(std::move(in_use));
  CountedName name(std::move(text));
  if (!name.empty()) counted_names_.Add(name.pointer());
  return name;
}

}  // namespace weir::config
