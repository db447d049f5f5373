#include "source/match/cookie_matcher.h"

namespace weir::match {

std::optional<std::string_view> Cookie(const http::RequestHead& head, std::string_view name) {
  std::optional<std::string_view> found;
  ForEachCookie(head, [&](std::string_view key, std::string_view value) {
    if (key == name) found = value;
    return key != name;
  });
  return found;
}

bool CookieMatcher::Matches(const http::RequestHead& head) const {
  const std::optional<std::string_view> found = Cookie(head, name);
  return (found.has_value() && value.Matches(*found)) != invert;
}

}  // namespace weir::match
