// Matchers of what filters found and keep: metadata and filter state.
#include "source/config/proto/matchers.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::type::matcher::v3;

// Of matchers of values inside one another.
constexpr int kMostLevels = 16;

class ValueDecoder {
 public:
  std::optional<match::ValueMatcher> Decode(const pb::ValueMatcher& message, const Scope& scope,
                                            int level = 1) const {
    if (level > kMostLevels) {
      scope.Error("matchers of values are nested more than 16 deep");
      return std::nullopt;
    }
    switch (message.match_pattern_case()) {
      case pb::ValueMatcher::kNullMatch:
        return match::ValueMatcher{match::NullMatch{}};
      case pb::ValueMatcher::kDoubleMatch:
        return DecodeNumber(message.double_match(), scope.Field("double_match"));
      case pb::ValueMatcher::kStringMatch: {
        auto text = DecodeStringMatcher(message.string_match(), scope.Field("string_match"));
        if (!text.has_value()) return std::nullopt;
        return match::ValueMatcher{*std::move(text)};
      }
      case pb::ValueMatcher::kBoolMatch:
        return match::ValueMatcher{message.bool_match()};
      case pb::ValueMatcher::kPresentMatch:
        return match::ValueMatcher{match::PresentMatch{message.present_match()}};
      case pb::ValueMatcher::kListMatch: {
        const Scope list = scope.Field("list_match");
        auto element = Decode(message.list_match().one_of(), list.Field("one_of"), level + 1);
        if (!element.has_value()) return std::nullopt;
        return match::ValueMatcher{match::ElementMatch{{*std::move(element)}}};
      }
      case pb::ValueMatcher::kOrMatch:
        return DecodeAny(message.or_match(), scope.Field("or_match"), level);
      case pb::ValueMatcher::MATCH_PATTERN_NOT_SET:
        break;
    }
    scope.Error(
        "a kind of value is missing: null_match, double_match, string_match, bool_match, "
        "present_match, list_match or or_match");
    return std::nullopt;
  }

 private:
  static std::optional<match::ValueMatcher> DecodeNumber(const pb::DoubleMatcher& message,
                                                         const Scope& scope) {
    if (message.has_range()) {
      return match::ValueMatcher{
          match::NumberRange{message.range().start(), message.range().end()}};
    }
    if (message.match_pattern_case() == pb::DoubleMatcher::kExact) {
      return match::ValueMatcher{match::NumberMatch{message.exact()}};
    }
    scope.Error("a number is missing: range or exact");
    return std::nullopt;
  }

  match::ValueMatcher DecodeAny(const pb::OrMatcher& message, const Scope& scope, int level) const {
    match::AnyValueMatch any;
    for (int i = 0; i < message.value_matchers_size(); ++i) {
      auto part = Decode(message.value_matchers(i), scope.Item("value_matchers", i), level + 1);
      if (part.has_value()) any.parts.push_back(*std::move(part));
    }
    return {std::move(any)};
  }
};

}  // namespace

std::optional<match::ValueMatcher> DecodeValueMatcher(const pb::ValueMatcher& matcher,
                                                      const Scope& scope) {
  return ValueDecoder().Decode(matcher, scope);
}

std::optional<match::MetadataMatcher> DecodeMetadataMatcher(const pb::MetadataMatcher& matcher,
                                                            const Scope& scope) {
  auto value = DecodeValueMatcher(matcher.value(), scope.Field("value"));
  if (!value.has_value()) return std::nullopt;
  return match::MetadataMatcher{
      .path = DecodeMetadataPath(matcher), .value = *std::move(value), .invert = matcher.invert()};
}

std::optional<match::FilterStateMatcher> DecodeFilterStateMatcher(
    const pb::FilterStateMatcher& matcher, const Scope& scope) {
  if (matcher.has_string_match()) {
    auto text = DecodeStringMatcher(matcher.string_match(), scope.Field("string_match"));
    if (!text.has_value()) return std::nullopt;
    return match::FilterStateMatcher{matcher.key(), *std::move(text)};
  }
  if (!matcher.has_address_match()) {
    scope.Error("a matcher is missing: string_match or address_match");
    return std::nullopt;
  }
  const Scope at = scope.Field("address_match");
  match::AddressTest test{.ranges = {}, .invert = matcher.address_match().invert_match()};
  for (int i = 0; i < matcher.address_match().ranges_size(); ++i) {
    const auto range = DecodeCidrRange(matcher.address_match().ranges(i), at.Item("ranges", i));
    if (range.has_value()) test.ranges.push_back(*range);
  }
  return match::FilterStateMatcher{matcher.key(), std::move(test)};
}

}  // namespace weir::config::proto
