// Keeps once what many clusters have alike: a mesh has thousands with one EDS source, one set of
// protocol options and endpoints in the same few localities. And what a new version of a resource
// has alike with the one before: certificates, which are checked once, and names of counters.
//
// Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/base/hash_map.h"
#include "source/base/living_values.h"
#include "source/base/mutex.h"
#include "source/base/recent_values.h"
#include "source/config/cluster.h"
#include "source/config/counted_name.h"
#include "source/config/endpoints.h"
#include "source/config/tls.h"

namespace weir::config {

class SharedParts {
 public:
  // Puts parts that are there already in the place of equal ones.
  void ShareIn(Cluster& cluster);
  void ShareIn(Endpoints& endpoints);
  // That of a configuration that still has it, if one does.
  CountedName Name(std::string text);

  // The certificate that equals this one and was found to be good; null: there is none.
  std::shared_ptr<const TlsCertificate> FindGood(const TlsCertificate& certificate) const;
  void AddGood(const std::shared_ptr<const TlsCertificate>& certificate);

 private:
  struct CertificateHash {
    size_t operator()(const TlsCertificate& certificate) const;
  };

  mutable Mutex mutex_;
  RecentValues<CircuitBreakers> breakers_ WEIR_GUARDED_BY(mutex_);
  RecentValues<HttpLimits> http_limits_ WEIR_GUARDED_BY(mutex_);
  RecentValues<DnsOptions> dns_ WEIR_GUARDED_BY(mutex_);
  RecentValues<ConfigSource> sources_ WEIR_GUARDED_BY(mutex_);
  RecentValues<Http1Options> http1_ WEIR_GUARDED_BY(mutex_);
  RecentValues<Http2Options> http2_ WEIR_GUARDED_BY(mutex_);
  RecentValues<UpstreamSockets> sockets_ WEIR_GUARDED_BY(mutex_);
  RecentValues<NamesFromRequests> names_ WEIR_GUARDED_BY(mutex_);
  RecentValues<std::vector<Locality>> localities_ WEIR_GUARDED_BY(mutex_);
  LivingValues<std::string, StringHash> counted_names_ WEIR_GUARDED_BY(mutex_);
  LivingValues<TlsCertificate, CertificateHash> certificates_ WEIR_GUARDED_BY(mutex_);
};

}  // namespace weir::config
