#include "source/match/uri_template.h"

#include <array>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/status.h"
#include "source/match/regex_set.h"

namespace weir::match {
namespace {

using ::testing::HasSubstr;

TEST(UriTemplate, MatchesSegmentsAndTails) {
  struct Case {
    std::string_view text, path;
    bool matches;
  };
  const Case cases[] = {
      {"/users/{id}", "/users/7", true},
      {"/users/{id}", "/users/", false},
      {"/users/{id}", "/users/7/x", false},
      {"/*/x", "/a.b/x", true},
      {"/*/x", "/a/b/x", false},
      {"/files/{file=**}", "/files/a/b.txt", true},
      {"/files/{file=**}", "/files/", true},
      {"/files/{file=**}.m3u8", "/files/a/b.m3u8", true},
      {"/files/{file=**}.m3u8", "/files/a/b.txt", false},
      {"/{a=v1/*}/{b}", "/v1/x/y", true},
      {"/{a=v1/*}/{b}", "/v2/x/y", false},
      {"/a.b", "/aXb", false},
      {"/{a}.ts", "/s-1.ts", true},
      {"/**", "/a%20b/c", true},
  };
  for (const Case& c : cases) {
    const auto compiled = UriTemplate::Create(c.text);
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    EXPECT_EQ(compiled->regex().FullMatch(c.path), c.matches) << c.text << " " << c.path;
  }
}

TEST(UriTemplate, RewritesByItsVariables) {
  const auto compiled = UriTemplate::Create("/{region}/videos/{rest=**}");
  ASSERT_TRUE(compiled.ok());
  const auto substitution = compiled->Substitution("/v/{rest}/in/{region}");
  ASSERT_TRUE(substitution.ok()) << substitution.status();
  EXPECT_EQ(compiled->regex().ReplaceAll("/eu/videos/a/b", *substitution), "/v/a/b/in/eu");
}

TEST(UriTemplate, ErrorsSayWhatAndWhere) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"users", "must begin with '/', at position 0"},
      {"/a/{id", "has a variable without '}', at position 3"},
      {"/{1a}", "has a variable named '1a'"},
      {"/{a}/{a}", "has two variables named 'a'"},
      {"/{a}{b}/{c}/{d}/{e}/{f}", "has more than 5 variables"},
      {"/**/a/*", "has an operator after **"},
      {"/**/{a}", "has a variable after **"},
      {"/***", "two operators side by side"},
      {"/a//b", "has an empty segment, at position 2"},
      {"/a?b", "has '?' outside of a variable"},
      {"/{a={b}}", "has a variable inside of a variable"},
      {"/{a=}", "has a variable with no pattern"},
      {"/a}", "has '}' outside of a variable"},
  };
  for (const auto& [text, error] : cases) {
    EXPECT_THAT(MessageOf(UriTemplate::Create(text).status()), HasSubstr(error)) << text;
  }
  const auto compiled = UriTemplate::Create("/{a}");
  EXPECT_THAT(MessageOf(compiled->Substitution("/{b}").status()), HasSubstr("has {b}"));
  EXPECT_THAT(MessageOf(compiled->Substitution("x").status()), HasSubstr("must begin with '/'"));
  EXPECT_THAT(MessageOf(compiled->Substitution("/\\1").status()), HasSubstr("has '\\'"));
}

TEST(Regex, KnowsWhatItsMatchesBeginWith) {
  // Of a repetition the last character may be left out.
  const std::pair<std::string_view, std::string_view> cases[] = {{"/api/v1/[0-9]+", "/api/v1/"},
                                                                 {"/api/.*", "/api/"},
                                                                 {".*/x", ""},
                                                                 {"(?i)/api", "/"},
                                                                 {"/a|/ab", "/a"},
                                                                 {"a|b", ""},
                                                                 {"^/api/x$", "/api/x"},
                                                                 {"/(api|app)/", "/ap"},
                                                                 {"/a{2,3}b", "/aa"}};
  for (const auto& [pattern, longest] : cases) {
    const std::string prefix = Regex::Create(pattern)->RequiredPrefix();
    EXPECT_TRUE(longest.starts_with(prefix)) << pattern << " " << prefix;
    EXPECT_GE(prefix.size() + 1, longest.size()) << pattern << " " << prefix;
  }
}

TEST(RegexSet, FindsAllThatMatch) {
  const Regex patterns[] = {*Regex::Create("/a.*"), *Regex::Create("/ab"), *Regex::Create("b"),
                            *Regex::Create(".*b")};
  const Regex* const pointers[] = {&patterns[0], &patterns[1], &patterns[2], &patterns[3]};
  const std::optional<RegexSet> set = RegexSet::Create(pointers);
  ASSERT_TRUE(set.has_value());
  std::array<uint32_t, 4> found{};
  ASSERT_EQ(set->Match("/ab", found), 3u);
  EXPECT_THAT(std::span(found).first(3), testing::ElementsAre(0, 1, 3));
  EXPECT_EQ(set->Match("/c", found), 0u);
  EXPECT_EQ(set->Match("/ab", std::span(found).first(2)), std::nullopt);  // No room.
}

}  // namespace
}  // namespace weir::match
