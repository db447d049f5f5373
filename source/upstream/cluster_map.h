// The clusters of one worker, by name. Worker's thread.
//
// Each generation is installed whole: clusters whose entry is the same object are untouched,
// changed endpoints change hosts and keep the pools of those that stay, a changed cluster takes
// over what its settings allow and drains the rest, a removed one drains. Only clusters that were
// used are looked at.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "source/base/persistent_map.h"
#include "source/buffer/block_pool.h"
#include "source/buffer/ledger.h"
#include "source/config/cluster.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/net/network.h"
#include "source/stats/registry.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster.h"

namespace weir::upstream {

// What a worker's clusters are built from. References outlive the map.
struct ClusterPlatform {
  event::Loop& loop;
  net::Network& network;
  event::Random& random;
  buffer::BlockPool& blocks;
  stats::Registry& stats;
  BreakerRegistry& breakers;  // Of the process: limits hold across workers.
  // Sends a part of a generation to where it may be freed (not on a worker).
  std::function<void(std::shared_ptr<const void>)> release;
};

class ClusterMap {
 public:
  explicit ClusterMap(ClusterPlatform platform);
  ClusterMap(const ClusterMap&) = delete;
  ClusterMap& operator=(const ClusterMap&) = delete;
  ~ClusterMap();

  // The map before it must live until this returns, and `clusters` until the next Install.
  void Install(const PersistentMap<config::ClusterEntry>& clusters);
  // The cluster, made now if this is its first use here; null when the generation has none of that
  // name.
  Cluster* Find(std::string_view name);
  // Ends all: idle connections close, those in use after their last request. `done` comes from the
  // loop once none is left.
  void Drain(std::function<void()> done);

  // For /clusters and tests: the clusters that were used on this worker.
  void ForEachUsed(const std::function<void(Cluster&)>& visit);
  // What the connections to each host hold, of clusters that end too; a host may come repeatedly.
  using VisitHeld =
      std::function<void(const Host& host, size_t connections, const buffer::Ledger& held)>;
  void ForEachHeld(const VisitHeld& visit) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::upstream
