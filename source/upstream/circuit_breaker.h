// The limits that a user states for a cluster. They hold for the process and are never exceeded.
//
// A BreakerRegistry belongs to the process; a worker takes a Lease for each of a cluster's limits.
// Leases draw small portions from the shared rest, so that the request path touches no shared cache
// line; a worker that has none takes back what the others do not use. A limit below 8 a worker is
// one shared counter.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/cluster.h"
#include "source/upstream/recent_requests.h"

namespace weir::upstream {

// One limit of one cluster, shared by all workers. Any thread.
class SharedLimit;

struct LeaseSlot;

// A worker's part in a SharedLimit. Worker's thread. Destroying it gives back what it has taken.
class Lease {
 public:
  explicit Lease(std::shared_ptr<SharedLimit> limit);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  // Takes one; false when the process is at the limit.
  bool TryTake();
  void Give();
  uint64_t taken() const { return taken_; }  // On this worker.

  // For what others may hold without using it (idle connections). `wake` is called from any thread,
  // under a lock: it posts to the worker's loop and does nothing else. It says that somebody waits
  // who could not have one, or that one was given back and this lease waits.
  void SetWake(std::function<void()> wake);
  // TryTake; at the limit it waits from now on, and the other leases are woken.
  bool TakeOrAwait();
  void StopWaiting();
  bool waiting() const { return waiting_; }
  // Whether another lease waits.
  bool WantedElsewhere() const;

 private:
  std::shared_ptr<SharedLimit> limit_;
  LeaseSlot* slot_;  // Owned by limit_.
  uint64_t taken_ = 0;
  bool waiting_ = false;
};

struct ClusterLimits {
  std::shared_ptr<SharedLimit> connections, pending_requests, requests, retries;
  std::shared_ptr<SharedLimit> pools;               // Null: no limit.
  std::shared_ptr<RecentRequests> recent_requests;  // Null: no retry budget has an interval.
  // Moves the limit of retries to what `budget` grants for the requests of `now`.
  void FollowBudget(const config::RetryBudget& budget, event::MonotonicTime now) const;
  // Whether some worker's cluster sets the gauges of the cluster itself (membership_*). Who turned
  // it from false to true does, until it turns it back.
  std::shared_ptr<std::atomic<bool>> membership_reported;
};

// How far the limits of one cluster and priority are used up.
struct BreakerReading {
  struct Limit {
    uint64_t taken = 0, limit = 0;
    bool open() const { return taken >= limit; }
    uint64_t remaining() const { return open() ? 0 : limit - taken; }
  };
  std::string stat_name;  // Of the cluster.
  bool high_priority = false;
  bool track_remaining = false;
  Limit connections, pending_requests, requests, retries;
  std::optional<Limit> pools;  // Nothing: no limit.
};

class BreakerRegistry {
 public:
  explicit BreakerRegistry(uint32_t workers);
  ~BreakerRegistry();
  // The limits of a cluster and priority, made at first use; a changed setting moves the limit of
  // those that exist (what is above it is not cut, nothing new is given out until it fell below).
  ClusterLimits Get(const config::Cluster& cluster, bool high_priority);

  // The limit of connections to one of its hosts, likewise; null: there is none.
  std::shared_ptr<SharedLimit> ConnectionsTo(const std::string& host,
                                             const config::Cluster& cluster, bool high_priority);

  // Of every cluster that some worker uses, in no order, as of `now`. Any thread.
  std::vector<BreakerReading> Read(event::MonotonicTime now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::upstream
