#include "source/tls/fingerprint.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "source/base/encoding.h"
#include "source/base/strings.h"

namespace weir::tls {
namespace {

constexpr uint16_t kServerNameExtension = 0, kAlpnExtension = 16;

std::string Hex(const uint8_t* bytes, size_t size) {
  return EncodeHex({reinterpret_cast<const char*>(bytes), size});
}

template <typename Numbers>
std::string Decimal(const Numbers& numbers) {
  std::string text;
  for (const auto number : numbers) StrAppend(text, text.empty() ? "" : "-", unsigned{number});
  return text;
}

// "1301,1302"
std::string HexList(const std::vector<uint16_t>& numbers) {
  std::string text;
  for (const uint16_t number : numbers) {
    const uint8_t bytes[] = {static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
    StrAppend(text, text.empty() ? "" : ",", Hex(bytes, sizeof(bytes)));
  }
  return text;
}

// The first 12 digits of the SHA-256; zeros for an empty text.
std::string Ja4Hash(std::string_view text) {
  if (text.empty()) return std::string(12, '0');
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest);
  return Hex(digest, 6);
}

std::string_view Ja4Version(const ClientOffers& offers) {
  const auto highest = std::max_element(offers.versions.begin(), offers.versions.end());
  switch (highest == offers.versions.end() ? offers.legacy_version : *highest) {
    case 0x0304:
      return "13";
    case 0x0303:
      return "12";
    case 0x0302:
      return "11";
    case 0x0301:
      return "10";
    case 0x0300:
      return "s3";
    case 0x0002:
      return "s2";
    default:
      return "00";
  }
}

std::string TwoDigits(size_t count) {
  const size_t shown = std::min<size_t>(count, 99);
  return {static_cast<char>('0' + shown / 10), static_cast<char>('0' + shown % 10)};
}

bool IsAlphanumeric(char c) {
  const char lower = AsciiToLower(c);
  return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

// First and last character of the first protocol; those of its hex where they are no letters or
// digits.
std::string Ja4Protocol(const std::vector<std::string>& protocols) {
  if (protocols.empty()) return "00";
  const std::string& first = protocols.front();
  if (IsAlphanumeric(first.front()) && IsAlphanumeric(first.back())) {
    return {first.front(), first.back()};
  }
  const std::string hex = EncodeHex(first);
  return {hex.front(), hex.back()};
}

bool Has(const std::vector<uint16_t>& numbers, uint16_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

std::vector<uint16_t> Sorted(std::vector<uint16_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

std::string Ja3Text(const ClientOffers& offers) {
  return StrCat(unsigned{offers.legacy_version}, ",", Decimal(offers.ciphers), ",",
                Decimal(offers.extensions), ",", Decimal(offers.groups), ",",
                Decimal(offers.point_formats));
}

std::string Ja3Hash(const ClientOffers& offers) {
  const std::string text = Ja3Text(offers);
  uint8_t digest[MD5_DIGEST_LENGTH];
  MD5(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest);
  return Hex(digest, sizeof(digest));
}

std::string Ja4(const ClientHello& hello, const ClientOffers& offers) {
  std::vector<uint16_t> extensions = Sorted(offers.extensions);
  std::erase(extensions, kServerNameExtension);
  std::erase(extensions, kAlpnExtension);
  std::string extension_text = HexList(extensions);
  if (!offers.signatures.empty() && !extension_text.empty()) {
    StrAppend(extension_text, "_", HexList(offers.signatures));
  }
  return StrCat("t", Ja4Version(offers), Has(offers.extensions, kServerNameExtension) ? "d" : "i",
                TwoDigits(offers.ciphers.size()), TwoDigits(offers.extensions.size()),
                Ja4Protocol(hello.protocols), "_", Ja4Hash(HexList(Sorted(offers.ciphers))), "_",
                Ja4Hash(extension_text));
}

}  // namespace weir::tls
