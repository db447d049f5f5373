// envoy.config.route.v3.CookieMatcher as a value, and the cookies of a request (RFC 6265, 4.2.1).
// Pure; any thread.
//
// A value is taken without the quotes around it. Of a cookie that is sent several times the first
// value counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "source/base/strings.h"
#include "source/http/message.h"
#include "source/match/string_matcher.h"

namespace weir::match {

struct CookieMatcher {
  std::string name;  // In its case.
  StringMatcher value;
  bool invert = false;

  // A cookie that is missing matches when inverted, and only then.
  bool Matches(const http::RequestHead& head) const;
};

// The first value of a cookie.
std::optional<std::string_view> Cookie(const http::RequestHead& head, std::string_view name);

// Calls visit(name, value) for each cookie of one Cookie field until it returns false. What has no
// "=" is none. Returns whether it went to the end.
template <typename Visit>
bool ForEachCookieOf(std::string_view field, Visit visit) {
  while (!field.empty()) {
    const size_t end = field.find(';');
    const std::string_view pair = TrimOws(field.substr(0, end));
    field = end == std::string_view::npos ? std::string_view() : field.substr(end + 1);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view value = pair.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (!visit(pair.substr(0, equals), value)) return false;
  }
  return true;
}

// The same for all Cookie fields of a request.
template <typename Visit>
void ForEachCookie(const http::RequestHead& head, Visit visit) {
  for (const http::HeaderField& field : head.headers) {
    if (field.id == http::HeaderId::kCookie && !ForEachCookieOf(field.value, visit)) return;
  }
}

}  // namespace weir::match
