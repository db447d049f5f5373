// The counters of the process, named as Envoy's: server.*, cluster_manager.*, listener_manager.*
#pragma once

#include <span>

#include "source/server/cluster_director.h"
#include "source/server/listener_director.h"
#include "source/stats/stats.h"

namespace weir::server {

struct ServerStats {
  stats::Gauge live, state, concurrency, uptime, total_connections, parent_connections;
  stats::Gauge hot_restart_epoch, hot_restart_generation, version;
  stats::Counter static_unknown_fields, dynamic_unknown_fields, wip_protos;
  stats::Counter debug_assertion_failures, envoy_bug_failures, dropped_stat_flushes;
  stats::Gauge memory_allocated, memory_heap_size, memory_physical_size;
  stats::Histogram initialization_time_ms;

  static std::span<const stats::Field> Fields();
};

// Written by the main thread from the directors' counts.
struct ClusterDirectorStats {
  stats::Gauge active_clusters, warming_clusters;
  stats::Counter cluster_added, cluster_modified, cluster_removed, cluster_updated;
  stats::Counter cluster_updated_via_merge, update_merge_cancelled, update_out_of_merge_window;

  void Show(const ClusterDirector::Counts& counts, size_t active, size_t warming);
  static std::span<const stats::Field> Fields();
};

struct ListenerDirectorStats {
  stats::Gauge total_listeners_active, total_listeners_warming, total_listeners_draining;
  stats::Gauge total_filter_chains_draining, workers_started;
  stats::Counter listener_added, listener_modified, listener_removed, listener_in_place_updated;
  stats::Counter listener_create_success, listener_create_failure, listener_stopped;

  void Show(const ListenerDirector::Counts& counts, size_t active, size_t warming);
  static std::span<const stats::Field> Fields();
};

}  // namespace weir::server
