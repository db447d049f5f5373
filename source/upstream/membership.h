// Counts who belongs to a cluster. Of the workers that use the cluster one does, as the numbers are
// the cluster's and no worker's. Owned by the WorkerCluster; worker's thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "source/base/hash_map.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/host_set.h"

namespace weir::upstream {

class Membership {
 public:
  // Both outlive it. `claimed` is shared by the workers: true while one of them counts.
  Membership(stats::Registry& registry, ClusterStats& stats) : registry_(registry), stats_(stats) {}
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  ~Membership();

  void SetClaim(std::shared_ptr<std::atomic<bool>> claimed) { claimed_ = std::move(claimed); }
  // After an update of the hosts.
  void Report(const config::Cluster& cluster, const HostSet& hosts,
              const HostSet::Changes& changes);
  // The cluster is gone: nobody belongs to it, and the next one of its name counts.
  void End();

 private:
  void CountMatches(const config::Cluster& cluster, const HostSet::Changes& changes);

  stats::Registry& registry_;
  ClusterStats& stats_;
  std::shared_ptr<std::atomic<bool>> claimed_;
  bool claims_ = false;
  HashMap<std::unique_ptr<stats::Block<TransportMatchStats>>> matches_;  // By name.
};

}  // namespace weir::upstream
