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

// Calls visit(name, value) for each parameter until it returns false.
template <typename Visit>
void ForEachQueryParameter(std::string_view path, Visit visit) {
  const size_t question = path.find('?');
  if (question == std::string_view::npos) return;
  std::string_view rest = path.substr(question + 1);
  rest = rest.substr(0, rest.find('#'));
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (!visit(pair.substr(0, equals), value)) return;
  }
}

// The first value of a query parameter, as it stands on the wire (no percent-decoding, as Envoy).
std::optional<std::string_view> QueryParameter(std::string_view path, std::string_view name);

}  // namespace weir::match
