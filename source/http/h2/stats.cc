#include "source/http/h2/stats.h"

namespace weir::http::h2 {

#define C(member, help) WEIR_STAT_FIELD(Stats, kCounter, member, help)

std::span<const stats::Field> Stats::Fields() {
  static constexpr stats::Field kFields[] = {
      C(header_overflow, "Messages whose fields were above a limit"),
      C(inbound_empty_frames_flood, "Connections ended for frames without payload"),
      C(inbound_priority_frames_flood, "Connections ended for PRIORITY frames"),
      C(inbound_window_update_frames_flood, "Connections ended for WINDOW_UPDATE frames"),
      C(outbound_flood, "Connections ended for frames that the peer did not read"),
      C(outbound_control_flood, "Connections ended for answers that the peer did not read"),
      C(rx_messaging_error, "Invalid messages received"),
      C(rx_reset, "RST_STREAM received"),
      C(tx_reset, "RST_STREAM sent"),
      C(trailers, "Messages received with trailers"),
      C(stream_refused_errors, "Streams opened beyond the limit"),
      C(goaway_sent, "GOAWAY sent"),
      C(keepalive_timeout, "Connections ended for a PING without answer"),
      C(tx_flush_timeout, "Streams ended whose last bytes the peer did not take"),
      WEIR_STAT_FIELD(Stats, kGauge, streams_active, "Streams open"),
  };
  return kFields;
}

#undef C

}  // namespace weir::http::h2
