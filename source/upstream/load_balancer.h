// Which of a cluster's usable hosts gets the next request.
//
// A balancer is made for one list of hosts and made anew when the list, a weight or the settings
// change; it is never asked while the list is empty. Owned by the cluster; worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "source/config/cluster.h"
#include "source/event/random.h"
#include "source/upstream/host.h"

namespace weir::upstream {

using HostList = std::vector<HostRef>;

class LoadBalancer {
 public:
  virtual ~LoadBalancer() = default;
  // The index of a host in the list. `random`: 64 fresh random bits.
  virtual size_t Pick(uint64_t random) = 0;
};

// `hosts` outlives the balancer and does not change; it is not empty. `random` gives the point at
// which this worker starts, so that workers do not all begin with the same host.
//
// ROUND_ROBIN: in turn; with unequal weights by an EDF schedule.
// LEAST_REQUEST: the least loaded of choice_count random ones; with unequal weights an EDF schedule
// whose
//   weights are weight / (active requests + 1) ^ active_request_bias.
// RANDOM: in proportion to the weights.
std::unique_ptr<LoadBalancer> CreateLoadBalancer(const config::Cluster& cluster,
                                                 const HostList& hosts, event::Random& random);

}  // namespace weir::upstream
