// The index against a linear scan, over random tables and requests.
#include <algorithm>

#include "gtest/gtest.h"
#include "source/base/strings.h"
#include "source/event/random.h"
#include "source/router/route_index.h"

namespace weir::router {
namespace {

using config::PathExact;
using config::PathPrefix;
using config::PathRegex;
using config::PathSeparatedPrefix;

// Few letters, so that paths often share prefixes and match, yet nodes with many children; two are
// above 127, for signedness.
std::string RandomPath(event::Random& random, size_t max_length) {
  constexpr std::string_view kLetters = "/aabbcd\xC3\xA9";
  std::string path = "/";
  for (uint64_t i = random.Below(max_length); i > 0; --i)
    path += kLetters[random.Below(kLetters.size())];
  return path;
}

config::Route RandomRoute(event::Random& random, int number) {
  const std::string path = RandomPath(random, 8);
  config::Route route{.name = StrCat(number), .match = {.path = PathPrefix{path}}};
  switch (random.Below(8)) {
    case 0:
    case 1:
      route.match.path = PathExact{path};
      break;
    case 2:
    case 3:
      route.match.path = PathSeparatedPrefix{path};
      break;
    case 4:
      route.match.path = PathRegex{*match::Regex::Create("/[ab]*/a.*")};
      break;
    case 5:
      route.match.path = PathPrefix{random.Below(4) == 0 ? "" : path};
      break;
    default:
      break;
  }
  route.match.case_sensitive = random.Below(6) != 0;
  if (random.Below(3) == 0) {
    route.match.headers = {{.name = "x", .value = match::PresentMatch{random.Below(2) == 0}}};
  }
  if (random.Below(5) == 0) {
    route.match.runtime_fraction = config::Fraction{static_cast<uint32_t>(random.Below(1'000'000))};
  }
  route.action = config::RouteAction{.cluster = config::ClusterName{route.name}};
  return route;
}

// Written against the documentation of RouteMatch, not against the index.
bool Matches(const config::Route& route, const MatchInput& input) {
  std::string path(input.head.path.substr(0, input.head.path.find('?')));
  const config::RouteMatch& match = route.match;
  const auto fold = [&](std::string text) {
    return match.case_sensitive ? text : AsciiLower(text);
  };
  bool found = false;
  if (const auto* p = std::get_if<PathPrefix>(&match.path)) {
    found = fold(path).starts_with(fold(p->value));
  } else if (const auto* e = std::get_if<PathExact>(&match.path)) {
    found = fold(path) == fold(e->value);
  } else if (const auto* s = std::get_if<PathSeparatedPrefix>(&match.path)) {
    found = fold(path) == fold(s->value) || fold(path).starts_with(fold(s->value) + "/");
  } else {
    found = std::get<PathRegex>(match.path).value.FullMatch(path);
  }
  if (match.runtime_fraction && !match.runtime_fraction->Contains(input.random)) return false;
  for (const auto& header : match.headers) {
    if (!header.Matches(input.head)) return false;
  }
  return found;
}

TEST(RouteIndexProperty, AgreesWithALinearScan) {
  event::Random random(20240917);
  buffer::BlockPool pool;
  int matched = 0;
  for (int table_number = 0; table_number < 300; ++table_number) {
    SCOPED_TRACE(StrCat("table ", table_number));
    auto table = std::make_shared<config::RouteTable>();
    table->virtual_hosts.push_back({.name = "v", .domains = {"*"}});
    const int routes = static_cast<int>(random.Below(60));
    for (int i = 0; i < routes; ++i) {
      table->virtual_hosts[0].routes.push_back(RandomRoute(random, i));
    }
    const auto index = RouteIndex::Create(table);
    ASSERT_TRUE(index.ok());
    for (int request = 0; request < 60; ++request) {
      buffer::Arena arena(pool);
      http::RequestHead head(arena);
      std::string path = RandomPath(random, 12);
      if (random.Below(6) == 0) std::transform(path.begin(), path.end(), path.begin(), toupper);
      if (random.Below(3) == 0) path += "?q=/ab";
      head.path = path;
      if (random.Below(2) == 0) head.headers.Add("x", "1");
      const MatchInput input{.head = head, .random = random.Next()};
      const config::Route* expected = nullptr;
      for (const config::Route& route : table->virtual_hosts[0].routes) {
        if (Matches(route, input)) {
          expected = &route;
          break;
        }
      }
      const Decision decision = (*index)->Match(input);
      ASSERT_EQ(decision.route, expected) << path;
      matched += expected != nullptr ? 1 : 0;
    }
  }
  EXPECT_GT(matched, 5000);  // Else the tables say nothing.
}

}  // namespace
}  // namespace weir::router
