#include "source/match/query_matcher.h"

namespace weir::match {

std::optional<std::string_view> QueryParameter(std::string_view path, std::string_view name) {
  std::optional<std::string_view> found;
  ForEachQueryParameter(path, [&](std::string_view key, std::string_view value) {
    if (key == name) found = value;
    return key != name;
  });
  return found;
}

bool QueryMatcher::Matches(std::string_view path) const {
  const std::optional<std::string_view> found = QueryParameter(path, name);
  if (!value.has_value()) return found.has_value() == present;
  return found.has_value() && value->Matches(*found);
}

}  // namespace weir::match
