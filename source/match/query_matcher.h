// envoy.config.route.v3.QueryParameterMatcher as a value. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "source/match/string_matcher.h"

namespace weir::match {

struct QueryMatcher {
  std::string name;
  std::optional<StringMatcher> value;  // Nothing: present is enough (present_match).
  bool present = true;                 // present_match: false asks for absence.

  // `path` is the request's path with its query.
  bool Matches(std::string_view path) const;
};

// The first value of a query parameter, as it stands on the wire (no percent-decoding, as Envoy).
std::optional<std::string_view> QueryParameter(std::string_view path, std::string_view name);

}  // namespace weir::match
