// Keeps once what many clusters have alike: a mesh has thousands with one EDS source, one set of
// protocol options and endpoints in the same few localities.
//
// Any thread.
#pragma once

#include <vector>

#include "source/base/mutex.h"
#include "source/base/recent_values.h"
#include "source/config/cluster.h"
#include "source/config/endpoints.h"

namespace weir::config {

class SharedParts {
 public:
  // Puts parts that are there already in the place of equal ones.
  void ShareIn(Cluster& cluster);
  void ShareIn(Endpoints& endpoints);

 private:
  Mutex mutex_;
  RecentValues<CircuitBreakers> breakers_ WEIR_GUARDED_BY(mutex_);
  RecentValues<HttpLimits> http_limits_ WEIR_GUARDED_BY(mutex_);
  RecentValues<DnsOptions> dns_ WEIR_GUARDED_BY(mutex_);
  RecentValues<ConfigSource> sources_ WEIR_GUARDED_BY(mutex_);
  RecentValues<Http1Options> http1_ WEIR_GUARDED_BY(mutex_);
  RecentValues<Http2Options> http2_ WEIR_GUARDED_BY(mutex_);
  RecentValues<UpstreamSockets> sockets_ WEIR_GUARDED_BY(mutex_);
  RecentValues<NamesFromRequests> names_ WEIR_GUARDED_BY(mutex_);
  RecentValues<std::vector<Locality>> localities_ WEIR_GUARDED_BY(mutex_);
};

}  // namespace weir::config
