// Patterns of routes and what they match: path templates with their rewrites, regular expressions,
// parameters of a query. Lines: a template, a rewrite, a path.
#include <string>

#include "source/base/check.h"
#include "source/match/query_matcher.h"
#include "source/match/uri_template.h"
#include "test/fuzz/lines.h"

namespace weir::match {
namespace {

void CheckTemplate(std::string_view text, std::string_view rewrite, std::string_view path) {
  const auto compiled = UriTemplate::Create(text);
  if (!compiled.ok()) {
    WEIR_CHECK(!compiled.status().message().empty(), "a refusal has a reason");
    return;
  }
  const bool matches = compiled->regex().FullMatch(path);
  const auto substitution = compiled->Substitution(rewrite);
  if (!substitution.ok()) return;
  WEIR_CHECK(compiled->regex().CheckSubstitution(*substitution).ok(), "it names its own groups");
  if (!matches) return;
  WEIR_CHECK(path.starts_with(compiled->regex().RequiredPrefix()), "each match begins with it");
  (void)compiled->regex().ReplaceAll(path, *substitution);
}

void CheckRegex(std::string_view pattern, const std::string& substitution, std::string_view text) {
  const auto regex = Regex::Create(pattern);
  if (!regex.ok()) return;
  if (regex->FullMatch(text)) {
    WEIR_CHECK(regex->PartialMatch(text), "the whole is a part");
    WEIR_CHECK(text.starts_with(regex->RequiredPrefix()), "each match begins with it");
  }
  if (regex->CheckSubstitution(substitution).ok()) (void)regex->ReplaceAll(text, substitution);
}

void CheckQuery(std::string_view path, std::string_view name) {
  size_t given = 0;
  bool found = false;
  ForEachQueryParameter(path, [&](std::string_view key, std::string_view value) {
    given += key.size() + value.size();
    found = found || key == name;
    return true;
  });
  WEIR_CHECK(given <= path.size(), "parameters are parts of the query");
  WEIR_CHECK(QueryParameter(path, name).has_value() == found, "one rule of finding");
  const QueryMatcher matcher{
      .name = std::string(name),
      .value = StringMatcher(StringMatcher::Kind::kContains, "a", true),
  };
  WEIR_CHECK(!matcher.Matches(path) || found, "nothing matches that is not there");
}

}  // namespace
}  // namespace weir::match

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = weir::TextOf(data, size);
  const std::string_view pattern = weir::TakeLine(rest);
  const std::string_view second = weir::TakeLine(rest);
  weir::match::CheckTemplate(pattern, second, rest);
  weir::match::CheckRegex(pattern, std::string(second), rest);
  weir::match::CheckQuery(rest, second);
  return 0;
}
