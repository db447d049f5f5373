// The limits that a user states for a cluster. They hold for the process and are never exceeded.
//
// A BreakerRegistry belongs to the process; a worker takes a Lease for each of a cluster's limits. Leases draw small
// portions from the shared rest, so that the request path touches no shared cache line; a worker that has
// none asks the others to give back what they do not use. A limit below 8 a worker is one shared counter.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "source/config/cluster.h"

namespace weir::upstream {

// One limit of one cluster, shared by all workers. Any thread.
class SharedLimit;

// A worker's part in a SharedLimit. Worker's thread.
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

 private:
  std::shared_ptr<SharedLimit> limit_;
  uint64_t taken_ = 0;
  uint64_t reserve_ = 0;  // Drawn from the shared rest and not taken.
};

struct ClusterLimits {
  std::shared_ptr<SharedLimit> connections, pending_requests, requests, retries;
};

class BreakerRegistry {
 public:
  explicit BreakerRegistry(uint32_t workers);
  ~BreakerRegistry();
  // The limits of a cluster and priority, made at first use; a changed setting moves the limit of those
  // that exist (what is above it is not cut, nothing new is given out until it fell below).
  ClusterLimits Get(std::string_view cluster, bool high_priority, const config::CircuitBreakers& settings);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::upstream
