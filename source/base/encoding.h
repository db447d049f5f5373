// Bytes as text: hex, base64 and UTF-8. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Lower case.
std::string EncodeHex(std::string_view bytes);

// Standard or URL-safe alphabet, with or without padding (RFC 4648, 4 and 5).
std::optional<std::string> DecodeBase64(std::string_view text);
std::string EncodeBase64(std::string_view bytes);

bool IsUtf8(std::string_view text);
// Number of bytes before the first one that is not UTF-8.
size_t Utf8PrefixLength(std::string_view text);

}  // namespace weir
