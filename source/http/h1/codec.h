// The HTTP/1.1 codecs (RFC 9112): how connections make them, and what may be set.
//
// They refuse what two parsers could read in two ways: content-length with transfer-encoding,
// repeated content-length or host, line ends other than CRLF, folded lines, blanks before a colon.
// The server codec answers such a message itself ("HTTP/1.1 400 Bad Request", "connection: close")
// and returns kFailed.
//
// Requests of one connection are served one by one: Decode leaves pipelined bytes in its input
// until the response before them is complete. After FinishTurn has closed a stream, the connection
// calls Decode again when its input is not empty. Decode changes the case of field names in the
// input's blocks in place. One worker; the connection owns the codec.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "source/buffer/block_pool.h"
#include "source/http/codec.h"

namespace weir::http::h1 {

// Names and defaults as in Http1ProtocolOptions.
struct Options {
  CodecLimits limits;
  // RequestHead::scheme of every request: "http", or "https" behind TLS. A scheme in an
  // absolute-form target never replaces it. Must outlive the codec (a literal).
  std::string_view scheme = "http";
  // Otherwise an HTTP/1.0 request is answered 426.
  bool accept_http_10 = false;
  // The authority of an HTTP/1.0 request without a host field; such a request is refused when
  // empty.
  std::string default_host_for_http_10;
  // Otherwise trailer fields are checked and dropped, in both directions.
  bool enable_trailers = false;
  // Otherwise an absolute-form target is refused.
  bool allow_absolute_url = true;
  // Both content-length and transfer-encoding: the latter holds and the connection ends with the
  // message (RFC 9112, 6.3). Otherwise such a message is refused.
  bool allow_chunked_length = false;
  // Requests are written with their target in absolute form (client only).
  bool absolute_form = false;
  // Field names are written "As-This" instead of "as-this".
  bool proper_case = false;
  // Remembers how names of received messages are spelled. Names of a message that were remembered
  // are written so; proper_case then speaks of the others.
  bool preserve_case = false;
  // Bytes of one chunk-size line with its extensions.
  uint32_t max_chunk_line_bytes = 4096;
  // 1xx answers before the final one (client only).
  uint32_t max_informational = 64;

  friend bool operator==(const Options&, const Options&) = default;
};

// `handler`, `pool` and `options` outlive the codec.
std::unique_ptr<ServerCodec> CreateServerCodec(ServerCodecHandler& handler, buffer::BlockPool& pool,
                                               const Options& options);
std::unique_ptr<ClientCodec> CreateClientCodec(ClientCodecHandler& handler, buffer::BlockPool& pool,
                                               const Options& options);

}  // namespace weir::http::h1
