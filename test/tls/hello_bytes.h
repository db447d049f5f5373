// ClientHellos put together by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tls {

inline std::string Number(size_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

inline std::string Vector(std::string_view body, int length_bytes) {
  return Number(body.size(), length_bytes) + std::string(body);
}

// One TLS record with `handshake`.
inline std::string Record(std::string_view handshake) {
  return std::string("\x16\x03\x01", 3) + Vector(handshake, 2);
}

// The handshake message of a hello with these extensions ("" and {} leave one out).
inline std::string Handshake(std::string_view server_name,
                             const std::vector<std::string>& protocols) {
  std::string extensions;
  if (!server_name.empty()) {
    const std::string entry = Number(0, 1) + Vector(server_name, 2);
    extensions += Number(0, 2) + Vector(Vector(entry, 2), 2);
  }
  if (!protocols.empty()) {
    std::string list;
    for (const std::string& protocol : protocols) list += Vector(protocol, 1);
    extensions += Number(16, 2) + Vector(Vector(list, 2), 2);
  }
  const std::string body = std::string("\x03\x03", 2) + std::string(32, 'r') + Vector("", 1) +
                           Vector(std::string("\x13\x01", 2), 2) + Vector(std::string(1, '\0'), 1) +
                           Vector(extensions, 2);
  return Number(1, 1) + Vector(body, 3);
}

}  // namespace weir::tls
