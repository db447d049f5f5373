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
#include <vector>

#include "source/buffer/block_pool.h"
#include "source/http/codec.h"
#include "source/http/h2/stats.h"

namespace weir::http::h2 {

// After so many streams the connection ends when more than half of them ended prematurely.
inline constexpr std::string_view kTooManyPrematureResets = "http2.too_many_premature_resets";

// A parameter of SETTINGS (RFC 9113, 6.5.1).
struct Setting {
  uint16_t identifier = 0;
  uint32_t value = 0;
  friend bool operator==(const Setting&, const Setting&) = default;
};

// Names and defaults as in Http2ProtocolOptions.
struct Options {
  CodecLimits limits;
  // RequestHead::scheme of every request: "http", or "https" behind TLS; ":scheme" is checked and
  // dropped. Must outlive the codec (a literal).
  std::string_view scheme = "http";
  uint32_t max_concurrent_streams = 1024;
  uint32_t initial_stream_window_size = 16 * 1024 * 1024;      // 65,535 to 2^31-1.
  uint32_t initial_connection_window_size = 24 * 1024 * 1024;  // 65,535 to 2^31-1.
  // Clients may ask for tunnels by extended CONNECT (RFC 8441; server only).
  bool allow_connect = false;
  uint32_t hpack_table_size = 4096;
  // Streams that a client may open before the server's SETTINGS have come.
  uint32_t assumed_peer_streams = 100;
  // The pieces in which a cookie field may come; they count as one field and are joined.
  uint32_t max_cookie_crumbs = 256;
  // A message that breaks the rules of HTTP ends its stream alone, not the connection.
  bool stream_error_on_invalid_http_message = false;
  // Bytes above 127 in a value of a field break them, too (RFC 9110, 5.5: obs-text).
  bool disallow_obs_text = false;
  // Floods: the connection ends with GOAWAY (ENHANCE_YOUR_CALM) when one is exceeded.
  uint32_t max_outbound_frames = 10000;
  uint32_t max_outbound_control_frames = 1000;
  uint32_t max_consecutive_inbound_frames_with_empty_payload = 1;
  uint32_t max_inbound_priority_frames_per_stream = 100;
  uint32_t max_inbound_window_update_frames_per_data_frame_sent = 10;
  // RST_STREAM from a client: so many at once, and so many a second on average.
  uint64_t stream_reset_burst = 1000;
  uint64_t stream_reset_rate = 33;
  // When half of this many requests, or more than half of all, ended before they were answered.
  uint32_t premature_reset_total_stream_count = 500;
  uint32_t max_informational = 64;  // 1xx answers before the final one (client only).
  // Sent beside those that the options above make; values that RFC 9113 allows.
  std::vector<Setting> more_settings;

  friend bool operator==(const Options&, const Options&) = default;
};

// PING (RFC 9113, 6.7) as a probe: is the peer still there?
class Pings {
 public:
  virtual void SendPing() = 0;
  // How many of those were answered.
  virtual uint64_t answered() const = 0;

 protected:
  ~Pings() = default;
};

class PingingServerCodec : public ServerCodec {
 public:
  virtual Pings& pings() = 0;
};

class PingingClientCodec : public ClientCodec {
 public:
  virtual Pings& pings() = 0;
};

// `handler`, `pool`, `options` and `stats` outlive the codec.
std::unique_ptr<PingingServerCodec> CreateServerCodec(ServerCodecHandler& handler,
                                                      buffer::BlockPool& pool,
                                                      const Options& options, Stats& stats);
std::unique_ptr<PingingClientCodec> CreateClientCodec(ClientCodecHandler& handler,
                                                      buffer::BlockPool& pool,
                                                      const Options& options, Stats& stats);

}  // namespace weir::http::h2
