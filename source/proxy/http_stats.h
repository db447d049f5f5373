// The counters of a connection manager on one worker, named as Envoy's: http.<stat_prefix>.*
#pragma once

#include <span>

#include "source/stats/stats.h"

namespace weir::proxy {

struct HttpStats {
  stats::Counter downstream_cx_total, downstream_cx_http1_total, downstream_cx_http2_total;
  stats::Counter downstream_cx_destroy, downstream_cx_destroy_local, downstream_cx_destroy_remote;
  stats::Counter downstream_cx_destroy_active_rq, downstream_cx_destroy_local_active_rq;
  stats::Counter downstream_cx_destroy_remote_active_rq;
  stats::Counter downstream_cx_idle_timeout, downstream_cx_max_duration_reached;
  stats::Counter downstream_cx_max_requests_reached, downstream_cx_drain_close;
  stats::Counter downstream_cx_overload_disable_keepalive, downstream_rq_overload_close;
  stats::Counter downstream_cx_delayed_close_timeout, downstream_cx_protocol_error;
  stats::Counter downstream_cx_rx_bytes_total, downstream_cx_tx_bytes_total;
  stats::Counter downstream_cx_upgrades_total;
  stats::Gauge downstream_cx_upgrades_active;
  stats::Gauge downstream_cx_active, downstream_cx_http1_active, downstream_cx_http2_active;
  stats::Histogram downstream_cx_length_ms;

  stats::Counter downstream_rq_total, downstream_rq_http1_total, downstream_rq_http2_total;
  stats::Counter downstream_rq_completed, downstream_rq_timeout, downstream_rq_header_timeout;
  stats::Counter downstream_rq_idle_timeout, downstream_rq_max_duration_reached;
  stats::Counter downstream_rq_rx_reset, downstream_rq_tx_reset, downstream_rq_too_large;
  stats::Counter downstream_rq_too_many_premature_resets, downstream_rq_ws_on_non_ws_route;
  stats::Counter downstream_rq_rejected_via_ip_detection;
  stats::Counter downstream_rq_failed_path_normalization,
      downstream_rq_redirected_with_normalized_path;
  stats::Gauge downstream_rq_active;
  stats::Histogram downstream_rq_time;
  stats::StatusCounters downstream_rq_;
  stats::Counter no_route, no_cluster, rq_redirect, rq_direct_response, rq_total;
  stats::Counter rq_reset_after_downstream_response_started;
  stats::Counter passthrough_internal_redirect_bad_location, passthrough_internal_redirect_no_route;
  stats::Counter passthrough_internal_redirect_predicate;
  stats::Counter passthrough_internal_redirect_too_many_redirects;
  stats::Counter passthrough_internal_redirect_unsafe_scheme;

  static std::span<const stats::Field> Fields();
};

// tcp.<stat_prefix>.*
struct TcpStats {
  stats::Counter downstream_cx_total, downstream_cx_no_route;
  stats::Counter downstream_cx_rx_bytes_total, downstream_cx_tx_bytes_total;
  stats::Counter idle_timeout, max_downstream_connection_duration;
  stats::Counter downstream_flow_control_paused_reading_total;
  stats::Counter downstream_flow_control_resumed_reading_total;
  stats::Gauge downstream_cx_active;

  static std::span<const stats::Field> Fields();
};

}  // namespace weir::proxy
