// The Cluster of one worker: its hosts, balancer, leases, counters and pools. See cluster.h.
//
// A pool belongs to a host, a protocol and a priority; the host knows its pools by pointer, so that
// a request looks nothing up. Where connections say to the peer whom they are for (auto_sni, a
// PROXY header), there is a pool for each, which is looked up and ends with its last connection.
// What the settings no longer allow, and what belongs to hosts that are gone, is retired: it ends
// its requests and dies, and those that waited there choose a host anew.
//
// Owned by the ClusterMap, after Drain too, until `ended` is called.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "source/base/hash_map.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster.h"
#include "source/upstream/cluster_map.h"
#include "source/upstream/host_set.h"
#include "source/upstream/membership.h"
#include "source/upstream/pool.h"

namespace weir::upstream {

class WorkerCluster final : public Cluster, private PoolOwner {
 public:
  // `ended` is called from the end of a turn once a draining cluster has no user left; it may bury
  // the cluster.
  WorkerCluster(const ClusterPlatform& platform, const config::ClusterEntry& entry,
                std::function<void(WorkerCluster&)> ended);
  WorkerCluster(const WorkerCluster&) = delete;
  WorkerCluster& operator=(const WorkerCluster&) = delete;
  ~WorkerCluster() override;

  // False when it cannot become what `entry` says (other names of its stats): to be drained and
  // replaced.
  bool Update(const config::ClusterEntry& entry);
  // Calls visit(const Host&, size_t connections, const buffer::Ledger&) for each pool.
  template <typename Visit>
  void ForEachPoolHeld(Visit visit) const {
    for (const auto* pools : {&pools_, &retired_}) {
      for (const auto& pool : *pools) {
        buffer::Ledger held;
        const size_t connections = pool->AddHeld(held);
        if (connections > 0) visit(*pool->host(), connections, held);
      }
    }
  }
  // The cluster is gone from the configuration.
  void Drain();

  // Cluster
  const ConfigRef& config() const override { return held_config_; }
  ClusterStats& stats() override { return *stats_; }
  AltStats* alt_stats(std::string_view name) override;
  Start StartStream(StreamRequest& request, const StreamOptions& options) override;
  Start StartTcp(TcpRequestHandler& handler, const StreamOptions& options,
                 std::unique_ptr<TcpConnection>* connection, http::StreamError* error) override;
  bool BeginRetry(bool high_priority) override;
  void EndRetry(bool high_priority) override;
  const HostList& hosts() const override { return hosts_.all(); }

 private:
  static constexpr size_t kPriorities = 2;
  // What one priority has; made when it is first used.
  struct Priority {
    Priority(const ClusterPlatform& platform, ClusterStats& stats, PoolOwner& owner,
             const ClusterLimits& cluster_limits);
    ClusterLimits limits;
    Leases leases;
    PoolContext context;
    StreamQueue displaced;  // Their pools were retired: they choose a host at the end of the turn.
  };

  // PoolOwner
  bool CloseIdleElsewhere(const Pool& asking) override;
  void OnLessUse() override;
  void OnUnused(Pool& pool) override;
  void OnTcpEnded() override;
  net::TransportStats& transport_stats() override;
  http::h2::Stats& Http2Stats() override;

  Priority& PriorityOf(bool high);
  // For connections to `host`.
  const std::shared_ptr<const ConnectionSettings>& SettingsFor(const Host& host);
  // The pool, made where there is none; null at the limit of pools.
  Pool* PoolOf(const HostRef& host, uint8_t index);
  // Where connections say whom they are for: the pool of those that say `purpose`.
  bool has_keyed_pools() const;
  Pool* PoolFor(const HostRef& host, uint8_t index, net::ConnectionPurpose purpose);
  const HostRef* PickHost(const StreamOptions& options);
  Start StartOn(const HostRef* host, StreamRequest& request);
  uint8_t PoolIndexFor(const StreamRequest& request) const;
  void UpdateHosts(const config::Endpoints* endpoints);
  void UpdateSettings(const config::Cluster& before,
                      std::shared_ptr<const config::Transports> transports);
  void UpdateLimits();
  Pool* AddPool(const HostRef& host, uint8_t index, Pool::Keyed keyed);
  // One that carries nothing; false where there is none.
  bool RetireIdlePool(bool high_priority);
  bool CloseIdle(const Pool* except, bool high_priority);
  void RetirePools(const std::function<bool(const Pool&)>& which);
  void Unlist(Pool& pool);
  void PlaceDisplaced();
  void OnTurnEnd();
  void OnWake(bool high_priority);
  void StopWaitingIfServed(bool high_priority);
  bool InUse() const;

  const ClusterPlatform& platform_;
  const std::function<void(WorkerCluster&)> ended_;
  std::shared_ptr<const config::Cluster> config_;
  ConfigRef held_config_;  // The same.
  std::shared_ptr<const config::Endpoints> endpoints_;
  std::shared_ptr<const config::Transports> transports_;  // Null: raw_buffer for all.
  stats::Block<ClusterStats> stats_;
  HashMap<std::unique_ptr<stats::Block<AltStats>>> alt_stats_;
  std::unique_ptr<stats::Block<http::h2::Stats>> http2_stats_;  // Null until there is use for it.
  std::unique_ptr<stats::Block<net::TransportStats>> transport_stats_;  // Null until it is used.
  Membership membership_;
  // By transport; null until a connection is wanted.
  std::vector<std::shared_ptr<const ConnectionSettings>> settings_;
  std::array<std::unique_ptr<Priority>, kPriorities> priorities_;
  HostSet hosts_;
  std::vector<std::unique_ptr<Pool>> pools_;
  HashMap<Pool*> keyed_;              // Those of them that have a key.
  bool tells_of_downstream_ = false;  // A transport does.
  bool has_unused_ = false;           // A pool with a key may have become useless.
  std::vector<std::unique_ptr<Pool>> retired_;
  event::TurnEndTask turn_end_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // For what was posted.
  size_t tcp_connections_ = 0;
  size_t retries_ = 0;
  bool draining_ = false;
};

}  // namespace weir::upstream
