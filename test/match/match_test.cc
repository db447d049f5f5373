#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/status.h"
#include "source/match/cookie_matcher.h"
#include "source/match/header_matcher.h"
#include "source/match/query_matcher.h"
#include "source/match/regex.h"
#include "source/match/string_matcher.h"

namespace weir::match {
namespace {

using Kind = StringMatcher::Kind;
using ::testing::HasSubstr;

TEST(Regex, MatchesTheWholeTextOrAPart) {
  const Regex regex = *Regex::Create("/v[0-9]+");
  EXPECT_TRUE(regex.FullMatch("/v12"));
  EXPECT_FALSE(regex.FullMatch("/v12/x"));
  EXPECT_TRUE(regex.PartialMatch("a/v12/x"));
  EXPECT_EQ(regex.ReplaceAll("/v1/v2", "[\\0]"), "[/v1][/v2]");
}

TEST(Regex, ErrorsSayWhatIsWrong) {
  EXPECT_THAT(MessageOf(Regex::Create("a(").status()), HasSubstr("'a('"));
  EXPECT_THAT(MessageOf(Regex::Create("\\pL{50}").status()), HasSubstr("instructions"));
  const Regex regex = *Regex::Create("(a)");
  EXPECT_TRUE(regex.CheckSubstitution("\\1").ok());
  EXPECT_FALSE(regex.CheckSubstitution("\\2").ok());
}

TEST(StringMatcher, Table) {
  struct Case {
    Kind kind;
    std::string_view value;
    bool ignore_case;
    std::string_view text;
    bool matches;
  };
  const Case cases[] = {
      {Kind::kExact, "Ab", false, "Ab", true},     {Kind::kExact, "Ab", false, "ab", false},
      {Kind::kExact, "Ab", true, "aB", true},      {Kind::kExact, "ab", true, "abc", false},
      {Kind::kPrefix, "Ab", false, "Abc", true},   {Kind::kPrefix, "Ab", false, "A", false},
      {Kind::kPrefix, "Ab", true, "aBc", true},    {Kind::kSuffix, "bC", false, "abC", true},
      {Kind::kSuffix, "bC", false, "C", false},    {Kind::kSuffix, "bC", true, "aBc", true},
      {Kind::kContains, "b", false, "abc", true},  {Kind::kContains, "B", false, "abc", false},
      {Kind::kContains, "BC", true, "abcd", true}, {Kind::kContains, "x", true, "abc", false},
      {Kind::kContains, "abc", true, "ab", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(StringMatcher(c.kind, std::string(c.value), c.ignore_case).Matches(c.text), c.matches)
        << c.value << " " << c.text;
  }
  EXPECT_TRUE(StringMatcher(*Regex::Create("a+")).Matches("aaa"));
  EXPECT_FALSE(StringMatcher(*Regex::Create("a+")).Matches("aab"));
}

class HeaderMatcherTest : public testing::Test {
 protected:
  HeaderMatcherTest() : arena_(pool_), head_(arena_) {
    head_.method = "GET";
    head_.path = "/p?q";
    head_.authority = "a.com";
    head_.scheme = "http";
    head_.framing = {http::Framing::kLength, 12};
    head_.headers.Add("x-one", "1");
    head_.headers.Add("x-two", "a");
    head_.headers.Add("x-two", "b");
    head_.headers.Add("x-number", "-5");
    head_.headers.Add("x-empty", "");
  }
  bool Matches(HeaderMatcher matcher) { return matcher.Matches(head_); }
  static StringMatcher Exact(std::string value) { return {Kind::kExact, std::move(value), false}; }

  buffer::BlockPool pool_;
  buffer::Arena arena_;
  http::RequestHead head_;
};

TEST_F(HeaderMatcherTest, ReadsFieldsAndTheHead) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {":method", "GET"},  {":path", "/p?q"}, {":authority", "a.com"}, {"host", "a.com"},
      {":scheme", "http"}, {"x-one", "1"},    {"x-two", "a,b"},        {"content-length", "12"}};
  for (const auto& [name, value] : cases) EXPECT_EQ(HeaderValue(head_, name), value) << name;
  EXPECT_EQ(HeaderValue(head_, "x-three"), std::nullopt);
  EXPECT_EQ(HeaderValue(head_, ":status"), std::nullopt);
  EXPECT_EQ(HeaderValue(head_, "x-empty"), "");
}

TEST_F(HeaderMatcherTest, InvertsAndTreatsMissingFields) {
  EXPECT_TRUE(Matches({.name = "x-one", .value = Exact("1")}));
  EXPECT_FALSE(Matches({.name = "x-one", .value = Exact("1"), .invert = true}));
  EXPECT_TRUE(Matches({.name = "x-one", .value = Exact("2"), .invert = true}));
  EXPECT_FALSE(Matches({.name = "no", .value = Exact("2"), .invert = true}));
  EXPECT_TRUE(
      Matches({.name = "no", .value = Exact("2"), .invert = true, .treat_missing_as_empty = true}));
  EXPECT_TRUE(Matches({.name = "x-one", .value = PresentMatch{true}}));
  EXPECT_FALSE(Matches({.name = "x-one", .value = PresentMatch{false}}));
  EXPECT_TRUE(Matches({.name = "no", .value = PresentMatch{false}}));
  EXPECT_TRUE(Matches({.name = "no", .value = PresentMatch{true}, .invert = true}));
}

TEST_F(HeaderMatcherTest, RangesAreHalfOpen) {
  EXPECT_TRUE(Matches({.name = "x-number", .value = RangeMatch{-5, 0}}));
  EXPECT_FALSE(Matches({.name = "x-number", .value = RangeMatch{-10, -5}}));
  EXPECT_FALSE(Matches({.name = "x-two", .value = RangeMatch{-10, 10}}));
  EXPECT_TRUE(Matches({.name = "content-length", .value = RangeMatch{12, 13}}));
}

TEST_F(HeaderMatcherTest, CookiesAreTakenOneByOne) {
  const auto cookie = [this](std::string_view name) { return Cookie(head_, name); };
  EXPECT_EQ(cookie("a"), std::nullopt);
  head_.headers.Add("cookie", "a=1; b=\"two 2\";c = 3 ;broken; =none; a=9; d=x=y; e=\"; f=");
  head_.headers.Add("cookie", "a=8; g=7");
  const std::pair<std::string_view, std::optional<std::string_view>> cases[] = {
      {"a", "1"},   {"b", "two 2"}, {"c", std::nullopt}, {"c ", " 3"}, {"broken", std::nullopt},
      {"d", "x=y"}, {"e", "\""},    {"f", ""},           {"g", "7"},   {"A", std::nullopt},
  };
  for (const auto& [name, value] : cases) EXPECT_EQ(cookie(name), value) << name;
}

TEST_F(HeaderMatcherTest, AMissingCookieMatchesWhenInvertedAlone) {
  head_.headers.Add("cookie", "tier=gold");
  const CookieMatcher gold{.name = "tier", .value = Exact("gold")};
  const CookieMatcher iron{.name = "tier", .value = Exact("iron")};
  const CookieMatcher missing{.name = "no", .value = Exact("")};
  for (const auto& [matcher, matches] :
       {std::pair(gold, true), std::pair(iron, false), std::pair(missing, false)}) {
    CookieMatcher inverted = matcher;
    inverted.invert = true;
    EXPECT_EQ(matcher.Matches(head_), matches);
    EXPECT_EQ(inverted.Matches(head_), !matches);
  }
}

TEST(QueryMatcher, Table) {
  struct Case {
    std::string_view path, name;
    std::optional<std::string_view> value;
  };
  const Case cases[] = {
      {"/p", "a", std::nullopt},  {"/p?a", "a", ""},
      {"/p?a=", "a", ""},         {"/p?a=1&a=2", "a", "1"},
      {"/p?ab=1&a=2", "a", "2"},  {"/p?b=a", "a", std::nullopt},
      {"/p?a=%20x", "a", "%20x"}, {"/p?a=1#&b=2", "b", std::nullopt},
      {"/p?&&a=1", "a", "1"},
  };
  for (const Case& c : cases) EXPECT_EQ(QueryParameter(c.path, c.name), c.value) << c.path;
  const StringMatcher one(Kind::kExact, "1", false);
  EXPECT_TRUE((QueryMatcher{.name = "a", .value = one}.Matches("/p?a=1")));
  EXPECT_FALSE((QueryMatcher{.name = "a", .value = one}.Matches("/p?a=2")));
  EXPECT_FALSE((QueryMatcher{.name = "a", .value = one}.Matches("/p")));
  EXPECT_TRUE((QueryMatcher{.name = "a", .value = std::nullopt, .present = false}.Matches("/p")));
  EXPECT_FALSE(
      (QueryMatcher{.name = "a", .value = std::nullopt, .present = false}.Matches("/p?a")));
}

}  // namespace
}  // namespace weir::match
