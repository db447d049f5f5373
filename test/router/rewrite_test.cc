#include "gtest/gtest.h"
#include "source/base/strings.h"
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
  stream_info::ConnectionInfo connection_;
  stream_info::StreamInfo info_{connection_};
};

format::Formatter Format(std::string_view text) { return *format::Formatter::Create(text); }

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
      // What would be no path leaves it as it is.
      {PathPrefix{"/api"}, "v1", "/api/x?q", "/api/x?q"},
      {PathPrefix{"/api"}, "/v 1", "/api/x?q", "/api/x?q"},
  };
  for (const Case& c : cases) {
    config::Route route{.match = {.path = c.match}};
    config::RouteAction action;
    if (!c.rewrite.empty()) action.path_rewrite = config::PrefixRewrite{std::string(c.rewrite)};
    route.action = std::move(action);
    head_.path = c.path;
    EXPECT_EQ(RewritePath(route, head_, info_), c.result) << c.path;
  }
}

TEST_F(RewriteTest, RewritesByRegexWithoutTouchingTheQuery) {
  config::Route route{.match = {.path = PathPrefix{"/"}}};
  route.action = config::RouteAction{
      .path_rewrite = config::RegexRewrite{*match::Regex::Create("^/service/([^/]+)(/.*)$"),
                                           "\\2/instance/\\1"}};
  head_.path = "/service/foo/v1/api?x=/service/y/";
  EXPECT_EQ(RewritePath(route, head_, info_), "/v1/api/instance/foo?x=/service/y/");
}

TEST_F(RewriteTest, AFormatMakesThePathWithoutTheQuery) {
  struct Case {
    std::string_view format, result;
  };
  const Case cases[] = {
      {"/new", "/new?q=1"},
      {"/%REQ(x-one)%%PATH%", "/1/p?q=1?q=1"},
      {"/%REQ(x-one)%/%ROUTE_NAME%", "/1/r?q=1"},
      {"/v%REQ(x-none)%", "/v?q=1"},
      {"%REQ(x-none)%", "/p?q=1"},  // Nothing: it stays.
      {"%REQ(x-one)%", "/p?q=1"},   // No path.
      {"/%REQ(x-bad)%", "/p?q=1"},
  };
  head_.path = "/p?q=1";
  head_.headers.Add("x-one", "1");
  head_.headers.Add("x-bad", "a b");
  info_.route_name = "r";
  for (const Case& c : cases) {
    config::Route route{.match = {.path = PathPrefix{"/"}}};
    route.action = config::RouteAction{.path_rewrite = config::PathFromFormat{Format(c.format)}};
    EXPECT_EQ(RewritePath(route, head_, info_), c.result) << c.format;
    EXPECT_EQ(RedirectLocation({.path_rewrite = config::PathFromFormat{Format(c.format)}}, route,
                               head_, info_),
              StrCat("http://a.com", c.result))
        << c.format;
  }
}

TEST_F(RewriteTest, WhatARegexLeavesWithoutAPathStays) {
  config::Route route{.match = {.path = PathPrefix{"/"}}};
  route.action =
      config::RouteAction{.path_rewrite = config::RegexRewrite{*match::Regex::Create("^/.*"), ""}};
  head_.path = "/p?q";
  EXPECT_EQ(RewritePath(route, head_, info_), "/p?q");
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
      {"http",
       "a.com",
       "/p/x?q",
       {.path_rewrite = config::PrefixRewrite{"/n"}},
       "http://a.com/n/x?q"},
      {"http", "a.com", "/p/x?q", {.path_rewrite = config::PrefixRewrite{""}}, "http://a.com/x?q"},
      // The rest is no path, and would be part of the host.
      {"http", "a.com", "/px?q", {.path_rewrite = config::PrefixRewrite{""}}, "http://a.com/px?q"},
  };
  config::Route route{.match = {.path = PathPrefix{"/p"}}};
  for (const Case& c : cases) {
    head_.scheme = c.scheme;
    head_.authority = c.authority;
    head_.path = c.path;
    EXPECT_EQ(RedirectLocation(c.redirect, route, head_, info_), c.location);
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
      {config::HostFromHeader{"x-bad"}, "a.com"},
      {config::HostFromPath{{*match::Regex::Create("^/(.+)/x$"), "\\1.d.com"}}, "t.d.com"},
      {config::HostFromPath{{*match::Regex::Create("^/.*"), ""}}, "a.com"},
      {config::HostFromFormat{Format("%REQ(x-host)%:%REQ(x-port)%")}, "c.com:81"},
      {config::HostFromFormat{Format("%REQ(x-none)%")}, "a.com"},
      {config::HostFromFormat{Format("%REQ(x-none)%new.com")}, "new.com"},
      {config::HostFromFormat{Format("%REQ(x-bad)%")}, "a.com"},
  };
  head_.path = "/t/x?q=/u/x";
  for (const auto& [name, value] :
       {std::pair("x-host", "c.com"), std::pair("x-port", "81"), std::pair("x-bad", "c d.com")}) {
    head_.headers.Add(name, value);
  }
  for (const Case& c : cases) {
    config::Route route{.match = {.path = PathPrefix{"/"}}};
    route.action = config::RouteAction{.host_rewrite = c.rewrite};
    const config::WeightedCluster weighted{.host_rewrite = "w.com"};
    EXPECT_EQ(RewriteAuthority({.route = &route}, head_, info_), c.authority);
    EXPECT_EQ(RewriteAuthority({.route = &route, .weighted = &weighted}, head_, info_), "w.com");
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
