// Matchers of strings, header fields and query parameters. Each function adds errors to its scope.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "envoy/config/route/v3/route_components.pb.h"
#include "envoy/type/matcher/v3/filter_state.pb.h"
#include "envoy/type/matcher/v3/metadata.pb.h"
#include "envoy/type/matcher/v3/regex.pb.h"
#include "envoy/type/matcher/v3/string.pb.h"
#include "source/config/proto/scope.h"
#include "source/config/route.h"
#include "source/match/cookie_matcher.h"
#include "source/match/filter_state_matcher.h"
#include "source/match/header_matcher.h"
#include "source/match/query_matcher.h"
#include "source/match/value_matcher.h"
#include "xds/type/matcher/v3/string.pb.h"

namespace weir::config::proto {

std::optional<match::Regex> DecodeRegex(const envoy::type::matcher::v3::RegexMatcher& regex,
                                        const Scope& scope);
std::optional<RegexRewrite> DecodeRegexRewrite(
    const envoy::type::matcher::v3::RegexMatchAndSubstitute& rewrite, const Scope& scope);
std::optional<match::StringMatcher> DecodeStringMatcher(
    const envoy::type::matcher::v3::StringMatcher& matcher, const Scope& scope);
std::optional<match::StringMatcher> DecodeStringMatcher(
    const xds::type::matcher::v3::StringMatcher& matcher, const Scope& scope);
// Those of the field `field` of the message at `scope`.
std::vector<match::StringMatcher> DecodeStringMatchers(
    const google::protobuf::RepeatedPtrField<envoy::type::matcher::v3::StringMatcher>& matchers,
    const Scope& scope, std::string_view field);
std::optional<match::HeaderMatcher> DecodeHeaderMatcher(
    const envoy::config::route::v3::HeaderMatcher& matcher, const Scope& scope);
// Those of the field `field` of the message at `scope`.
std::vector<match::HeaderMatcher> DecodeHeaderMatchers(
    const google::protobuf::RepeatedPtrField<envoy::config::route::v3::HeaderMatcher>& matchers,
    const Scope& scope, std::string_view field);
std::optional<match::QueryMatcher> DecodeQueryMatcher(
    const envoy::config::route::v3::QueryParameterMatcher& matcher, const Scope& scope);
std::optional<match::CookieMatcher> DecodeCookieMatcher(
    const envoy::config::route::v3::CookieMatcher& matcher, const Scope& scope);

// Of what filters found and keep; in found_matchers.cc.
std::optional<match::ValueMatcher> DecodeValueMatcher(
    const envoy::type::matcher::v3::ValueMatcher& matcher, const Scope& scope);
std::optional<match::MetadataMatcher> DecodeMetadataMatcher(
    const envoy::type::matcher::v3::MetadataMatcher& matcher, const Scope& scope);
std::optional<match::FilterStateMatcher> DecodeFilterStateMatcher(
    const envoy::type::matcher::v3::FilterStateMatcher& matcher, const Scope& scope);
// The namespace and the path of a MetadataMatcher or an input.
template <typename Message>
std::vector<std::string> DecodeMetadataPath(const Message& message) {
  std::vector<std::string> path = {message.filter()};
  for (const auto& segment : message.path()) path.push_back(segment.key());
  return path;
}

}  // namespace weir::config::proto
