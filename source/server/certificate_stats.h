// When certificates end, as gauges named as Envoy's: ssl.certificate.<name>.* of listeners and
// clusters, and the first end of all under server.*
#pragma once

#include <vector>

#include "source/base/mutex.h"
#include "source/config/endpoints.h"
#include "source/event/clock.h"
#include "source/server/cluster_director.h"
#include "source/server/listener_director.h"
#include "source/stats/registry.h"

namespace weir::server {

// Show is called when another generation is published, and now and then for the time; Samples by
// who reads the registry. Any thread.
class CertificateStats {
 public:
  using Clusters = PersistentMap<config::ClusterEntry>;
  using Listeners = ListenerDirector::Listeners;

  void Show(const Clusters& clusters, const Listeners& listeners, event::SystemTime now);
  std::vector<stats::Sample> Samples() const;

 private:
  mutable Mutex mutex_;
  Clusters clusters_ WEIR_GUARDED_BY(mutex_);
  Listeners listeners_ WEIR_GUARDED_BY(mutex_);
  event::SystemTime now_ WEIR_GUARDED_BY(mutex_);
};

}  // namespace weir::server
