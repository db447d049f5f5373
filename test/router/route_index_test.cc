#include "source/router/route_index.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/status.h"

namespace weir::router {
namespace {

using config::PathExact;
using config::PathPrefix;
using config::PathRegex;
using config::PathSeparatedPrefix;
using ::testing::HasSubstr;

config::Route ToCluster(std::string cluster, config::PathMatch path) {
  config::Route route{.name = cluster, .match = {.path = std::move(path)}};
  route.action = config::RouteAction{.cluster = config::ClusterName{std::move(cluster)}};
  return route;
}

config::PathMatch Regex(std::string_view pattern) {
  return PathRegex{*match::Regex::Create(pattern)};
}

class RouteIndexTest : public testing::Test {
 protected:
  RouteIndexTest() : arena_(pool_), head_(arena_) {
    head_.method = "GET";
    head_.scheme = "http";
  }

  config::VirtualHost& Host(std::vector<std::string> domains) {
    table_.virtual_hosts.push_back(
        {.name = domains.empty() ? "" : domains[0], .domains = std::move(domains)});
    return table_.virtual_hosts.back();
  }

  Decision Match(std::string_view authority, std::string_view path, uint64_t random = 0) {
    if (index_ == nullptr) {
      auto index = RouteIndex::Create(std::make_shared<config::RouteTable>(table_));
      EXPECT_TRUE(index.ok()) << index.status();
      index_ = *index;
    }
    head_.authority = authority;
    head_.path = path;
    return index_->Match({.head = head_, .random = random});
  }

