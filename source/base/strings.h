// Conversions between the standard's and Abseil's strings, and the ASCII text functions of the
// field.
//
// Debian's Abseil has a string_view of its own which does not convert by itself; interfaces of this
// project use the standard's. All functions are pure.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/string_view.h"

namespace weir {

inline absl::string_view ToAbsl(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view ToStd(absl::string_view s) { return {s.data(), s.size()}; }

namespace strings_internal {
// One piece of StrCat: text, a character or a number, rendered without an allocation.
class Piece {
 public:
  Piece(std::string_view s) : view_(s) {}          // NOLINT(google-explicit-constructor)
  Piece(const std::string& s) : view_(s) {}        // NOLINT(google-explicit-constructor)
  Piece(const char* s) : view_(s) {}               // NOLINT(google-explicit-constructor)
  Piece(absl::string_view s) : view_(ToStd(s)) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
    requires(!std::same_as<T, char> && !std::same_as<T, bool>)
  Piece(T value) {  // NOLINT(google-explicit-constructor)
    auto end = std::to_chars(digits_, digits_ + sizeof(digits_), value).ptr;
    view_ = {digits_, static_cast<size_t>(end - digits_)};
  }
  Piece(char c) {  // NOLINT(google-explicit-constructor)
    digits_[0] = c;
    view_ = {digits_, 1};
  }
  Piece(double value);  // NOLINT(google-explicit-constructor)
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;

  std::string_view view() const { return view_; }

 private:
  std::string_view view_;
  char digits_[32];
};
void AppendPieces(std::string& out, std::initializer_list<std::string_view> pieces);
}  // namespace strings_internal

// Joins text and numbers into one string with one allocation.
template <typename... Args>
std::string StrCat(const Args&... args) {
  std::string out;
  strings_internal::AppendPieces(out, {strings_internal::Piece(args).view()...});
  return out;
}
template <typename... Args>
void StrAppend(std::string& out, const Args&... args) {
  strings_internal::AppendPieces(out, {strings_internal::Piece(args).view()...});
}

inline constexpr char AsciiToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
std::string AsciiLower(std::string_view s);
// Whether AsciiLower would change it.
bool HasUpper(std::string_view s);
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
bool StartsWithIgnoreCase(std::string_view s, std::string_view prefix);

// Without leading and trailing SP and HTAB (the OWS of RFC 9110, 5.6.3).
std::string_view TrimOws(std::string_view s);

// The parts between separators; "a,,b" gives three, "" gives one empty part.
std::vector<std::string_view> Split(std::string_view s, char separator);

template <typename Range>
std::string Join(const Range& parts, std::string_view separator) {
  std::string out;
  bool first = true;
  for (const auto& part : parts) {
    if (!first) out.append(separator);
    first = false;
    out.append(part);
  }
  return out;
}

// Decimal digits only, all of `s`, no sign, no blank; nothing on overflow.
std::optional<uint64_t> ParseUint64(std::string_view s);

// `s` with every byte but letters, digits and "-._~" as %XX (RFC 3986, 2.1).
void AppendPercentEncoded(std::string& out, std::string_view s);

// `s` as the inside of a JSON string (RFC 8259, 7); bytes that are not UTF-8 become U+FFFD.
void AppendJsonEscaped(std::string& out, std::string_view s);

// Number of single-character insertions, deletions, replacements and swaps of neighbours.
size_t EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `name`, or nothing when none is near enough to be meant.
std::optional<std::string> Nearest(std::string_view name,
                                   const std::vector<std::string>& candidates);

}  // namespace weir
