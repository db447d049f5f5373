// Request and response heads as the proxy holds them: unambiguous by construction.
//
// The codec that reads a message decides its framing once; the codec that writes it derives the
// framing fields from `framing` and copies none through. A map in a head never holds: host,
// content-length, transfer-encoding, te (but for "trailers"), connection and what it names,
// keep-alive, proxy-connection, upgrade, http2-settings, expect: 100-continue (see
// `expects_continue`), pseudo-header fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "source/http/header_map.h"

namespace weir::http {

enum class Protocol : uint8_t { kHttp10, kHttp11, kHttp2, kHttp3 };
std::string_view NameOf(Protocol protocol);  // "HTTP/1.1"

// How the body ends. kChunked stands for every body of unknown length, HTTP/2 DATA without a
// content-length and HTTP/1 responses that end with the connection among them.
// kTunnel stands for no message body at all: the head asks for a tunnel, or grants it, and the
// bytes behind it belong to another protocol (see "Tunnels" in codec.h).
enum class Framing : uint8_t { kNone, kLength, kChunked, kTunnel };

struct BodyFraming {
  Framing kind = Framing::kNone;
  uint64_t length =
      0;  // kLength only; 0 is possible (content-length: 0) and kNone has no field at all.
  friend bool operator==(const BodyFraming&, const BodyFraming&) = default;
};

// All views live as long as the arena given to the map.
struct RequestHead {
  explicit RequestHead(buffer::Arena& arena) : headers(arena) {}

  std::string_view method;  // A token; case matters (RFC 9110, 9.1).
  std::string_view scheme;  // "http" or "https".
  std::string_view
      authority;              // uri-host [":" port], checked; lower-casing is left to the matchers.
  std::string_view path;      // origin-form with query, begins with "/", or "*"; empty for CONNECT.
  std::string_view protocol;  // Of a tunnel by upgrade: the Upgrade token, or ":protocol" of an
                              // extended CONNECT (RFC 8441). Empty for all others, CONNECT among
                              // them.
  BodyFraming framing;
  Protocol version = Protocol::kHttp11;  // As received.
  bool expects_continue = false;         // Expect: 100-continue.
  HeaderMap headers;

  void Clear();
};

struct ResponseHead {
  explicit ResponseHead(buffer::Arena& arena) : headers(arena) {}

  uint16_t status = 0;  // 100 to 599; 1xx as informational, and 101 with Framing::kTunnel.
  BodyFraming framing;
  // The answer to HEAD and a 304 may name a length that no body follows; forwarded as
  // content-length.
  std::optional<uint64_t> represented_length;
  Protocol version = Protocol::kHttp11;
  HeaderMap headers;

  void Clear();
};

// The reason phrase for a status code; "" when there is none registered.
std::string_view ReasonPhrase(uint16_t status);

}  // namespace weir::http
