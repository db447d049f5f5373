#include "source/server/named_subscriptions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "source/stats/render.h"

namespace weir::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

event::SystemTime At(int milliseconds) {
  return event::SystemTime(std::chrono::milliseconds(milliseconds));
}

// What a registry shows of them.
std::string Text(const NamedSubscriptions& subscriptions) {
  stats::Registry registry;
  const auto source = registry.AddSource([&] { return subscriptions.Samples(); });
  return stats::RenderText(registry.Read());
}

TEST(NamedSubscriptions, EachPlaceOfANameHasARowWhileItIsUsed) {
  NamedSubscriptions endpoints(NamedSubscriptions::Kind::kEndpoints);
  endpoints.Add("shared", "one", nullptr);
  endpoints.Add("shared", "two", nullptr);
  endpoints.Add("shared", "two", nullptr);
  endpoints.Answered({{"shared"}}, "v", At(7));
  endpoints.Remove("shared", "one");
  endpoints.Remove("shared", "two");
  EXPECT_THAT(
      Text(endpoints),
      AllOf(HasSubstr("cluster.two.update_attempt: 1\n"),
            HasSubstr("cluster.two.update_success: 1\n"), HasSubstr("cluster.two.update_time: 7\n"),
            HasSubstr("cluster.two.version_text: \"v\"\n"), Not(HasSubstr("cluster.one."))));
  endpoints.Remove("shared", "two");
  EXPECT_THAT(endpoints.Samples(), IsEmpty());
}

TEST(NamedSubscriptions, WhatIsRefusedLeavesTheVersion) {
  NamedSubscriptions routes(NamedSubscriptions::Kind::kRoutes);
  routes.Add("main", "in.rds.main", nullptr);
  routes.Answered({{"main"}}, "good", At(1));
  routes.Answered({{"main", true, false}}, "same", At(2));
  routes.Answered({{"main", false}, {"nobody asked"}}, "bad", At(3));
  routes.TimedOut("main");
  EXPECT_THAT(Text(routes), AllOf(HasSubstr("http.in.rds.main.update_success: 2\n"),
                                  HasSubstr("http.in.rds.main.update_rejected: 1\n"),
                                  HasSubstr("http.in.rds.main.update_time: 2\n"),
                                  HasSubstr("http.in.rds.main.config_reload: 1\n"),
                                  HasSubstr("http.in.rds.main.config_reload_time_ms: 1\n"),
                                  HasSubstr("http.in.rds.main.init_fetch_timeout: 1\n"),
                                  HasSubstr("http.in.rds.main.version_text: \"same\"\n"),
                                  Not(HasSubstr("nobody"))));
}

TEST(NamedSubscriptions, AFailureIsThatOfOneSource) {
  const int stream = 0;
  const int file = 0;
  NamedSubscriptions secrets(NamedSubscriptions::Kind::kSecrets);
  secrets.Add("own", "own", &stream);
  secrets.Add("trust", "trust", &file);
  secrets.Failed(&file);
  secrets.RotationFailed("own");
  EXPECT_THAT(
      Text(secrets),
      AllOf(HasSubstr("sds.own.update_failure: 0\n"), HasSubstr("sds.own.key_rotation_failed: 1\n"),
            HasSubstr("sds.trust.update_failure: 1\n"),
            HasSubstr("sds.trust.key_rotation_failed: 0\n"), Not(HasSubstr("config_reload"))));
}

}  // namespace
}  // namespace weir::server
