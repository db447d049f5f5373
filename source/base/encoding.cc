#include "source/base/encoding.h"

#include <algorithm>
#include <cstdint>

namespace weir {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string EncodeHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    const size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 0xFF);
    }
  }
  if (text.size() % 4 == 1) return std::nullopt;
  return out;
}

std::string EncodeBase64(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    const size_t length = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k) {
      bits = (bits << 8) | (k < length ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += k <= length ? kBase64[(bits >> (18 - 6 * k)) & 0x3F] : '=';
    }
  }
  return out;
}

size_t Utf8PrefixLength(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto byte = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
    if (byte(i) < 0x80) {
      ++i;
      continue;
    }
    const size_t length = byte(i) >= 0xF0 ? 4 : byte(i) >= 0xE0 ? 3 : 2;
    if (byte(i) < 0xC2 || byte(i) > 0xF4 || i + length > text.size()) return i;
    for (size_t k = i + 1; k < i + length; ++k) {
      if ((byte(k) & 0xC0) != 0x80) return i;
    }
    // Overlong forms, surrogates, beyond U+10FFFF (RFC 3629, 4).
    const unsigned char second = byte(i + 1);
    if ((byte(i) == 0xE0 && second < 0xA0) || (byte(i) == 0xED && second > 0x9F) ||
        (byte(i) == 0xF0 && second < 0x90) || (byte(i) == 0xF4 && second > 0x8F)) {
      return i;
    }
    i += length;
  }
  return i;
}

bool IsUtf8(std::string_view text) { return Utf8PrefixLength(text) == text.size(); }

}  // namespace weir
