#include "source/match/string_matcher.h"

#include "source/base/strings.h"

namespace weir::match {
namespace {

// `needle` is lower case.
bool ContainsIgnoreCase(std::string_view text, std::string_view needle) {
  if (needle.size() > text.size()) return false;
  for (size_t start = 0; start + needle.size() <= text.size(); ++start) {
    if (EqualsIgnoreCase(text.substr(start, needle.size()), needle)) return true;
  }
  return false;
}

}  // namespace

StringMatcher::StringMatcher(Kind kind, std::string value, bool ignore_case)
    : kind_(kind),
      ignore_case_(ignore_case),
      value_(ignore_case ? AsciiLower(value) : std::move(value)) {}

bool StringMatcher::Matches(std::string_view text) const {
  if (regex_.has_value()) return regex_->FullMatch(text);
  switch (kind_) {
    case Kind::kExact:
      return ignore_case_ ? EqualsIgnoreCase(text, value_) : text == value_;
    case Kind::kPrefix:
      return ignore_case_ ? StartsWithIgnoreCase(text, value_) : text.starts_with(value_);
    case Kind::kSuffix:
      if (text.size() < value_.size()) return false;
      return ignore_case_ ? EqualsIgnoreCase(text.substr(text.size() - value_.size()), value_)
                          : text.ends_with(value_);
    case Kind::kContains:
      return ignore_case_ ? ContainsIgnoreCase(text, value_)
                          : text.find(value_) != std::string_view::npos;
  }
  return false;
}

std::string StringMatcher::ToString() const {
  if (regex_.has_value()) return StrCat("regex:", regex_->pattern());
  constexpr std::string_view kNames[] = {"exact", "prefix", "suffix", "contains"};
  return StrCat(kNames[static_cast<size_t>(kind_)], ignore_case_ ? " i:" : ":", value_);
}

}  // namespace weir::match
