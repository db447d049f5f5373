// The 128-bit content hash behind every version that clients see: the same bytes give the same
// version on every replica and after every restart, so that a reconnecting client is sent nothing
// it already has.
//
// The first half of SHA-256 (FIPS 180-4): stable over builds and machines, and nobody can make two
// resources that look equal. Values; thread-safe.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::control::engine {

struct ContentHash {
  uint64_t high = 0;
  uint64_t low = 0;

  auto operator<=>(const ContentHash&) const = default;
  // 32 lower-case hexadecimal digits.
  std::string Hex() const;
  // Nothing unless `text` is exactly what Hex() gives.
  static std::optional<ContentHash> FromHex(std::string_view text);
};

// Add() pieces, then Finish() once. Pieces are not delimited: callers that need it add lengths.
class ContentHasher {
 public:
  ContentHasher();
  void Add(std::string_view bytes);
  // The length as eight bytes, then the bytes: "ab"+"c" and "a"+"bc" differ.
  void AddDelimited(std::string_view bytes);
  void Add(const ContentHash& hash);
  ContentHash Finish();

 private:
  void Compress(const uint8_t* block);
  void AddNumber(uint64_t number);

  std::array<uint32_t, 8> state_;
  std::array<uint8_t, 64> block_;
  size_t filled_ = 0;   // Bytes of block_ in use.
  uint64_t total_ = 0;  // Bytes added.
};

ContentHash HashOf(std::string_view bytes);

}  // namespace weir::control::engine
