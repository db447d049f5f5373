#include "source/stats/tag_pattern.h"

#include <algorithm>
#include <utility>

#include "re2/re2.h"
#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::stats {
namespace {

constexpr std::string_view kLookAhead = "(?=";

// The end of what begins at `at`: an escaped pair, a class in brackets, or one character.
size_t EndOfAtom(std::string_view regex, size_t at) {
  if (regex[at] == '\\') return std::min(at + 2, regex.size());
  if (regex[at] != '[') return at + 1;
  size_t end = at + 1;
  if (end < regex.size() && regex[end] == '^') ++end;
  if (end < regex.size() && regex[end] == ']') ++end;
  while (end < regex.size() && regex[end] != ']') {
    if (regex.substr(end, 2) == "[:") {
      const size_t close = regex.find(":]", end);
      end = close == std::string_view::npos ? regex.size() : close + 2;
    } else {
      end += regex[end] == '\\' ? 2 : 1;
    }
  }
  return std::min(end + 1, regex.size());
}

// Behind the parenthesis that closes the one at `at`; nothing when none does.
std::optional<size_t> EndOfGroup(std::string_view regex, size_t at) {
  int depth = 0;
  while (at < regex.size()) {
    const char c = regex[at];
    at = EndOfAtom(regex, at);
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return at;
  }
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<const RE2>> Compile(std::string_view regex) {
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled =
      std::make_unique<const RE2>(re2::StringPiece(regex.data(), regex.size()), options);
  if (compiled->ok()) return compiled;
  return InvalidArgument(
      StrCat("\"", regex, "\" is no regular expression of RE2: ", compiled->error()));
}

}  // namespace

TagPattern::TagPattern() = default;
TagPattern::~TagPattern() = default;

absl::StatusOr<std::unique_ptr<const TagPattern>> TagPattern::Create(std::string_view regex) {
  std::unique_ptr<TagPattern> pattern(new TagPattern);
  std::string rest;
  int groups = 0;
  for (size_t at = 0; at < regex.size();) {
    if (regex.substr(at, kLookAhead.size()) == kLookAhead) {
      const std::optional<size_t> end = EndOfGroup(regex, at);
      if (!end.has_value()) {
        return InvalidArgument(StrCat("\"", regex, "\" has a look-ahead without an end"));
      }
      const size_t inside = at + kLookAhead.size();
      WEIR_ASSIGN_OR_RETURN(auto ahead, Compile(regex.substr(inside, *end - 1 - inside)));
      pattern->aheads_.push_back({++groups, std::move(ahead)});
      rest += "()";
      at = *end;
      continue;
    }
    const size_t end = EndOfAtom(regex, at);
    if (regex[at] == '(' && regex.substr(end, 1) != "?") {
      ++groups;
      if (pattern->removed_group_ == 0) {
        pattern->removed_group_ = pattern->value_group_ = groups;
      } else if (pattern->value_group_ == pattern->removed_group_) {
        pattern->value_group_ = groups;
      }
    }
    rest += regex.substr(at, end - at);
    at = end;
  }
  WEIR_ASSIGN_OR_RETURN(pattern->rest_, Compile(rest));
  if (pattern->removed_group_ == 0) {
    return InvalidArgument(StrCat("\"", regex, "\" has no group, which would be the tag's value"));
  }
  return std::unique_ptr<const TagPattern>(std::move(pattern));
}

std::optional<TagPattern::Found> TagPattern::Find(std::string_view name) const {
  std::vector<re2::StringPiece> groups(static_cast<size_t>(rest_->NumberOfCapturingGroups()) + 1);
  const re2::StringPiece text(name.data(), name.size());
  if (!rest_->Match(text, 0, text.size(), RE2::UNANCHORED, groups.data(),
                    static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  for (const Ahead& ahead : aheads_) {
    const char* const place = groups[static_cast<size_t>(ahead.group)].data();
    if (place == nullptr) continue;  // On a branch that was not taken.
    const auto at = static_cast<size_t>(place - text.data());
    if (!ahead.pattern->Match(text, at, text.size(), RE2::ANCHOR_START, nullptr, 0)) {
      return std::nullopt;
    }
  }
  const re2::StringPiece& removed = groups[static_cast<size_t>(removed_group_)];
  const re2::StringPiece& value = groups[static_cast<size_t>(value_group_)];
  return Found{std::string(removed), std::string(value.data() == nullptr ? removed : value)};
}

}  // namespace weir::stats
