#include "gtest/gtest.h"
#include "source/router/route_index.h"

namespace weir::router {
namespace {

using config::PathExact;
using config::PathPrefix;
using config::PathRegex;
using config::PathSeparatedPrefix;
using config::RedirectAction;

class RewriteTest : public testing::Test {
 protected:
  RewriteTest() : arena_(pool_), head_(arena_) {
    head_.scheme = "http";
    head_.authority = "a.com";
  }
  buffer::BlockPool pool_;
  buffer::Arena arena_;
  http::RequestHead head_;
};

TEST_F(RewriteTest, ReplacesWhatTheRouteMatched) {
  struct Case {
    config::PathMatch match;
    std::string_view rewrite, path, result;
  };
  const Case cases[] = {
      {PathPrefix{"/api"}, "", "/api/x?q", "/api/x?q"},
      {PathPrefix{"/api"}, "/v1", "/api/x?q=/api", "/v1/x?q=/api"},
      {PathPrefix{"/api/"}, "/", "/api/x", "/x"},
      {PathSeparatedPrefix{"/api"}, "/v1", "/api?q", "/v1?q"},
      {PathExact{"/api"}, "/v1", "/api?q", "/v1?q"},
      {PathRegex{*match::Regex::Create("/a.*")}, "/v1", "/abc/d?q", "/v1?q"},
  };
  for (const Case& c : cases) {
    config::Route route{.match = {.path = c.match}};
    route.action = config::RouteAction{.prefix_rewrite = std::string(c.rewrite)};
    head_.path = c.path;
    EXPECT_EQ(RewritePath(route, head_), c.result) << c.path;
  }
}

TEST_F(RewriteTest, RewritesByRegexWithoutTouchingTheQuery) {
  config::Route route{.match = {.path = PathPrefix{"/"}}};
  route.action = config::RouteAction{
      .regex_rewrite = config::RegexRewrite{*match::Regex::Create("^/service/([^/]+)(/.*)$"),
                                            "\\2/instance/\\1"}};
  head_.path = "/service/foo/v1/api?x=/service/y/";
  EXPECT_EQ(RewritePath(route, head_), "/v1/api/instance/foo?x=/service/y/");
}

TEST_F(RewriteTest, BuildsLocations) {
  struct Case {
    std::string_view scheme, authority, path;
    RedirectAction redirect;
    std::string_view location;
  };
  const Case cases[] = {
      {"http", "a.com", "/p/x?q", {}, "http://a.com/p/x?q"},
      {"http", "a.com:80", "/p", {.scheme = "https"}, "https://a.com/p"},
      {"http", "a.com:8080", "/p", {.scheme = "https"}, "https://a.com:8080/p"},
      {"http", "a.com:80", "/p", {}, "http://a.com:80/p"},
      {"https", "a.com:443", "/p", {.scheme = "http"}, "http://a.com/p"},
      {"http", "[::1]:80", "/p", {.scheme = "https"}, "https://[::1]/p"},
      {"http", "[::1]", "/p", {.scheme = "https"}, "https://[::1]/p"},
      {"http", "a.com:81", "/p", {.port = 444}, "http://a.com:444/p"},
      {"http", "a.com:81", "/p", {.host = "b.org"}, "http://b.org/p"},
      {"http", "a.com:81", "/p", {.host = "b.org", .port = 1}, "http://b.org:1/p"},
      {"http", "a.com", "/p/x?q", {.strip_query = true}, "http://a.com/p/x"},
      {"http", "a.com", "/p/x?q", {.path = "/new"}, "http://a.com/new?q"},
      {"http", "a.com", "/p/x?q", {.path = "/new", .strip_query = true}, "http://a.com/new"},
      {"http", "a.com", "/p?q", {.path = "/new?n", .strip_query = true}, "http://a.com/new?n"},
      {"http", "a.com", "/p/x?q", {.prefix = "/n", .has_prefix = true}, "http://a.com/n/x?q"},
      {"http", "a.com", "/p/x?q", {.prefix = "", .has_prefix = true}, "http://a.com/x?q"},
  };
  config::Route route{.match = {.path = PathPrefix{"/p"}}};
  for (const Case& c : cases) {
    head_.scheme = c.scheme;
    head_.authority = c.authority;
    head_.path = c.path;
    EXPECT_EQ(RedirectLocation(c.redirect, route, head_), c.location);
  }
}

TEST_F(RewriteTest, RewritesTheAuthority) {
  struct Case {
    config::HostRewrite rewrite;
    std::string_view authority;
  };
  const Case cases[] = {
      {{}, "a.com"},
      {config::HostLiteral{"b.com"}, "b.com"},
      {config::HostFromHeader{"x-host"}, "c.com"},
      {config::HostFromHeader{"x-none"}, "a.com"},
      {config::HostOfUpstream{}, "a.com"},
      {config::HostFromPath{{*match::Regex::Create("^/(.+)/x$"), "\\1.d.com"}}, "t.d.com"},
  };
  head_.path = "/t/x?q=/u/x";
  head_.headers.Add("x-host", "c.com");
  for (const Case& c : cases) {
    config::Route route{.match = {.path = PathPrefix{"/"}}};
    route.action = config::RouteAction{.host_rewrite = c.rewrite};
    const config::WeightedCluster weighted{.host_rewrite = "w.com"};
    EXPECT_EQ(RewriteAuthority({.route = &route}, head_), c.authority);
    EXPECT_EQ(RewriteAuthority({.route = &route, .weighted = &weighted}, head_), "w.com");
  }
}

TEST_F(RewriteTest, RequiredTlsKeepsThePathAndDropsTheDefaultPort) {
  head_.path = "/p?q";
  EXPECT_EQ(HttpsLocation(head_), "https://a.com/p?q");
  head_.authority = "a.com:80";
  EXPECT_EQ(HttpsLocation(head_), "https://a.com/p?q");
}

}  // namespace
}  // namespace weir::router
