#include "source/router/redirect_target.h"

#include "gtest/gtest.h"
#include "source/base/strings.h"

namespace weir::router {
namespace {

TEST(RedirectTarget, ReadsAbsoluteUrls) {
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"http://a.com/x?q#f", "http a.com /x?q"},
      {"HTTPS://a.com:8443", "https a.com:8443 /"},
      {"http://a.com?q", "http a.com /?q"},
      {"http://[::1]:80/", "http [::1]:80 /"},
      {"/x", ""},
      {"//a.com/x", ""},
      {"ftp://a.com/", ""},
      {"http:///x", ""},
      {"http://u@a.com/", ""},
      {"http://a.com/x y", ""},
      {"http://a.com/\x80", ""},
  };
  for (const auto& [location, expected] : cases) {
    const auto target = ParseTarget(location, arena);
    EXPECT_EQ(
        target.has_value() ? StrCat(target->scheme, " ", target->authority, " ", target->path) : "",
        expected)
        << location;
  }
}

TEST(RedirectTarget, TheSchemeAndTheNumberAreJudgedFirst) {
  config::InternalRedirect policy;
  EXPECT_EQ(JudgeTarget(policy, "http", "http", 0), RedirectVerdict::kFollow);
  EXPECT_EQ(JudgeTarget(policy, "http", "http", 1), RedirectVerdict::kTooMany);
  EXPECT_EQ(JudgeTarget(policy, "http", "https", 0), RedirectVerdict::kUnsafeScheme);
  policy.allow_cross_scheme = true;
  EXPECT_EQ(JudgeTarget(policy, "http", "https", 0), RedirectVerdict::kFollow);
}

TEST(RedirectTarget, PredicatesJudgeTheRoute) {
  const config::Route a{.name = "a"}, b{.name = "b"};
  const config::Route* const previous[] = {&a};
  config::InternalRedirect policy{.allow_cross_scheme = true};
  EXPECT_EQ(JudgeRoute(policy, "http", "http", nullptr, previous), RedirectVerdict::kNoRoute);
  EXPECT_EQ(JudgeRoute(policy, "http", "http", &a, previous), RedirectVerdict::kFollow);
  policy.never_to_previous_routes = true;
  EXPECT_EQ(JudgeRoute(policy, "http", "http", &a, previous), RedirectVerdict::kPredicate);
  EXPECT_EQ(JudgeRoute(policy, "http", "http", &b, previous), RedirectVerdict::kFollow);
  policy.only_to_safe_scheme = true;
  EXPECT_EQ(JudgeRoute(policy, "http", "https", &b, previous), RedirectVerdict::kPredicate);
  EXPECT_EQ(JudgeRoute(policy, "https", "http", &b, previous), RedirectVerdict::kFollow);
  policy.allowed_routes = std::vector<std::string>{"c"};
  EXPECT_EQ(JudgeRoute(policy, "https", "http", &b, previous), RedirectVerdict::kPredicate);
}

}  // namespace
}  // namespace weir::router
