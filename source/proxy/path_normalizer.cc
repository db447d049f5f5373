#include "source/proxy/path_normalizer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "source/base/strings.h"

namespace weir::proxy {
namespace {

using Slashes = config::PathNormalization;

bool IsUnreserved(char c) {
  const char lower = AsciiToLower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = AsciiToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that the escape at the front of `text` stands for; nothing where there is no whole one.
std::optional<char> EscapeAt(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const int high = HexValue(text[1]), low = HexValue(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

// Nothing that any step could change: no escape, no backslash, no "//", no segment that begins with
// a dot.
bool IsPlain(std::string_view path) {
  char previous = '\0';
  for (const char c : path) {
    if (c == '%' || c == '\\') return false;
    if (previous == '/' && (c == '/' || c == '.')) return false;
    previous = c;
  }
  return true;
}

// The path while it is rewritten in place; each step leaves it no longer than it was.
class Rewrite {
 public:
  Rewrite(char* text, size_t size) : text_(text), size_(size) {}

  // Whether there was an escaped slash or backslash; they become slashes.
  bool UnescapeSlashes() {
    return ReplaceEscapes([](char c) { return c == '/' || c == '\\' ? '/' : '\0'; });
  }

  // RFC 3986, 6.2.2.
  void Normalize() {
    std::replace(text_, text_ + size_, '\\', '/');
    ReplaceEscapes([](char c) { return IsUnreserved(c) ? c : '\0'; });
    RemoveDotSegments();
  }

  void MergeSlashes() {
    size_t out = 0;
    for (size_t at = 0; at < size_; ++at) {
      if (text_[at] != '/' || out == 0 || text_[out - 1] != '/') text_[out++] = text_[at];
    }
    size_ = out;
  }

  std::string_view text() const { return {text_, size_}; }

 private:
  // Each escape becomes replacement(the byte it stands for), unless that is NUL; whether any did.
  template <typename Replacement>
  bool ReplaceEscapes(Replacement replacement) {
    size_t out = 0;
    for (size_t at = 0; at < size_; ++at) {
      const std::optional<char> escaped = EscapeAt({text_ + at, size_ - at});
      const char by = escaped.has_value() ? replacement(*escaped) : '\0';
      text_[out++] = by == '\0' ? text_[at] : by;
      if (by != '\0') at += 2;
    }
    return std::exchange(size_, out) != out;
  }

  // RFC 3986, 5.2.4.
  void RemoveDotSegments() {
    size_t out = 0;
    for (size_t at = 0; at < size_;) {
      const std::string_view rest(text_ + at, size_ - at);
      const std::string_view segment = rest.substr(0, rest.find('/', 1));
      const bool last = segment.size() == rest.size();
      at += segment.size();
      const bool up = segment == "/..";
      if (!up && segment != "/.") {
        for (const char c : segment) text_[out++] = c;
        continue;
      }
      if (up) {
        while (out > 0 && text_[--out] != '/') {
        }
      }
      if (last) text_[out++] = '/';
    }
    if (out == 0) text_[out++] = '/';
    size_ = out;
  }

  char* const text_;
  size_t size_;
};

}  // namespace

PathOutcome NormalizePath(std::span<const config::PathStep> steps, Slashes slashes,
                          buffer::Arena& arena, std::string_view& path) {
  if (steps.empty() && slashes == Slashes::kKeep) return PathOutcome::kUnchanged;
  const std::string_view before = path.substr(0, path.find('?'));
  if (IsPlain(before) || !path.starts_with('/')) return PathOutcome::kUnchanged;
  char* const text = arena.Allocate(path.size());
  path.copy(text, path.size());
  Rewrite rewrite(text, before.size());
  const bool had_slash = slashes != Slashes::kKeep && rewrite.UnescapeSlashes();
  if (had_slash && slashes == Slashes::kReject) return PathOutcome::kRefused;
  for (const config::PathStep step : steps) {
    step == config::PathStep::kNormalize ? rewrite.Normalize() : rewrite.MergeSlashes();
  }
  if (rewrite.text() == before) return PathOutcome::kUnchanged;
  const std::string_view query = path.substr(before.size());
  const std::string_view normal = rewrite.text();
  query.copy(text + normal.size(), query.size());
  path = {text, normal.size() + query.size()};
  return had_slash && slashes == Slashes::kUnescapeAndRedirect ? PathOutcome::kRedirect
                                                               : PathOutcome::kChanged;
}

}  // namespace weir::proxy
