// The counters of a listener on one worker, named as Envoy's: listener.<address>.*
#pragma once

#include <span>

#include "source/stats/stats.h"

namespace weir::server {

struct ListenerStats {
  stats::Counter downstream_cx_total, downstream_cx_destroy, downstream_cx_overflow;
  stats::Counter downstream_pre_cx_timeout, downstream_cx_transport_socket_connect_timeout;
  stats::Counter no_filter_chain_match, downstream_cx_overload_reject;
  stats::Counter downstream_global_cx_overflow;
  stats::Gauge downstream_cx_active, downstream_pre_cx_active;
  stats::Histogram downstream_cx_length_ms;

  static std::span<const stats::Field> Fields();
};

}  // namespace weir::server
