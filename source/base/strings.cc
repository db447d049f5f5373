#include "source/base/strings.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace strings_internal {

Piece::Piece(double value) {
  auto end = std::to_chars(digits_, digits_ + sizeof(digits_), value).ptr;
  view_ = {digits_, static_cast<size_t>(end - digits_)};
}

void AppendPieces(std::string& out, std::initializer_list<std::string_view> pieces) {
  size_t total = out.size();
  for (std::string_view piece : pieces) total += piece.size();
  out.reserve(total);
  for (std::string_view piece : pieces) out.append(piece);
}

}  // namespace strings_internal

std::string AsciiLower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = AsciiToLower(c);
  return out;
}

bool HasUpper(std::string_view s) {
  constexpr uint64_t kEach = 0x0101010101010101;
  // The high bit of each byte that is from 'A' to 'Z', eight at a time.
  const auto upper = [](uint64_t word) {
    const uint64_t low = word & (0x7F * kEach);
    return (low + (0x80 - 'A') * kEach) & ~(low + (0x80 - 'Z' - 1) * kEach) & ~word &
           (0x80 * kEach);
  };
  size_t at = 0;
  for (; s.size() - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, s.data() + at, sizeof(word));
    if (upper(word) != 0) return true;
  }
  if (at == s.size()) return false;
  uint64_t rest = 0;
  std::memcpy(&rest, s.data() + at, s.size() - at);
  return upper(rest) != 0;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a == b) return true;  // As most are written alike.
  for (size_t i = 0; i < a.size(); ++i) {
    if (AsciiToLower(a[i]) != AsciiToLower(b[i])) return false;
  }
  return true;
}

bool StartsWithIgnoreCase(std::string_view s, std::string_view prefix) {
  return s.size() >= prefix.size() && EqualsIgnoreCase(s.substr(0, prefix.size()), prefix);
}

std::string_view TrimOws(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::vector<std::string_view> Split(std::string_view s, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t at = s.find(separator);
    parts.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return parts;
    s.remove_prefix(at + 1);
  }
}

std::optional<uint64_t> ParseUint64(std::string_view s) {
  if (s.empty() || s[0] < '0' || s[0] > '9') return std::nullopt;
  uint64_t value = 0;
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return value;
}

namespace {

// Length of the valid UTF-8 sequence at the start of `s`; 0 where there is none (RFC 3629, 4).
size_t Utf8SequenceLength(std::string_view s) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  auto continues = [&](size_t i, unsigned char low, unsigned char high) {
    return i < s.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2, 0x80, 0xBF) && continues(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

// `bound` when there are as many edits or more, which is found early.
size_t EditDistanceBelow(size_t bound, std::string_view a, std::string_view b) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) >= bound) return bound;
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  size_t least_before = 0;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    size_t least = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({replace, last[j] + 1, current[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
      least = std::min(least, current[j]);
    }
    // Each row comes of the two before it.
    if (least >= bound && least_before + 1 >= bound) return bound;
    least_before = least;
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return std::min(last[b.size()], bound);
}

}  // namespace

void AppendPercentEncoded(std::string& out, std::string_view s) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : s) {
    const bool kept = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      c == '-' || c == '.' || c == '_' || c == '~';
    if (kept) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
}

void AppendJsonEscaped(std::string& out, std::string_view s) {
  static constexpr char kHex[] = "0123456789abcdef";
  while (!s.empty()) {
    const char c = s[0];
    size_t taken = 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out += "\\u00";
          out += kHex[(c >> 4) & 0xF];
          out += kHex[c & 0xF];
        } else if (size_t length = Utf8SequenceLength(s); length > 0) {
          out.append(s.substr(0, length));
          taken = length;
        } else {
          out += "\xEF\xBF\xBD";
        }
    }
    s.remove_prefix(taken);
  }
}

size_t EditDistance(std::string_view a, std::string_view b) {
  return EditDistanceBelow(std::max(a.size(), b.size()) + 1, a, b);
}

std::optional<std::string> Nearest(std::string_view name,
                                   const std::vector<std::string>& candidates) {
  const size_t limit = std::max<size_t>(2, name.size() / 3);
  std::optional<std::string> best;
  size_t best_distance = limit + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistanceBelow(best_distance, name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace weir
