// The body of one message on its way out: the framing that its head promised, kept to the byte.
#pragma once

#include <cstdint>

#include "source/buffer/buffer.h"
#include "source/http/header_map.h"
#include "source/http/message.h"

namespace weir::http::h1 {

// How the bytes after a head are framed on the wire.
enum class WireFraming : uint8_t {
  kNoBody,     // The head ends the message; what is encoded after it is dropped (answers to HEAD).
  kLength,     // content-length
  kChunked,    // transfer-encoding: chunked
  kUntilClose  // To an HTTP/1.0 client, and in a tunnel: the end of the connection ends the bytes.
};

class BodyEncoder {
 public:
  void Start(WireFraming framing, uint64_t length) {
    framing_ = framing;
    remaining_ = length;
  }
  // Moves `data` to `out` with its framing. False when it is more than the declared length, or the
  // end comes before it: nothing was written then, and the message must be cut off.
  bool Encode(buffer::Buffer& data, bool end, buffer::Buffer& out);
  // Ends the body. Fields are written only when the framing has a place for them and `send` is
  // true.
  bool EncodeTrailers(const HeaderMap& trailers, bool send, buffer::Buffer& out);
  WireFraming framing() const { return framing_; }

 private:
  WireFraming framing_ = WireFraming::kNoBody;
  uint64_t remaining_ = 0;
};

}  // namespace weir::http::h1
