// The HTTP/2 codecs (RFC 9113) over nghttp2: how connections make them, and what may be set.
//
// nghttp2 keeps the frames, HPACK and the windows; this folder keeps what it leaves open: the
// grammar of heads, limits, protections against floods, back-pressure and the two steps of a
// graceful GOAWAY. FinishTurn turns what was encoded into bytes; SetOutputBlocked(true) stops that,
// and the streams hold their bytes. One worker; the connection owns the codec.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "source/buffer/block_pool.h"
#include "source/http/codec.h"

namespace weir::http::h2 {

// Names and defaults as in Http2ProtocolOptions.
struct Options {
  CodecLimits limits;
  // RequestHead::scheme of every request: "http", or "https" behind TLS; ":scheme" is checked and
  // dropped. Must outlive the codec (a literal).
  std::string_view scheme = "http";
  uint32_t max_concurrent_streams = 1024;
  uint32_t initial_stream_window_size = 16 * 1024 * 1024;      // 65,535 to 2^31-1.
  uint32_t initial_connection_window_size = 24 * 1024 * 1024;  // 65,535 to 2^31-1.
  uint32_t hpack_table_size = 4096;
  // Streams that a client may open before the server's SETTINGS have come.
  uint32_t assumed_peer_streams = 100;
  // Floods: the connection ends with GOAWAY (ENHANCE_YOUR_CALM) when one is exceeded.
  uint32_t max_outbound_control_frames = 1000;
  uint32_t max_consecutive_inbound_frames_with_empty_payload = 1;
  uint32_t max_inbound_priority_frames_per_stream = 100;
  uint32_t max_inbound_window_update_frames_per_data_frame_sent = 10;
  // After so many requests, more than half of which were reset before they were answered.
  uint32_t premature_reset_total_stream_count = 500;
  uint32_t max_informational = 64;  // 1xx answers before the final one (client only).
};

// `handler`, `pool` and `options` outlive the codec.
std::unique_ptr<ServerCodec> CreateServerCodec(ServerCodecHandler& handler, buffer::BlockPool& pool,
                                               const Options& options);
std::unique_ptr<ClientCodec> CreateClientCodec(ClientCodecHandler& handler, buffer::BlockPool& pool,
                                               const Options& options);

}  // namespace weir::http::h2
