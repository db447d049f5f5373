#include "source/stats/tag_pattern.h"

#include "gtest/gtest.h"

namespace weir::stats {
namespace {

// "removed|value", or what is wrong.
std::string Find(std::string_view regex, std::string_view name) {
  const auto pattern = TagPattern::Create(regex);
  if (!pattern.ok()) return "refused";
  const auto found = (*pattern)->Find(name);
  return found.has_value() ? found->removed + "|" + found->value : "none";
}

TEST(TagPattern, Table) {
  const struct {
    std::string_view regex, name, found;
  } cases[] = {
      {R"(^cluster\.((.+?)\.))", "cluster.web.rq", "web.|web"},
      {R"(_rq(_\dxx)$)", "cluster.web.upstream_rq_2xx", "_2xx|_2xx"},
      {R"((a)|(b))", "xb", "|b"},
      {R"(no(t))", "cluster", "none"},
      // Look-ahead in the middle, at the end, and one that does not hold.
      {R"(^listener(?=\.).*?\.http\.((.*?)\.))", "listener.0.0.0.0_80.http.in.rq", "in.|in"},
      {R"(^listener(?=_).*?\.http\.((.*?)\.))", "listener.0.0.0.0_80.http.in.rq", "none"},
      {R"(((east|west))(?=\.(rq|cx)))", "cluster.east.cx", "east|east"},
      {R"(((east|west))(?=\.no))", "cluster.east.cx", "none"},
      {R"((?=c)(cluster))", "cluster.a", "cluster|cluster"},
      // Parentheses and brackets that are none.
      {R"(\(?=?(a))", "(a", "a|a"},
      {R"([(?=](a))", "(a", "a|a"},
      {R"([^](](a))", "xa", "a|a"},
      {R"(([[:digit:]]+)[)])", "12)", "12|12"},
      {R"((?:x)(?P<n>a))", "xa", "refused"},
      {R"(a)", "a", "refused"},
      {R"((a)", "a", "refused"},
      {R"((a)(?=())", "a", "refused"},
      {R"((a)(?=)", "a", "refused"},
      {R"((a)(?=b)", "ab", "refused"},
      {R"((a)(?=))", "a", "a|a"},
      {R"((a)(?!b))", "a", "refused"},
      {"", "a", "refused"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(Find(each.regex, each.name), each.found) << each.regex;
  }
}

}  // namespace
}  // namespace weir::stats
