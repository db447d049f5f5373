#include "source/server/server_stats.h"

namespace weir::server {
namespace {

// Brings a counter to a sum that somebody else keeps.
void Raise(stats::Counter& counter, uint64_t sum) { counter.Add(sum - counter.value()); }

}  // namespace

std::span<const stats::Field> ServerStats::Fields() {
  static constexpr stats::Field kFields[] = {
      WEIR_STAT_FIELD(ServerStats, kGauge, live, "1 while the server serves and does not drain"),
      WEIR_STAT_FIELD(ServerStats, kGauge, state, "0 live, 1 draining, 2 and 3 initializing"),
      WEIR_STAT_FIELD(ServerStats, kGauge, concurrency, "Workers"),
      WEIR_STAT_FIELD(ServerStats, kGauge, uptime, "Seconds since the start"),
      WEIR_STAT_FIELD(ServerStats, kGauge, total_connections, "Downstream connections"),
      WEIR_STAT_FIELD(ServerStats, kGauge, memory_allocated, "Bytes in use of the heap"),
      WEIR_STAT_FIELD(ServerStats, kGauge, memory_heap_size, "Bytes of the heap"),
      WEIR_STAT_FIELD(ServerStats, kGauge, memory_physical_size,
                      "Bytes of the process in physical memory"),
      WEIR_STAT_FIELD(ServerStats, kGauge, parent_connections, "Of the process before: none"),
      WEIR_STAT_FIELD(ServerStats, kGauge, hot_restart_epoch, "0: there is no hot restart"),
      WEIR_STAT_FIELD(ServerStats, kGauge, hot_restart_generation, "1: there is no hot restart"),
      WEIR_STAT_FIELD(ServerStats, kGauge, version,
                      "Parts of the version times 10000, 100 and 1, or what the bootstrap says"),
      WEIR_STAT_FIELD(ServerStats, kCounter, static_unknown_fields,
                      "Fields of the bootstrap that have no effect"),
      WEIR_STAT_FIELD(ServerStats, kCounter, dynamic_unknown_fields,
                      "Fields of accepted resources that have no effect"),
      WEIR_STAT_FIELD(ServerStats, kCounter, wip_protos, "Parts of the API in progress: none"),
      WEIR_STAT_FIELD(ServerStats, kCounter, debug_assertion_failures,
                      "None: a broken invariant ends the process"),
      WEIR_STAT_FIELD(ServerStats, kCounter, envoy_bug_failures,
                      "None: a broken invariant ends the process"),
      WEIR_STAT_FIELD(ServerStats, kCounter, dropped_stat_flushes, "None: there are no sinks"),
      WEIR_STAT_FIELD(ServerStats, kHistogram, initialization_time_ms,
                      "Time until the server was live"),
  };
  return kFields;
}

void ClusterDirectorStats::Show(const ClusterDirector::Counts& counts, size_t active,
                                size_t warming) {
  Raise(cluster_added, counts.added);
  Raise(cluster_modified, counts.modified);
  Raise(cluster_removed, counts.removed);
  Raise(cluster_updated, counts.updated);
  active_clusters.Set(static_cast<int64_t>(active));
  warming_clusters.Set(static_cast<int64_t>(warming));
}

std::span<const stats::Field> ClusterDirectorStats::Fields() {
  static constexpr stats::Field kFields[] = {
      WEIR_STAT_FIELD(ClusterDirectorStats, kGauge, active_clusters, "Clusters in force"),
      WEIR_STAT_FIELD(ClusterDirectorStats, kGauge, warming_clusters,
                      "Clusters that wait for their endpoints"),
      WEIR_STAT_FIELD(ClusterDirectorStats, kCounter, cluster_added, "Clusters added"),
      WEIR_STAT_FIELD(ClusterDirectorStats, kCounter, cluster_modified, "Clusters changed"),
      WEIR_STAT_FIELD(ClusterDirectorStats, kCounter, cluster_removed, "Clusters removed"),
      WEIR_STAT_FIELD(ClusterDirectorStats, kCounter, cluster_updated,
                      "Changes of the endpoints of a cluster in force"),
      WEIR_STAT_FIELD(ClusterDirectorStats, kCounter, cluster_updated_via_merge,
                      "None: changes are applied as they come"),
      WEIR_STAT_FIELD(ClusterDirectorStats, kCounter, update_merge_cancelled,
                      "None: changes are applied as they come"),
      WEIR_STAT_FIELD(ClusterDirectorStats, kCounter, update_out_of_merge_window,
                      "None: changes are applied as they come"),
  };
  return kFields;
}

void ListenerDirectorStats::Show(const ListenerDirector::Counts& counts, size_t active,
                                 size_t warming) {
  Raise(listener_added, counts.added);
  Raise(listener_modified, counts.modified);
  Raise(listener_removed, counts.removed);
  Raise(listener_in_place_updated, counts.in_place_updated);
  Raise(listener_create_success, counts.create_success);
  Raise(listener_create_failure, counts.create_failure);
  Raise(listener_stopped, counts.stopped);
  total_listeners_active.Set(static_cast<int64_t>(active));
  total_listeners_warming.Set(static_cast<int64_t>(warming));
  workers_started.Set(1);
}

std::span<const stats::Field> ListenerDirectorStats::Fields() {
  static constexpr stats::Field kFields[] = {
      WEIR_STAT_FIELD(ListenerDirectorStats, kGauge, total_listeners_active, "Listeners in force"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kGauge, total_listeners_warming,
                      "Listeners that wait for their routes"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kGauge, total_listeners_draining,
                      "Removed listeners that still have connections on some worker"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kGauge, total_filter_chains_draining,
                      "Always 0: the connections of a removed filter chain drain one by one"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kGauge, workers_started, "1 when the workers run"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kCounter, listener_added, "Listeners added"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kCounter, listener_modified, "Listeners changed"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kCounter, listener_removed, "Listeners removed"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kCounter, listener_in_place_updated,
                      "Changes of filter chains alone"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kCounter, listener_create_failure,
                      "Listeners that could not be bound"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kCounter, listener_create_success,
                      "Listeners that were bound"),
      WEIR_STAT_FIELD(ListenerDirectorStats, kCounter, listener_stopped, "Listeners stopped"),
  };
  return kFields;
}

}  // namespace weir::server
