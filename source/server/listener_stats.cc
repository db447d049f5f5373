#include "source/server/listener_stats.h"

namespace weir::server {

#define FIELD(kind, member, help) WEIR_STAT_FIELD(ListenerStats, kind, member, help)

std::span<const stats::Field> ListenerStats::Fields() {
  static constexpr stats::Field kFields[] = {
      FIELD(kCounter, downstream_cx_total, "Connections accepted"),
      FIELD(kCounter, downstream_cx_destroy, "Connections ended"),
      FIELD(kCounter, downstream_cx_overflow, "Connections refused for a limit"),
      FIELD(kCounter, downstream_pre_cx_timeout, "Listener filters that took too long"),
      FIELD(kCounter, downstream_cx_transport_socket_connect_timeout,
            "Handshakes that took too long"),
      FIELD(kCounter, no_filter_chain_match, "Connections that no filter chain matched"),
      FIELD(kCounter, downstream_cx_overload_reject, "Connections closed for want of resources"),
      FIELD(kCounter, downstream_global_cx_overflow,
            "Connections closed for the limit on those of all listeners"),
      FIELD(kGauge, downstream_cx_active, "Connections open"),
      FIELD(kGauge, downstream_pre_cx_active, "Connections before their filter chain"),
      FIELD(kHistogram, downstream_cx_length_ms, "Life of a connection in milliseconds"),
  };
  return kFields;
}

#undef FIELD

}  // namespace weir::server
