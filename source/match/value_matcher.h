// envoy.type.matcher.v3.ValueMatcher and MetadataMatcher as values. Pure; any thread.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "source/base/value.h"
#include "source/match/header_matcher.h"
#include "source/match/match_facts.h"
#include "source/match/string_matcher.h"

namespace weir::match {

struct ValueMatcher;

struct NullMatch {
  friend bool operator==(const NullMatch&, const NullMatch&) = default;
};
struct NumberMatch {
  double exact = 0;
  friend bool operator==(const NumberMatch&, const NumberMatch&) = default;
};
// In [start, end).
struct NumberRange {
  double start = 0, end = 0;
  friend bool operator==(const NumberRange&, const NumberRange&) = default;
};
// or_match: one of them holds.
struct AnyValueMatch {
  std::vector<ValueMatcher> parts;
  friend bool operator==(const AnyValueMatch& a, const AnyValueMatch& b);
};
// list_match: holds for an element of the list.
struct ElementMatch {
  std::vector<ValueMatcher> one_of;  // Just one.
  friend bool operator==(const ElementMatch& a, const ElementMatch& b);
};

struct ValueMatcher {
  // PresentMatch: whether there is a value that is neither a list nor a struct.
  std::variant<NullMatch, NumberMatch, NumberRange, StringMatcher, bool, PresentMatch,
               AnyValueMatch, ElementMatch>
      what;

  // Null: there is no value.
  bool Matches(const Value* value) const;
  friend bool operator==(const ValueMatcher&, const ValueMatcher&) = default;
};

struct MetadataMatcher {
  std::vector<std::string> path;  // The namespace, then field by field.
  ValueMatcher value;
  bool invert = false;

  // The value of the facts at `path`; null: there is none.
  const Value* Find(const MatchFacts& facts) const;
  bool Matches(const MatchFacts& facts) const { return value.Matches(Find(facts)) != invert; }
  friend bool operator==(const MetadataMatcher&, const MetadataMatcher&) = default;
};

}  // namespace weir::match