  std::string ClusterFor(std::string_view authority, std::string_view path, uint64_t random = 0) {
    return std::string(Match(authority, path, random).cluster);
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_;
  http::RequestHead head_;
  config::RouteTable table_;
  std::shared_ptr<const RouteIndex> index_;
};

TEST_F(RouteIndexTest, PrefersTheMostSpecificHost) {
  for (std::string domain : {"*", "*.com", "*.example.com", "www.example.com", "www.*", "www.ex*",
                             "*-bar.example.com"}) {
    Host({domain}).routes = {ToCluster(domain, PathPrefix{"/"})};
  }
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"www.example.com", "www.example.com"},
      {"WWW.Example.COM", "www.example.com"},
      {"a.example.com", "*.example.com"},
      {"foo-bar.example.com", "*-bar.example.com"},
      {".example.com", "*.com"},  // The asterisk stands for one character at least.
      {"a.b.example.com", "*.example.com"},
      {"example.com", "*.com"},
      {"www.example.org", "www.ex*"},
      {"www.org", "www.*"},
      {"www.", "*"},
      {"other", "*"},
      {"", "*"},
      {"www.example.com:8080", "www.ex*"},
  };
  for (const auto& [authority, domain] : cases) {
    EXPECT_EQ(ClusterFor(authority, "/"), domain) << authority;
  }
}

TEST_F(RouteIndexTest, TheFirstVirtualClusterThatMatchesTakesARequest) {
  const auto is = [](std::string name, std::string value) {
    return match::HeaderMatcher{
        .name = std::move(name),
        .value = match::StringMatcher(match::StringMatcher::Kind::kExact, std::move(value), false)};
  };
  config::VirtualHost& host = Host({"*"});
  EXPECT_EQ(FindVirtualCluster(host, head_), nullptr);
  host.virtual_clusters = {{.name = "posts", .headers = {is(":method", "POST"), is("x", "1")}},
                           {.name = "gets", .headers = {is(":method", "GET")}},
                           {.name = "late", .headers = {is("x", "1")}},
                           {.stats = "other"}};
  EXPECT_EQ(FindVirtualCluster(host, head_)->name, "gets");
  head_.method = "POST";
  EXPECT_EQ(FindVirtualCluster(host, head_)->stats, "other");
  head_.headers.Add("x", "1");
  EXPECT_EQ(FindVirtualCluster(host, head_)->name, "posts");
  head_.method = "PUT";
  EXPECT_EQ(FindVirtualCluster(host, head_)->name, "late");
}

TEST_F(RouteIndexTest, StripsThePortWhenAsked) {
  table_.ignore_port_in_host_matching = true;
  Host({"example.com"}).routes = {ToCluster("name", PathPrefix{"/"})};
  Host({"[::1]"}).routes = {ToCluster("v6", PathPrefix{"/"})};
  EXPECT_EQ(ClusterFor("example.com:443", "/"), "name");
  EXPECT_EQ(ClusterFor("example.com", "/"), "name");
  EXPECT_EQ(ClusterFor("[::1]:80", "/"), "v6");
  EXPECT_EQ(ClusterFor("[::1]", "/"), "v6");
}

TEST_F(RouteIndexTest, AFieldNamesTheVirtualHostWhenAsked) {
  table_.vhost_header = "x-host";
  table_.ignore_port_in_host_matching = true;
  Host({"a"}).routes = {ToCluster("a", PathPrefix{"/"})};
  Host({"b"}).routes = {ToCluster("b", PathPrefix{"/"})};
  EXPECT_EQ(Match("a", "/").kind, Decision::Kind::kNoVirtualHost);
  head_.headers.Add("x-host", "B:80");
  EXPECT_EQ(ClusterFor("a", "/"), "b");
}

TEST_F(RouteIndexTest, ParametersOfThePathAreLeftOutWhenAsked) {
  for (const bool ignore : {false, true}) {
    table_ = {};
    index_ = nullptr;
    table_.ignore_path_parameters = ignore;
    Host({"*"}).routes = {ToCluster("exact", PathExact{"/a"}), ToCluster("rest", PathPrefix{"/"})};
    EXPECT_EQ(ClusterFor("h", "/a?q;x"), "exact");
    EXPECT_EQ(ClusterFor("h", "/a;v=1?q"), ignore ? "exact" : "rest");
  }
}

TEST_F(RouteIndexTest, TheClientsCertificateDecides) {
  std::vector<config::Route> routes = {
      ToCluster("validated", PathPrefix{"/"}), ToCluster("presented", PathPrefix{"/"}),
      ToCluster("none", PathPrefix{"/"}), ToCluster("rest", PathPrefix{"/"})};
  routes[0].match.tls = {.validated = true};
  routes[1].match.tls = {.presented = true, .validated = false};
  routes[2].match.tls = {.presented = false};
  Host({"*"}).routes = std::move(routes);
  EXPECT_EQ(ClusterFor("h", "/"), "none");  // Makes the index; in cleartext.
  stream_info::ConnectionInfo connection;
  const auto tls = MakeLocal<net::TlsFacts>();
  connection.tls = tls;
  const stream_info::StreamInfo stream(connection);
  const auto cluster = [&] { return index_->Match({.head = head_, .stream = &stream}).cluster; };
  EXPECT_EQ(cluster(), "none");
  tls->peer = std::make_shared<net::CertificateFacts>();
  EXPECT_EQ(cluster(), "presented");
  tls->peer_validated = true;
  EXPECT_EQ(cluster(), "validated");
}

TEST_F(RouteIndexTest, AMatcherChoosesTheRoutesThatCount) {
  config::VirtualHost& host = Host({"*"});
  host.routes = {ToCluster("first", PathPrefix{"/"}), ToCluster("second-a", PathExact{"/a"}),
                 ToCluster("second", PathPrefix{"/b"})};
  const auto number = [](match::ActionNumber action) { return match::OnMatch{.next = action}; };
  host.matcher.emplace();
  host.matcher->actions = {{.first = 0, .count = 1}, {.first = 1, .count = 2}};
  host.matcher->tree = std::make_shared<const match::MatchTree>(match::ExactMap{
      .input = {match::DataInput::Kind::kRequestHeader, "x"},
      .entries = {{"1", number(0)}, {"2", number(1)}},
  });
  Host({"plain"}).routes = {ToCluster("plain", PathPrefix{"/"})};
  EXPECT_EQ(Match("h", "/a").kind, Decision::Kind::kNoRoute);
  EXPECT_EQ(Match("h", "/a").virtual_host->name, "*");
  EXPECT_EQ(ClusterFor("plain", "/a"), "plain");
  head_.headers.Add("x", "2");
  EXPECT_EQ(ClusterFor("h", "/a"), "second-a");
  EXPECT_EQ(ClusterFor("h", "/b"), "second");
  // What it chose is all there is.
  EXPECT_EQ(Match("h", "/c").kind, Decision::Kind::kNoRoute);
  head_.headers.Set("x", "1");
  EXPECT_EQ(ClusterFor("h", "/c"), "first");
}

TEST_F(RouteIndexTest, AnUnknownHostAndAnUnknownPathAreTold) {
  Host({"a"}).routes = {ToCluster("a", PathExact{"/x"})};
  EXPECT_EQ(Match("b", "/x").kind, Decision::Kind::kNoVirtualHost);
  const Decision decision = Match("a", "/y");
  EXPECT_EQ(decision.kind, Decision::Kind::kNoRoute);
  EXPECT_EQ(decision.virtual_host->name, "a");
  EXPECT_EQ(Match("a", "").kind, Decision::Kind::kNoRoute);
}

TEST_F(RouteIndexTest, TheFirstRouteThatMatchesWins) {
  Host({"*"}).routes = {
      ToCluster("exact", PathExact{"/a/b"}),  ToCluster("long", PathPrefix{"/a/b"}),
      ToCluster("regex", Regex("/a/[0-9]+")), ToCluster("short", PathPrefix{"/a"}),
      ToCluster("never", PathPrefix{"/a/1"}), ToCluster("part", PathSeparatedPrefix{"/api"}),
      ToCluster("apix", PathPrefix{"/apix"}), ToCluster("deep", PathSeparatedPrefix{"/api/v1"}),
      ToCluster("root", PathPrefix{"/"}),
  };
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/a/b", "exact"},     {"/a/b?x=1", "exact"}, {"/a/b/", "long"}, {"/a/1", "regex"},
      {"/a/1x", "short"},    {"/abc", "short"},     {"/api", "short"}, {"/b", "root"},
      {"/a/b#f?x", "exact"}, {"/a?/a/b", "short"},
  };
  for (const auto& [path, cluster] : cases) EXPECT_EQ(ClusterFor("h", path), cluster) << path;
}

