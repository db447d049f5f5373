// What WebSocket's handshake by HTTP/1 (RFC 6455, 4) has beside that by HTTP/2 (RFC 8441, 5): a key
// of the client, and the server's proof that it has seen it. Who translates makes the missing one.
// Pure.
#pragma once

#include <string_view>

#include "source/buffer/arena.h"
#include "source/event/random.h"

namespace weir::proxy {

inline constexpr std::string_view kWebSocketKey = "sec-websocket-key";
inline constexpr std::string_view kWebSocketAccept = "sec-websocket-accept";

// A nonce of 16 bytes in base64.
std::string_view NewWebSocketKey(event::Random& random, buffer::Arena& arena);
// What a server answers to `key`.
std::string_view WebSocketAccept(std::string_view key, buffer::Arena& arena);

}  // namespace weir::proxy
