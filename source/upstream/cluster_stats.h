// The counters of a cluster on one worker, named as Envoy's: cluster.<name>.*
#pragma once

#include <span>

#include "source/stats/stats.h"

namespace weir::upstream {

struct ClusterStats {
  stats::Counter upstream_cx_total, upstream_cx_http1_total, upstream_cx_http2_total;
  stats::Counter upstream_cx_connect_fail, upstream_cx_connect_timeout, upstream_cx_idle_timeout;
  stats::Counter upstream_cx_overflow, upstream_cx_pool_overflow, upstream_cx_none_healthy;
  stats::Counter upstream_cx_destroy;
  stats::Counter upstream_cx_destroy_local, upstream_cx_destroy_remote;
  stats::Counter upstream_cx_destroy_with_active_rq, upstream_cx_destroy_local_with_active_rq;
  stats::Counter upstream_cx_destroy_remote_with_active_rq;
  stats::Counter upstream_cx_protocol_error, upstream_cx_max_requests,
      upstream_cx_max_duration_reached;
  stats::Counter upstream_cx_close_notify, upstream_cx_rx_bytes_total, upstream_cx_tx_bytes_total;
  stats::Gauge upstream_cx_active, upstream_cx_rx_bytes_buffered, upstream_cx_tx_bytes_buffered;
  stats::Histogram upstream_cx_connect_ms, upstream_cx_length_ms;
  stats::Counter upstream_rq_total, upstream_rq_completed, upstream_rq_pending_total;
  stats::Counter upstream_rq_pending_overflow, upstream_rq_pending_failure_eject,
      upstream_rq_cancelled;
  stats::Counter upstream_rq_timeout, upstream_rq_per_try_timeout, upstream_rq_rx_reset,
      upstream_rq_tx_reset, upstream_rq_per_try_idle_timeout;
  stats::Counter upstream_rq_retry, upstream_rq_retry_success, upstream_rq_retry_overflow;
  stats::Counter upstream_rq_retry_limit_exceeded, upstream_rq_retry_backoff_exponential,
      upstream_rq_retry_backoff_ratelimited;
  stats::Counter upstream_internal_redirect_succeeded_total,
      upstream_internal_redirect_failed_total;
  stats::Counter upstream_rq_maintenance_mode, upstream_rq_max_duration_reached;
  stats::Counter upstream_rq_alt_stat_overflow;
  stats::Gauge upstream_rq_active, upstream_rq_pending_active;
  stats::Histogram upstream_rq_time;
  stats::StatusCounters upstream_rq_;
  stats::Counter membership_change, update_success, update_empty, update_no_rebuild,
      lb_healthy_panic;
  // Gauges of the cluster itself, not of a worker: set by one writer (worker 0's map).
  stats::Gauge membership_total, membership_healthy, membership_degraded;

  // Hosts that fitted none of transport_socket_matches.
  stats::Counter default_total_match_count;

  static std::span<const stats::Field> Fields();
};

// Of one of transport_socket_matches: cluster.<name>.<match>.*
struct TransportMatchStats {
  stats::Counter total_match_count;

  static std::span<const stats::Field> Fields();
};

// Answers counted once more under a name that the request brings
// (x-envoy-upstream-alt-stat-name): cluster.<name>.<that name>.*
struct AltStats {
  stats::Counter upstream_rq_completed;
  stats::Histogram upstream_rq_time;
  stats::StatusCounters upstream_rq_;

  static std::span<const stats::Field> Fields();
};

}  // namespace weir::upstream
