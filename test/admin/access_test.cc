#include "source/admin/access.h"

#include <gtest/gtest.h>

#include "test/admin/pages.h"

namespace weir::admin {
namespace {

const std::vector<std::string> kNames = {"proxy.example"};

TEST(AccessTest, HostIsALiteralLocalhostOrAGivenName) {
  const struct {
    std::string_view authority;
    bool allowed;
  } rows[] = {
      {"127.0.0.1", true},
      {"127.0.0.1:9901", true},
      {"10.1.2.3:80", true},
      {"[::1]", true},
      {"[::1]:9901", true},
      {"[fe80::1]:9901", true},
      {"localhost", true},
      {"localhost:9901", true},
      {"LocalHost:9901", true},
      {"localhost.", true},
      {"proxy.example", true},
      {"Proxy.Example:15000", true},
      {"", false},
      {"evil.example", false},
      {"evil.example:9901", false},
      {"localhost.evil", false},
      {"notlocalhost", false},
      {"127.0.0.1.evil.example", false},
      {"127.0.0.1.nip.io", false},
      {"sub.proxy.example", false},
      {"[::1", false},
      {"[localhost]", false},
      {"1.2.3", false},
      {"0x7f.1", false},
      {"256.0.0.1", false},
      {"::1", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(IsAllowedHost(row.authority, kNames), row.allowed) << row.authority;
  }
}

TEST(AccessTest, OnlyItsOwnOriginMayPost) {
  using Text = std::optional<std::string_view>;
  const struct {
    std::string_view method;
    Text origin;
    Text site;
    bool allowed;
  } rows[] = {
      {"POST", std::nullopt, std::nullopt, true},  // curl and scripts
      {"POST", "http://127.0.0.1:9901", std::nullopt, true},
      {"POST", "http://127.0.0.1:9901", "same-origin", true},
      {"POST", "HTTP://127.0.0.1:9901", "same-origin", true},
      {"POST", std::nullopt, "none", true},
      {"POST", "http://127.0.0.1", std::nullopt, false},
      {"POST", "http://127.0.0.1:9902", std::nullopt, false},
      {"POST", "https://127.0.0.1:9901", std::nullopt, false},
      {"POST", "http://evil.example", std::nullopt, false},
      {"POST", "null", std::nullopt, false},
      {"POST", "", std::nullopt, false},
      {"POST", std::nullopt, "cross-site", false},
      {"POST", std::nullopt, "same-site", false},
      {"POST", "http://127.0.0.1:9901", "cross-site", false},
      {"PUT", "http://evil.example", std::nullopt, false},
      // Reading is the browser's to refuse: no answer carries a CORS field.
      {"GET", "http://evil.example", "cross-site", true},
      {"HEAD", "http://evil.example", "cross-site", true},
  };
  for (const auto& row : rows) {
    Request request = RequestFor(row.method, "/logging");
    request.origin = row.origin;
    request.sec_fetch_site = row.site;
    const auto refusal = Refuse(request, {});
    EXPECT_EQ(!refusal.has_value(), row.allowed)
        << row.method << " " << row.origin.value_or("-") << " " << row.site.value_or("-");
    if (refusal.has_value()) EXPECT_EQ(refusal->status, 403);
  }
}

TEST(AccessTest, AForeignHostMayNotEvenRead) {
  Request request = RequestFor("GET", "/config_dump");
  request.authority = "rebound.evil.example:9901";
  ASSERT_TRUE(Refuse(request, kNames).has_value());
  EXPECT_EQ(Refuse(request, kNames)->status, 403);
  EXPECT_FALSE(Refuse(request, kNames)->body.find("evil") != std::string::npos);
}

}  // namespace
}  // namespace weir::admin
