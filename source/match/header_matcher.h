// envoy.config.route.v3.HeaderMatcher as a value. Pure; any thread.
//
// Repeated fields are joined by "," before they are matched, as Envoy does. The pseudo-header names
// ":method", ":path",
// ":authority" (and "host"), ":scheme" and ":status" are answered from the head.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "source/http/message.h"
#include "source/match/string_matcher.h"

namespace weir::match {

struct PresentMatch {
  bool present = true;
  friend bool operator==(const PresentMatch&, const PresentMatch&) = default;
};
// A decimal integer in [start, end).
struct RangeMatch {
  int64_t start = 0, end = 0;
  friend bool operator==(const RangeMatch&, const RangeMatch&) = default;
};

struct HeaderMatcher {
  std::string name;  // lower case
  std::variant<PresentMatch, StringMatcher, RangeMatch> value;
  bool invert = false;
  bool treat_missing_as_empty = false;

  // A missing field matches nothing but `present: false`, also when inverted, unless
  // treat_missing_as_empty.
  bool Matches(const http::RequestHead& head) const;
  bool Matches(const http::ResponseHead& head) const;
  friend bool operator==(const HeaderMatcher&, const HeaderMatcher&) = default;

 private:
  bool MatchesValue(std::optional<std::string_view> text) const;
};

// The value that `name` (lower case, pseudo-headers among them) has in `head`; joined in the head's
// arena.
std::optional<std::string_view> HeaderValue(const http::RequestHead& head, std::string_view name);
std::optional<std::string_view> HeaderValue(const http::ResponseHead& head, std::string_view name);

}  // namespace weir::match
