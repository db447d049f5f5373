// The content of one message on its way in, body and trailer section, for either side's codec.
//
//   Start... ──▶ Read, Read, ... ──▶ a piece with `end`, or a refusal
//
// A piece is bytes, the end, or both, so that a receiver learns of the end with the last bytes.
// Belongs to a codec.
#pragma once

#include <cstdint>

#include "source/buffer/buffer.h"
#include "source/http/h1/body_decoder.h"
#include "source/http/h1/codec.h"
#include "source/http/h1/section_scanner.h"
#include "source/http/header_map.h"

namespace weir::http::h1 {

class ContentReader {
 public:
  struct Piece {
    // The caller's input or a buffer of the reader's; the caller leaves nothing in it.
    buffer::Buffer* data;
    bool end = false;                // The message is complete.
    const Rejection* why = nullptr;  // Set when it can never be right.
    bool empty() const { return data->empty() && !end && why == nullptr; }
  };

  ContentReader(buffer::BlockPool& pool, const Options& options);

  void StartLength(uint64_t length) { decoder_.StartLength(length); }
  void StartChunked();
  void StartUntilClose() { decoder_.StartUntilClose(); }
  // True when the end of the input is the end of the message.
  bool until_close() const { return decoder_.until_close(); }

  // The next piece of what `in` holds; an empty one asks for more bytes. Trailer fields that may
  // be kept are added to `trailers`, whose arena keeps their bytes, in the call that ends the
  // message.
  Piece Read(buffer::Buffer& in, HeaderMap& trailers);

 private:
  Piece ReadTrailers(buffer::Buffer& in, HeaderMap& trailers);
  Piece Refuse(const Rejection& why);

  const Options& options_;
  buffer::BlockPool& pool_;
  BodyDecoder decoder_;
  SectionScanner scanner_;
  buffer::Buffer body_;  // Decoded and not handed out yet; empty between calls.
};

}  // namespace weir::http::h1
