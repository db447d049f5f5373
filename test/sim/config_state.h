// One configuration as the simulation thinks of it; resources.h makes xDS resources of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::sim {

// Routes of one group of paths: one cluster, or two that share the requests.
struct Target {
  std::vector<size_t> clusters;  // By index; one or two.
};

struct ClusterState {
  bool present = true;
  std::vector<size_t> endpoints;  // Indices of the cluster's addresses.
  uint32_t revision = 0;          // Another one makes another cluster of it.
  bool http2 = false;
};

// A resource of the push that the proxy must refuse; what it had stays in force.
enum class Spoiled : uint8_t { kNothing, kCluster, kListener, kRoutes };

struct ConfigState {
  uint32_t number = 0;
  std::vector<Target> targets;  // By group.
  std::vector<ClusterState> clusters;
  std::vector<uint32_t> listener_revisions;
  bool extra_listener = false;  // One that nobody uses.
  Spoiled spoiled = Spoiled::kNothing;
};

}  // namespace weir::sim
