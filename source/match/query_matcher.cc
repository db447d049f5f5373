#include "source/match/query_matcher.h"

namespace weir::match {

std::optional<std::string_view> QueryParameter(std::string_view path, std::string_view name) {
  const size_t question = path.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  std::string_view rest = path.substr(question + 1);
  rest = rest.substr(0, rest.find('#'));
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  }
  return std::nullopt;
}

bool QueryMatcher::Matches(std::string_view path) const {
  const std::optional<std::string_view> found = QueryParameter(path, name);
  if (!value.has_value()) return found.has_value() == present;
  return found.has_value() && value->Matches(*found);
}

}  // namespace weir::match
