// The counters of the process, named as Envoy's: server.*, cluster_manager.*, listener_manager.*
#pragma once

#include <span>

#include "source/server/listener_director.h"
#include "source/stats/stats.h"

namespace weir::server {

struct ServerStats {
  stats::Gauge live, state, concurrency, uptime, total_connections;
  stats::Gauge memory_allocated, memory_heap_size;
  stats::Histogram initialization_time_ms;

  static std::span<const stats::Field> Fields();
};

// Written by the main thread from the directors' counts.
struct ClusterDirectorStats {
  stats::Gauge active_clusters, warming_clusters;
  stats::Counter cluster_added, cluster_modified, cluster_removed;

  void Show(uint64_t added, uint64_t modified, uint64_t removed, size_t active, size_t warming);
  static std::span<const stats::Field> Fields();
};

struct ListenerDirectorStats {
  stats::Gauge total_listeners_active, total_listeners_warming, workers_started;
  stats::Counter listener_added, listener_modified, listener_removed, listener_in_place_updated;
  stats::Counter listener_create_failure;

  void Show(const ListenerDirector::Counts& counts, size_t active, size_t warming);
  static std::span<const stats::Field> Fields();
};

}  // namespace weir::server
