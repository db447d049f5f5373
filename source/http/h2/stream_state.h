// What a codec knows of one HTTP/2 stream. Owned by the codec's stream object; nghttp2 holds its
// address from the head on until its own on_stream_close.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/buffer/buffer.h"
#include "source/http/codec.h"

namespace weir::http::h2 {

// Whether the request of a stream asks for a tunnel, and what was answered.
enum class Tunnel : uint8_t { kNone, kGranted, kAsked, kRefused };

struct StreamState {
  explicit StreamState(buffer::BlockPool& pool) : received(pool), pending(pool) {}

  int32_t id = 0;     // 0 until a client's request head is encoded.
  uint32_t slot = 0;  // In the connection's table.
  StreamHandler* handler = nullptr;
  Tunnel tunnel = Tunnel::kNone;
  bool by_upgrade = false;  // It was asked for by extended CONNECT.

  // Receiving.
  buffer::Buffer received;              // DATA of whole frames, not delivered yet.
  std::unique_ptr<HeaderMap> trailers;  // Not delivered yet.
  buffer::Arena* arena = nullptr;       // Of the received head; trailers go there.
  uint32_t informational = 0;           // 1xx answers so far.
  bool head_received = false;
  bool end_received = false;
  bool end_delivered = false;
  bool read_paused = false;

  // Sending.
  buffer::Buffer pending;  // Encoded, not framed yet.
  std::vector<std::pair<std::string, std::string>> trailers_out;
  std::optional<uint64_t> declared;  // Bytes that the declared length still asks for.
  // Of an extended CONNECT that waits for the server's SETTINGS (RFC 8441, 3).
  std::vector<std::pair<std::string, std::string>> waiting_head;
  bool head_encoded = false;
  bool end_encoded = false;
  bool no_body = false;  // The answer to HEAD, 204, 304: what is encoded after the head is dropped.
  bool deferred = false;  // nghttp2 waits for more bytes.
  bool is_head = false;   // The request's method is HEAD.
  // A client has ended its side of a tunnel, and the peer has not said yet that it has read that.
  bool end_unread = false;

  // Back-pressure as last told, and whether the state stands in the list of those to look at.
  bool told_blocked = false;
  bool watched = false;

  // The end. `error` is delivered before the stream is let go.
  bool given_up = false;    // Reset from our side: nothing more is delivered.
  bool peer_reset = false;  // RST_STREAM came.
  bool closed = false;      // nghttp2 has let it go, or never knew it.
  StreamError error;
};

}  // namespace weir::http::h2
