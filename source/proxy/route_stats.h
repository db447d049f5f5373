// What is counted of the requests of one route or one virtual cluster, beside their cluster, named
// as Envoy's: vhost.<virtual host>.route.<stat_prefix>.*, vhost.<virtual host>.vcluster.<name>.*
#pragma once

#include <cstdint>
#include <span>

#include "source/stats/stats.h"

namespace weir::proxy {

struct RouteStats {
  stats::Counter upstream_rq_total, upstream_rq_completed, upstream_rq_timeout;
  stats::Counter upstream_rq_retry, upstream_rq_retry_success, upstream_rq_retry_overflow;
  stats::Counter upstream_rq_retry_limit_exceeded;
  stats::Counter upstream_rq_retry_backoff_exponential, upstream_rq_retry_backoff_ratelimited;
  stats::StatusCounters upstream_rq_;
  stats::Histogram upstream_rq_time;

  static std::span<const stats::Field> Fields();
};

// Those that one request counts for: its route's and its virtual cluster's. Worker's thread.
class RouteCounts {
 public:
  RouteCounts() = default;
  // Null: it has none. See StatsByPrefix for how long they live.
  RouteCounts(RouteStats* of_route, RouteStats* of_virtual_cluster)
      : all_{of_route, of_virtual_cluster} {}

  void Inc(stats::Counter RouteStats::* counter) {
    ForEach([&](RouteStats& stats) { (stats.*counter).Inc(); });
  }
  // An answer.
  void Completed(uint16_t status) {
    ForEach([&](RouteStats& stats) {
      stats.upstream_rq_.Inc(status);
      stats.upstream_rq_completed.Inc();
    });
  }
  void Took(uint64_t milliseconds) {
    ForEach([&](RouteStats& stats) { stats.upstream_rq_time.Record(milliseconds); });
  }

 private:
  template <typename Count>
  void ForEach(Count count) {
    for (RouteStats* const stats : all_) {
      if (stats != nullptr) count(*stats);
    }
  }

  RouteStats* all_[2] = {};
};

}  // namespace weir::proxy
