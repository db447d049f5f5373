#include "source/proxy/http_stats.h"

namespace weir::proxy {

#define C(member, help) WEIR_STAT_FIELD(HttpStats, kCounter, member, help)
#define G(member, help) WEIR_STAT_FIELD(HttpStats, kGauge, member, help)
#define H(member, help) WEIR_STAT_FIELD(HttpStats, kHistogram, member, help)

namespace {

constexpr stats::Field kHttpFields[] = {
    C(downstream_cx_total, "Connections"),
    C(downstream_cx_http1_total, "HTTP/1.1 connections"),
    C(downstream_cx_http2_total, "HTTP/2 connections"),
    C(downstream_cx_destroy, "Connections ended"),
    C(downstream_cx_destroy_local, "Connections ended by the proxy"),
    C(downstream_cx_destroy_remote, "Connections ended by the client"),
    C(downstream_cx_destroy_active_rq, "Connections ended with a request in flight"),
    C(downstream_cx_destroy_local_active_rq, "Ended by the proxy with a request in flight"),
    C(downstream_cx_destroy_remote_active_rq, "Ended by the client with a request in flight"),
    C(downstream_cx_idle_timeout, "Connections closed for idleness"),
    C(downstream_cx_max_duration_reached, "Connections closed at their longest life"),
    C(downstream_cx_max_requests_reached, "Connections closed at their most requests"),
    C(downstream_cx_drain_close, "Connections closed by draining"),
    C(downstream_cx_overload_disable_keepalive, "Connections closed for want of resources"),
    C(downstream_cx_delayed_close_timeout, "Closes that waited for the client in vain"),
    C(downstream_cx_protocol_error, "Connections that broke the protocol"),
    C(downstream_cx_rx_bytes_total, "Bytes received"),
    C(downstream_cx_tx_bytes_total, "Bytes sent"),
    C(downstream_cx_upgrades_total, "Requests for a tunnel that were let through"),
    G(downstream_cx_upgrades_active, "Those of them that are not over"),
    G(downstream_cx_active, "Connections open"),
    G(downstream_cx_http1_active, "HTTP/1.1 connections open"),
    G(downstream_cx_http2_active, "HTTP/2 connections open"),
    H(downstream_cx_length_ms, "Life of a connection in milliseconds"),
    C(downstream_rq_total, "Requests"),
    C(downstream_rq_http1_total, "HTTP/1.1 requests"),
    C(downstream_rq_http2_total, "HTTP/2 requests"),
    C(downstream_rq_completed, "Requests answered"),
    C(downstream_rq_timeout, "Requests that came too slowly"),
    C(downstream_rq_header_timeout, "Request heads that came too slowly"),
    C(downstream_rq_idle_timeout, "Streams without progress"),
    C(downstream_rq_max_duration_reached, "Streams ended at their longest life"),
    C(downstream_rq_rx_reset, "Resets received"),
    C(downstream_rq_tx_reset, "Resets sent"),
    C(downstream_rq_overload_close, "Requests answered 503 for want of resources"),
    C(downstream_rq_too_large, "Requests with a body above the limit"),
    C(downstream_rq_too_many_premature_resets,
      "Connections ended for requests that most often were given up before their answer"),
    C(downstream_rq_ws_on_non_ws_route, "Requests for a tunnel that is not switched on"),
    C(downstream_rq_rejected_via_ip_detection, "Requests that do not say who they are from"),
    C(downstream_rq_failed_path_normalization, "Requests whose path cannot be normalised"),
    C(downstream_rq_redirected_with_normalized_path, "Requests redirected to their normal path"),
    G(downstream_rq_active, "Requests in flight"),
    H(downstream_rq_time, "Time to answer in milliseconds"),
    stats::Field{"downstream_rq_", stats::Kind::kStatusClassCounters,
                 offsetof(HttpStats, downstream_rq_), "Answers by status class"},
    C(no_route, "Requests without a route"),
    C(no_cluster, "Requests whose route names an unknown cluster"),
    C(rq_redirect, "Requests answered with a redirect"),
    C(rq_direct_response, "Requests answered by the configuration"),
    C(rq_total, "Requests routed"),
    C(rq_reset_after_downstream_response_started, "Answers cut off"),
    C(passthrough_internal_redirect_bad_location, "Redirects without an absolute URL"),
    C(passthrough_internal_redirect_no_route, "Redirects to where no route leads"),
    C(passthrough_internal_redirect_predicate, "Redirects that a predicate refused"),
    C(passthrough_internal_redirect_too_many_redirects, "Redirects above the limit"),
    C(passthrough_internal_redirect_unsafe_scheme, "Redirects to another scheme"),
};

}  // namespace

std::span<const stats::Field> HttpStats::Fields() { return kHttpFields; }

#undef C
#undef G
#undef H
#define C(member, help) WEIR_STAT_FIELD(TcpStats, kCounter, member, help)

std::span<const stats::Field> TcpStats::Fields() {
  static constexpr stats::Field kFields[] = {
      C(downstream_cx_total, "Connections"),
      C(downstream_cx_no_route, "Connections without a cluster"),
      C(downstream_cx_rx_bytes_total, "Bytes received"),
      C(downstream_cx_tx_bytes_total, "Bytes sent"),
      C(idle_timeout, "Connections closed for idleness"),
      C(max_downstream_connection_duration, "Connections closed at their longest life"),
      C(downstream_flow_control_paused_reading_total,
        "Times that reading stopped for a slow upstream"),
      C(downstream_flow_control_resumed_reading_total, "Times that reading went on"),
      WEIR_STAT_FIELD(TcpStats, kGauge, downstream_cx_active, "Connections open"),
  };
  return kFields;
}

#undef C

}  // namespace weir::proxy
