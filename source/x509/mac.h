// Message authentication codes for tokens. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::x509 {

// HMAC-SHA-256 (RFC 2104): 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view message);
// In a time that does not depend on where they differ.
bool EqualInConstantTime(std::string_view a, std::string_view b);
// Of the crypto library's generator.
std::string RandomBytes(size_t count);

// RFC 4648, 5, without padding. Decoding gives nothing for any other text.
std::string ToBase64Url(std::string_view bytes);
std::optional<std::string> FromBase64Url(std::string_view text);

}  // namespace weir::x509
