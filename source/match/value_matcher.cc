#include "source/match/value_matcher.h"

#include <algorithm>

#include "source/stream_info/findings.h"

namespace weir::match {
namespace {

// Of a value that is there.
struct Test {
  const Value& value;

  bool operator()(const NullMatch&) const { return value.is_null(); }
  bool operator()(const NumberMatch& match) const {
    return value.kind() == Value::Kind::kNumber && value.number() == match.exact;
  }
  bool operator()(const NumberRange& range) const {
    return value.kind() == Value::Kind::kNumber && value.number() >= range.start &&
           value.number() < range.end;
  }
  bool operator()(const StringMatcher& string) const {
    return value.kind() == Value::Kind::kString && string.Matches(value.string());
  }
  bool operator()(bool expected) const {
    return value.kind() == Value::Kind::kBool && value.boolean() == expected;
  }
  bool operator()(const PresentMatch& presence) const {
    const bool primitive =
        value.kind() != Value::Kind::kList && value.kind() != Value::Kind::kStruct;
    return primitive && presence.present;
  }
  bool operator()(const AnyValueMatch& any) const {
    return std::any_of(any.parts.begin(), any.parts.end(),
                       [this](const ValueMatcher& part) { return part.Matches(&value); });
  }
  bool operator()(const ElementMatch& match) const {
    if (value.kind() != Value::Kind::kList) return false;
    const Value::List& list = value.list();
    return std::any_of(list.begin(), list.end(), [&match](const Value& element) {
      return match.one_of.front().Matches(&element);
    });
  }
};

bool MatchesAbsence(const ValueMatcher& matcher) {
  if (const auto* presence = std::get_if<PresentMatch>(&matcher.what)) return !presence->present;
  const auto* const any = std::get_if<AnyValueMatch>(&matcher.what);
  return any != nullptr && std::any_of(any->parts.begin(), any->parts.end(), MatchesAbsence);
}

}  // namespace

bool operator==(const AnyValueMatch& a, const AnyValueMatch& b) { return a.parts == b.parts; }
bool operator==(const ElementMatch& a, const ElementMatch& b) { return a.one_of == b.one_of; }

bool ValueMatcher::Matches(const Value* value) const {
  return value == nullptr ? MatchesAbsence(*this) : std::visit(Test{*value}, what);
}

const Value* MetadataMatcher::Find(const MatchFacts& facts) const {
  if (facts.connection == nullptr) return nullptr;
  return stream_info::FindMetadata(*facts.connection, facts.stream, path);
}

}  // namespace weir::match
