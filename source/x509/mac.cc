#include "source/x509/mac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>
#include <openssl/rand.h>

#include <cstdint>

#include "source/base/check.h"

namespace weir::x509 {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string HmacSha256(std::string_view key, std::string_view message) {
  uint8_t out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  WEIR_CHECK(
      HMAC(EVP_sha256(), key.data(), key.size(), reinterpret_cast<const uint8_t*>(message.data()),
           message.size(), out, &size) != nullptr,
      "an HMAC can be computed");
  return std::string(reinterpret_cast<const char*>(out), size);
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  RAND_bytes(reinterpret_cast<uint8_t*>(bytes.data()), count);
  return bytes;
}

std::string ToBase64Url(std::string_view bytes) {
  std::string text;
  uint32_t bits = 0;
  int have = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (have += 8; have >= 6;) {
      have -= 6;
      text.push_back(kDigits[bits >> have & 63]);
    }
  }
  if (have > 0) text.push_back(kDigits[bits << (6 - have) & 63]);
  return text;
}

std::optional<std::string> FromBase64Url(std::string_view text) {
  constexpr std::string_view digits = kDigits;
  std::string decoded;
  uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    const size_t digit = digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    decoded.push_back(static_cast<char>(bits >> have & 255));
  }
  // What is left over must be padding bits of value 0: each text has one meaning.
  if (have >= 6 || (bits & ((1u << have) - 1)) != 0) return std::nullopt;
  return decoded;
}

}  // namespace weir::x509
