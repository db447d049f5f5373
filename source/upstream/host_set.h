// The hosts of a cluster on one worker: kept by address over updates, and who of them may be
// picked.
//
//   healthy   health_status HEALTHY or UNKNOWN
//   degraded  DEGRADED: used when no healthy one is there
//   others    UNHEALTHY, DRAINING, TIMEOUT: used in a panic alone
//
// Panic: when so few are healthy or degraded that they would carry more than they can (below 100 %
// with the overprovisioning factor) and they are below the cluster's healthy_panic_threshold, all
// hosts are used.
//
// Owned by the cluster; worker's thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "source/config/cluster.h"
#include "source/config/endpoints.h"
#include "source/event/random.h"
#include "source/upstream/host.h"
#include "source/upstream/load_balancer.h"

namespace weir::upstream {

class HostSet {
 public:
  struct Changes {
    HostList removed;
    size_t added = 0;
    HostList added_or_moved;  // For which a transport was chosen, or another one than before.
    bool anything = false;    // Added, removed, or another weight, health or name.
  };

  explicit HostSet(event::Random& random) : random_(random) {}
  HostSet(const HostSet&) = delete;
  HostSet& operator=(const HostSet&) = delete;

  // Takes over what `endpoints` says; null stands for none. Endpoints without an address (names
  // that were not resolved) and repeated addresses are left out. The settings may be new too.
  Changes Update(const config::Cluster& cluster, const config::Endpoints* endpoints);

  // A usable host, or null when none is. For one that is among `previous` the balancer is asked
  // again, up to `attempts` times; then its last choice holds, as in Envoy.
  const HostRef* Pick(uint64_t random, std::span<const HostRef> previous = {},
                      uint32_t attempts = 0);

  const HostList& all() const { return all_; }
  size_t healthy() const { return healthy_; }
  size_t degraded() const { return degraded_; }
  bool in_panic() const { return in_panic_; }

 private:
  Changes Merge(const config::Cluster& cluster, const config::Endpoints* endpoints);
  void ChooseUsable(const config::Cluster& cluster, uint32_t overprovisioning_factor);

  event::Random& random_;
  HostList all_;
  HostList usable_;
  size_t healthy_ = 0;
  size_t degraded_ = 0;
  bool in_panic_ = false;
  std::unique_ptr<LoadBalancer> balancer_;  // Over usable_; null when that is empty.
};

}  // namespace weir::upstream
