// envoy.type.matcher.v3.StringMatcher as a value. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "source/match/regex.h"

namespace weir::match {

class StringMatcher {
 public:
  enum class Kind : unsigned char { kExact, kPrefix, kSuffix, kContains };

  StringMatcher(Kind kind, std::string value, bool ignore_case);
  explicit StringMatcher(Regex regex) : regex_(std::move(regex)) {}  // Full match.

  bool Matches(std::string_view text) const;
  // "exact i:value": the same text for equal matchers alone.
  std::string ToString() const;
  // The one text that matches; null when there are others.
  const std::string* exact_value() const {
    return !regex_.has_value() && kind_ == Kind::kExact && !ignore_case_ ? &value_ : nullptr;
  }
  friend bool operator==(const StringMatcher&, const StringMatcher&) = default;

 private:
  Kind kind_ = Kind::kExact;
  bool ignore_case_ = false;
  std::string value_;  // lower case when ignore_case_
  std::optional<Regex> regex_;
};

}  // namespace weir::match
