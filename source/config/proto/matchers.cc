#include "source/config/proto/matchers.h"

#include "source/base/status.h"

namespace weir::config::proto {
namespace route = envoy::config::route::v3;
namespace matcher_pb = envoy::type::matcher::v3;
using Kind = match::StringMatcher::Kind;

namespace {

// A RegexMatcher of either API.
template <typename Message>
std::optional<match::Regex> CompileRegex(const Message& regex, const Scope& scope) {
  absl::StatusOr<match::Regex> compiled = match::Regex::Create(regex.regex());
  if (compiled.ok()) return *std::move(compiled);
  scope.Field("regex").Error(compiled.status());
  return std::nullopt;
}

// A StringMatcher of either API.
template <typename Message>
std::optional<match::StringMatcher> CompileString(const Message& matcher, const Scope& scope) {
  const bool ignore_case = matcher.ignore_case();
  switch (matcher.match_pattern_case()) {
    case Message::kExact:
      return match::StringMatcher(Kind::kExact, matcher.exact(), ignore_case);
    case Message::kPrefix:
      return match::StringMatcher(Kind::kPrefix, matcher.prefix(), ignore_case);
    case Message::kSuffix:
      return match::StringMatcher(Kind::kSuffix, matcher.suffix(), ignore_case);
    case Message::kContains:
      return match::StringMatcher(Kind::kContains, matcher.contains(), ignore_case);
    case Message::kSafeRegex: {
      if (ignore_case) {
        scope.Field("ignore_case")
            .Error("has no effect on safe_regex; write (?i) into the pattern");
      }
      std::optional<match::Regex> regex =
          CompileRegex(matcher.safe_regex(), scope.Field("safe_regex"));
      if (!regex.has_value()) return std::nullopt;
      return match::StringMatcher(*std::move(regex));
    }
    case Message::MATCH_PATTERN_NOT_SET:
      break;
  }
  scope.Error("a pattern is missing: exact, prefix, suffix, contains or safe_regex");
  return std::nullopt;
}

}  // namespace

std::optional<match::Regex> DecodeRegex(const matcher_pb::RegexMatcher& regex, const Scope& scope) {
  return CompileRegex(regex, scope);
}

std::optional<RegexRewrite> DecodeRegexRewrite(const matcher_pb::RegexMatchAndSubstitute& rewrite,
                                               const Scope& scope) {
  std::optional<match::Regex> pattern = DecodeRegex(rewrite.pattern(), scope.Field("pattern"));
  if (!pattern.has_value()) return std::nullopt;
  const absl::Status fits = pattern->CheckSubstitution(rewrite.substitution());
  if (!fits.ok()) {
    scope.Field("substitution").Error(fits);
    return std::nullopt;
  }
  return RegexRewrite{*std::move(pattern), rewrite.substitution()};
}

std::optional<match::StringMatcher> DecodeStringMatcher(const matcher_pb::StringMatcher& matcher,
                                                        const Scope& scope) {
  return CompileString(matcher, scope);
}

std::optional<match::StringMatcher> DecodeStringMatcher(
    const xds::type::matcher::v3::StringMatcher& matcher, const Scope& scope) {
  return CompileString(matcher, scope);
}

std::vector<match::StringMatcher> DecodeStringMatchers(
    const google::protobuf::RepeatedPtrField<matcher_pb::StringMatcher>& matchers,
    const Scope& scope, std::string_view field) {
  std::vector<match::StringMatcher> decoded;
  for (int i = 0; i < matchers.size(); ++i) {
    auto matcher = DecodeStringMatcher(matchers[i], scope.Item(field, i));
    if (matcher.has_value()) decoded.push_back(*std::move(matcher));
  }
  return decoded;
}

std::optional<match::HeaderMatcher> DecodeHeaderMatcher(const route::HeaderMatcher& matcher,
                                                        const Scope& scope) {
  using Pb = route::HeaderMatcher;
  match::HeaderMatcher decoded;
  decoded.name = AsciiLower(matcher.name());
  decoded.invert = matcher.invert_match();
  decoded.treat_missing_as_empty = matcher.treat_missing_header_as_empty();
  switch (matcher.header_match_specifier_case()) {
    case Pb::HEADER_MATCH_SPECIFIER_NOT_SET:
      break;  // Present.
    case Pb::kPresentMatch:
      decoded.value = match::PresentMatch{matcher.present_match()};
      break;
    case Pb::kRangeMatch:
      decoded.value = match::RangeMatch{matcher.range_match().start(), matcher.range_match().end()};
      break;
    case Pb::kExactMatch:
      decoded.value = match::StringMatcher(Kind::kExact, matcher.exact_match(), false);
      break;
    case Pb::kPrefixMatch:
      decoded.value = match::StringMatcher(Kind::kPrefix, matcher.prefix_match(), false);
      break;
    case Pb::kSuffixMatch:
      decoded.value = match::StringMatcher(Kind::kSuffix, matcher.suffix_match(), false);
      break;
    case Pb::kContainsMatch:
      decoded.value = match::StringMatcher(Kind::kContains, matcher.contains_match(), false);
      break;
    case Pb::kSafeRegexMatch: {
      std::optional<match::Regex> regex =
          DecodeRegex(matcher.safe_regex_match(), scope.Field("safe_regex_match"));
      if (!regex.has_value()) return std::nullopt;
      decoded.value = match::StringMatcher(*std::move(regex));
      break;
    }
    case Pb::kStringMatch: {
      std::optional<match::StringMatcher> string =
          DecodeStringMatcher(matcher.string_match(), scope.Field("string_match"));
      if (!string.has_value()) return std::nullopt;
      decoded.value = *std::move(string);
      break;
    }
  }
  return decoded;
}

std::vector<match::HeaderMatcher> DecodeHeaderMatchers(
    const google::protobuf::RepeatedPtrField<route::HeaderMatcher>& matchers, const Scope& scope,
    std::string_view field) {
  std::vector<match::HeaderMatcher> decoded;
  for (int i = 0; i < matchers.size(); ++i) {
    auto matcher = DecodeHeaderMatcher(matchers[i], scope.Item(field, i));
    if (matcher.has_value()) decoded.push_back(*std::move(matcher));
  }
  return decoded;
}

std::optional<match::QueryMatcher> DecodeQueryMatcher(const route::QueryParameterMatcher& matcher,
                                                      const Scope& scope) {
  match::QueryMatcher decoded;
  decoded.name = matcher.name();
  if (matcher.has_string_match()) {
    decoded.value = DecodeStringMatcher(matcher.string_match(), scope.Field("string_match"));
    if (!decoded.value.has_value()) return std::nullopt;
  } else if (matcher.query_parameter_match_specifier_case() ==
             route::QueryParameterMatcher::kPresentMatch) {
    decoded.present = matcher.present_match();
  }
  return decoded;
}

std::optional<match::CookieMatcher> DecodeCookieMatcher(const route::CookieMatcher& matcher,
                                                        const Scope& scope) {
  std::optional<match::StringMatcher> value =
      DecodeStringMatcher(matcher.string_match(), scope.Field("string_match"));
  if (!value.has_value()) return std::nullopt;
  return match::CookieMatcher{matcher.name(), *std::move(value), matcher.invert_match()};
}

}  // namespace weir::config::proto