TEST_F(RouteIndexTest, ASeparatedPrefixEndsAtASegment) {
  Host({"*"}).routes = {ToCluster("part", PathSeparatedPrefix{"/api"}),
                        ToCluster("rest", PathPrefix{"/"})};
  EXPECT_EQ(ClusterFor("h", "/api"), "part");
  EXPECT_EQ(ClusterFor("h", "/api?x"), "part");
  EXPECT_EQ(ClusterFor("h", "/api/v1"), "part");
  EXPECT_EQ(ClusterFor("h", "/apix"), "rest");
}

TEST_F(RouteIndexTest, CaseInsensitivePathsAreMatchedInTheirPlace) {
  std::vector<config::Route> routes = {ToCluster("first", PathPrefix{"/Foo"}),
                                       ToCluster("second", PathPrefix{"/foo/bar"})};
  routes[0].match.case_sensitive = false;
  Host({"*"}).routes = std::move(routes);
  EXPECT_EQ(ClusterFor("h", "/foo/bar"), "first");
  EXPECT_EQ(ClusterFor("h", "/FOO"), "first");
  EXPECT_EQ(ClusterFor("h", "/fo"), "");
}

TEST_F(RouteIndexTest, HeadersQueryGrpcAndFractionsDecide) {
  std::vector<config::Route> routes = {
      ToCluster("header", PathPrefix{"/"}), ToCluster("query", PathPrefix{"/"}),
      ToCluster("grpc", PathPrefix{"/"}), ToCluster("fraction", PathPrefix{"/"}),
      ToCluster("rest", PathPrefix{"/"})};
  routes[0].match.headers = {
      {.name = "x-a",
       .value = match::StringMatcher(match::StringMatcher::Kind::kExact, "1", false)}};
  routes[1].match.query = {{.name = "q", .value = std::nullopt}};
  routes[2].match.grpc_only = true;
  routes[3].match.runtime_fraction = config::Fraction{250'000};
  Host({"*"}).routes = std::move(routes);
  EXPECT_EQ(ClusterFor("h", "/?q=", 900'000), "query");
  EXPECT_EQ(ClusterFor("h", "/?p", 249'999), "fraction");
  EXPECT_EQ(ClusterFor("h", "/?p", 250'000), "rest");
  head_.headers.Add("content-type", "application/grpc+proto");
  EXPECT_EQ(ClusterFor("h", "/", 900'000), "grpc");
  head_.headers.Set("content-type", "application/grpcx");
  EXPECT_EQ(ClusterFor("h", "/", 900'000), "rest");
  head_.headers.Add("x-a", "1");
  EXPECT_EQ(ClusterFor("h", "/?q=", 900'000), "header");
}

TEST_F(RouteIndexTest, WeightsShareTheDraws) {
  config::Route route{.match = {.path = PathPrefix{"/"}}};
  config::RouteAction action;
  action.cluster = config::WeightedClusters{.clusters = {{.name = "a", .weight = 3},
                                                         {.name = "b", .weight = 0},
                                                         {.name = "c", .weight = 1}},
                                            .total_weight = 4};
  route.action = action;
  Host({"*"}).routes = {route};
  std::string drawn;
  for (uint64_t random = 0; random < 8; ++random) drawn += ClusterFor("h", "/", random);
  EXPECT_EQ(drawn, "aaacaaac");
  EXPECT_EQ(Match("h", "/", 3).weighted->name, "c");
}

TEST_F(RouteIndexTest, RequireTlsRedirectsBeforeRoutesAreLookedAt) {
  config::VirtualHost& all = Host({"all"});
  all.require_tls = config::RequireTls::kAll;
  all.routes = {ToCluster("x", PathPrefix{"/"})};
  Host({"external"}).require_tls = config::RequireTls::kExternalOnly;
  table_.virtual_hosts.back().routes = {ToCluster("x", PathPrefix{"/"})};
  Decision decision = Match("all", "/");
  EXPECT_EQ(decision.kind, Decision::Kind::kRedirect);
  EXPECT_EQ(decision.route, nullptr);
  EXPECT_EQ(index_->Match({.head = head_, .downstream_secure = true}).kind, Decision::Kind::kRoute);
  EXPECT_EQ(Match("external", "/").kind, Decision::Kind::kRedirect);
  EXPECT_EQ(index_->Match({.head = head_, .internal_request = true}).kind, Decision::Kind::kRoute);
}

TEST_F(RouteIndexTest, OtherActionsHaveTheirKind) {
  config::Route redirect{.match = {.path = PathPrefix{"/r"}}};
  redirect.action = config::RedirectAction{};
  config::Route direct{.match = {.path = PathPrefix{"/d"}}};
  direct.action = config::DirectResponse{};
  config::Route nowhere{.match = {.path = PathPrefix{"/n"}}};
  nowhere.action = config::NonForwarding{};
  Host({"*"}).routes = {redirect, direct, nowhere};
  EXPECT_FALSE(RouteIndex::Create(std::make_shared<config::RouteTable>(table_))
                   .value()
                   ->has_filter_overrides());
  EXPECT_EQ(Match("h", "/n").kind, Decision::Kind::kNonForwarding);
  EXPECT_EQ(Match("h", "/r").kind, Decision::Kind::kRedirect);
  EXPECT_EQ(Match("h", "/d").kind, Decision::Kind::kDirectResponse);
}

TEST_F(RouteIndexTest, AHeaderNamesTheCluster) {
  config::Route route{.match = {.path = PathPrefix{"/"}}};
  route.action = config::RouteAction{.cluster = config::ClusterHeader{"x-cluster"}};
  Host({"*"}).routes = {route};
  EXPECT_EQ(Match("h", "/").kind, Decision::Kind::kRoute);
  EXPECT_EQ(ClusterFor("h", "/"), "");
  head_.headers.Add("x-cluster", "blue");
  EXPECT_EQ(ClusterFor("h", "/"), "blue");
}

TEST_F(RouteIndexTest, AHeaderGivesTheNumberThatWeighs) {
  config::Route route{.match = {.path = PathPrefix{"/"}}};
  config::RouteAction action;
  action.cluster = config::WeightedClusters{
      .clusters = {{.name = "a", .weight = 3}, {.cluster_field = "x-own", .weight = 1}},
      .total_weight = 4,
      .random_field = "x-number"};
  route.action = action;
  Host({"*"}).routes = {route};
  head_.headers.Add("x-own", "mine");
  EXPECT_EQ(ClusterFor("h", "/", 0), "a");
  head_.headers.Add("x-number", "7");
  EXPECT_EQ(ClusterFor("h", "/", 0), "mine");
  head_.headers.Set("x-number", "seven");
  EXPECT_EQ(ClusterFor("h", "/", 0), "a");
}

struct Setting final : config::ExtensionConfig {
  std::string_view extension_name() const override { return "f"; }
  bool Equals(const ExtensionConfig&) const override { return true; }
};

TEST_F(RouteIndexTest, TheMostSpecificLevelSpeaksToAFilter) {
  const auto of_table = std::make_shared<Setting>(), of_route = std::make_shared<Setting>();
  config::Route plain = ToCluster("plain", PathPrefix{"/plain"});
  config::Route own = ToCluster("own", PathPrefix{"/own"});
  own.filters = {{.filter = "f", .config = of_route}};
  config::Route off = ToCluster("off", PathPrefix{"/off"});
  off.filters = {{.filter = "f", .disabled = true}};
  Host({"*"}).routes = {plain, own, off};
  table_.filters = {{.filter = "f", .config = of_table}};
  const auto setting = [&](std::string_view path) {
    return SettingOf(Match("h", path), table_, "f");
  };
  EXPECT_EQ(setting("/plain").config, of_table.get());
  EXPECT_EQ(setting("/own").config, of_route.get());
  EXPECT_EQ(setting("/own").disabled, false);
  EXPECT_EQ(setting("/off").disabled, true);
  EXPECT_EQ(setting("/off").config, of_table.get());
  EXPECT_EQ(SettingOf(Match("h", "/own"), table_, "g").config, nullptr);
  EXPECT_TRUE(index_->has_filter_overrides());
}

TEST_F(RouteIndexTest, RefusesDomainsThatCollide) {
  Host({"a.com"});
  Host({"b.com", "A.COM"});
  const auto index = RouteIndex::Create(std::make_shared<config::RouteTable>(table_));
  EXPECT_THAT(MessageOf(index.status()), HasSubstr("virtual host 'b.com': domain 'A.COM'"));
}

TEST_F(RouteIndexTest, PrefixesNestedDeeperThanTheMergeAreStillFirstMatch) {
  std::vector<config::Route> routes;
  std::string prefix = "/";
  for (int i = 0; i < 100; ++i) {
    prefix += 'a';
    routes.push_back(ToCluster(prefix, PathPrefix{prefix}));
  }
  std::reverse(routes.begin(), routes.end());
  Host({"*"}).routes = std::move(routes);
  EXPECT_EQ(ClusterFor("h", prefix + "b"), prefix);
  EXPECT_EQ(ClusterFor("h", prefix.substr(0, 20)), prefix.substr(0, 20));
}

TEST_F(RouteIndexTest, ConnectIsTakenByItsRoutesAlone) {
  config::Route only_b = ToCluster("only-b", config::ConnectRequests{});
  only_b.match.headers.push_back(
      {.name = ":authority",
       .value = match::StringMatcher(match::StringMatcher::Kind::kExact, "b:1", false)});
  Host({"*"}).routes = {ToCluster("empty", PathPrefix{""}), ToCluster("exact", PathExact{""}),
                        ToCluster("regex", Regex(".*")), only_b,
                        ToCluster("connect", config::ConnectRequests{})};
  EXPECT_EQ(ClusterFor("a:1", "/"), "empty");
  head_.method = "CONNECT";
  EXPECT_EQ(ClusterFor("a:1", ""), "connect");
  EXPECT_EQ(ClusterFor("b:1", ""), "only-b");
}

TEST_F(RouteIndexTest, WithoutARouteForItConnectIsTakenByNone) {
  Host({"*"}).routes = {ToCluster("all", PathPrefix{"/"})};
  head_.method = "CONNECT";
  EXPECT_EQ(Match("a:1", "").kind, Decision::Kind::kNoRoute);
}

}  // namespace
}  // namespace weir::router
