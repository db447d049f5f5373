// What one match costs in a table of 1,024 routes, beside a linear scan over the same table:
//   bazel run -c opt //test/router:route_match_benchmark
//
// Prefixes: 1,024 that differ. Conditions: a third of the routes have a regular expression, a
// header, a parameter or a cookie, prefixes overlap, and the request fits the last route alone.
// SameBeginning: all conditions stand behind one prefix, so that no path tells them apart.
#include <benchmark/benchmark.h>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "test/router/random_routes.h"

namespace weir::router {
namespace {

constexpr int kRoutes = 1024;

config::Route RouteTo(int number, config::PathMatch path) {
  config::Route route{.match = {.path = std::move(path)}};
  route.action = config::RouteAction{.cluster = config::ClusterName{StrCat("c", number)}};
  return route;
}

match::StringMatcher Exactly(std::string value) {
  return match::StringMatcher(match::StringMatcher::Kind::kExact, std::move(value), false);
}

std::shared_ptr<config::RouteTable> Table(std::vector<config::Route> routes) {
  auto table = std::make_shared<config::RouteTable>();
  table->virtual_hosts.push_back({.name = "v", .domains = {"*"}, .routes = std::move(routes)});
  return table;
}

std::shared_ptr<config::RouteTable> Prefixes() {
  std::vector<config::Route> routes;
  for (int i = 0; i < kRoutes; ++i) {
    routes.push_back(RouteTo(i, config::PathPrefix{StrCat("/service-", i, "/v1/")}));
  }
  return Table(std::move(routes));
}

// Adds the i-th condition, of four kinds in turn; the path of a route without one stays.
void AddCondition(int i, const std::string& prefix, config::Route& route) {
  switch (i % 4) {
    case 0:
      route.match.path =
          config::PathRegex{*match::Regex::Create(StrCat(prefix, "[0-9]+/item-", i))};
      return;
    case 1:
      route.match.headers.push_back(
          {.name = StrCat("x-kind-", i % 5), .value = Exactly(StrCat(i))});
      return;
    case 2:
      route.match.query.push_back({.name = StrCat("q", i % 5), .value = Exactly(StrCat(i))});
      return;
    default:
      route.match.cookies.push_back({.name = StrCat("c", i % 5), .value = Exactly(StrCat(i))});
  }
}

// Every route's prefix covers the request's path in a third of the table; the last one has it all.
std::shared_ptr<config::RouteTable> Conditions() {
  std::vector<config::Route> routes;
  for (int i = 0; i < kRoutes - 1; ++i) {
    const bool overlaps = i % 3 == 0;
    const std::string prefix =
        overlaps ? std::string("/service-1023/v1/users/").substr(0, 13 + (i / 3) % 11)
                 : StrCat("/service-", i, "/");
    config::Route route = RouteTo(i, config::PathPrefix{prefix});
    if (overlaps) AddCondition(i / 3, prefix, route);
    routes.push_back(std::move(route));
  }
  routes.push_back(RouteTo(kRoutes - 1, config::PathPrefix{"/service-1023/v1/"}));
  return Table(std::move(routes));
}

std::shared_ptr<config::RouteTable> SameBeginning() {
  std::vector<config::Route> routes;
  for (int i = 0; i < kRoutes - 1; ++i) {
    config::Route route = RouteTo(i, config::PathPrefix{"/"});
    AddCondition(i, "/", route);
    routes.push_back(std::move(route));
  }
  routes.push_back(RouteTo(kRoutes - 1, config::PathPrefix{"/"}));
  return Table(std::move(routes));
}

// The request of a browser, which fits the last route of each table.
class Request {
 public:
  Request() : arena_(pool_), head_(arena_) {
    head_.method = "GET";
    head_.scheme = "https";
    head_.authority = "www.example.com";
    head_.path = "/service-1023/v1/users/17?page=3&q1=none&sort=name";
    for (const auto& [name, value] :
         {std::pair("user-agent", "Mozilla/5.0"), std::pair("accept", "*/*"),
          std::pair("accept-encoding", "gzip"),
          std::pair("cookie", "session=0123456789abcdef; c1=none"), std::pair("x-kind-1", "none"),
          std::pair("x-request-id", "7a1f"), std::pair("x-forwarded-for", "10.0.0.1"),
          std::pair("x-forwarded-proto", "https")}) {
      head_.headers.Add(name, value);
    }
  }
  const http::RequestHead& head() const { return head_; }

 private:
  buffer::BlockPool pool_;
  buffer::Arena arena_;
  http::RequestHead head_;
};

void Index(benchmark::State& state, std::shared_ptr<config::RouteTable> (*make)()) {
  const Request request;
  const auto table = make();
  const auto index = *RouteIndex::Create(table);
  const MatchInput input{.head = request.head()};
  WEIR_CHECK(index->Match(input).route == &table->virtual_hosts[0].routes.back(),
             "the last route wins");
  for (auto _ : state) benchmark::DoNotOptimize(index->Match(input).route);
}

void Scan(benchmark::State& state, std::shared_ptr<config::RouteTable> (*make)()) {
  const Request request;
  const auto table = make();
  const MatchInput input{.head = request.head()};
  for (auto _ : state) benchmark::DoNotOptimize(LinearScan(table->virtual_hosts[0], input));
}

BENCHMARK_CAPTURE(Index, prefixes, Prefixes);
BENCHMARK_CAPTURE(Index, conditions, Conditions);
BENCHMARK_CAPTURE(Index, same_beginning, SameBeginning);
BENCHMARK_CAPTURE(Scan, prefixes, Prefixes);
BENCHMARK_CAPTURE(Scan, conditions, Conditions);
BENCHMARK_CAPTURE(Scan, same_beginning, SameBeginning);

}  // namespace
}  // namespace weir::router

BENCHMARK_MAIN();
