// The counters of HTTP/2 connections on one worker, named as Envoy's: http2.* of the clients,
// cluster.<name>.http2.* of an upstream.
#pragma once

#include <span>

#include "source/stats/stats.h"

namespace weir::http::h2 {

struct Stats {
  stats::Counter header_overflow;
  stats::Counter inbound_empty_frames_flood, inbound_priority_frames_flood;
  stats::Counter inbound_window_update_frames_flood;
  stats::Counter outbound_flood, outbound_control_flood;
  stats::Counter rx_messaging_error, rx_reset, tx_reset, trailers;
  stats::Counter stream_refused_errors, goaway_sent, keepalive_timeout, tx_flush_timeout;
  stats::Gauge streams_active;

  static std::span<const stats::Field> Fields();
};

}  // namespace weir::http::h2
