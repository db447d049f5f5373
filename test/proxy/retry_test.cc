#include "source/proxy/retry.h"

#include "gtest/gtest.h"
#include "source/base/strings.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::Side;
using std::chrono::milliseconds;

class RetryTest : public testing::Test {
 protected:
  RetryTest() : arena_(pool_), request_(arena_), response_(arena_) {}

  bool WantsStatus(const Retry& retry, uint16_t status) {
    response_.status = status;
    return retry.Wants(response_);
  }
  static bool WantsError(const Retry& retry, ErrorKind kind, bool unprocessed = false) {
    return retry.Wants(http::StreamError{kind, Side::kUpstream, unprocessed, ""});
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_;
  http::RequestHead request_;
  http::ResponseHead response_;
};

TEST_F(RetryTest, NothingIsTriedAgainWithoutAWish) {
  EXPECT_FALSE(Retry().enabled());
  const config::RetryPolicy policy;
  EXPECT_FALSE(WantsStatus(Retry(&policy, {}, request_), 503));
}

TEST_F(RetryTest, EachConditionHasItsErrors) {
  struct Case {
    uint32_t on;
    ErrorKind kind;
    bool unprocessed, wanted;
  };
  const Case cases[] = {
      {config::kRetryOnConnectFailure, ErrorKind::kConnectFailed, true, true},
      {config::kRetryOnConnectFailure, ErrorKind::kStreamReset, false, false},
      {config::kRetryOnReset, ErrorKind::kStreamReset, false, true},
      {config::kRetryOnReset, ErrorKind::kPerTryTimeout, false, true},
      {config::kRetryOnReset, ErrorKind::kPerTryIdleTimeout, false, true},
      {config::kRetryOnResetBeforeRequest, ErrorKind::kConnectionClosed, true, true},
      {config::kRetryOnResetBeforeRequest, ErrorKind::kConnectionClosed, false, false},
      {config::kRetryOnRefusedStream, ErrorKind::kRefusedStream, true, true},
      {config::kRetryOnGatewayError, ErrorKind::kConnectTimeout, true, true},
      {config::kRetryOn5xx, ErrorKind::kOverflow, true, false},
      {config::kRetryOn5xx, ErrorKind::kNoHealthyHost, true, false},
      {config::kRetryOnRetriable4xx, ErrorKind::kStreamReset, false, false},
  };
  for (const Case& c : cases) {
    const config::RetryPolicy policy{.retry_on = c.on};
    EXPECT_EQ(WantsError(Retry(&policy, {}, request_), c.kind, c.unprocessed), c.wanted)
        << c.on << " " << static_cast<int>(c.kind);
  }
}

TEST_F(RetryTest, EachConditionHasItsAnswers) {
  config::RetryPolicy policy{.retry_on = config::kRetryOnGatewayError};
  EXPECT_FALSE(WantsStatus(Retry(&policy, {}, request_), 500));
  EXPECT_TRUE(WantsStatus(Retry(&policy, {}, request_), 503));
  policy = {.retry_on = config::kRetryOnRetriable4xx};
  EXPECT_TRUE(WantsStatus(Retry(&policy, {}, request_), 409));
  policy = {.retry_on = config::kRetryOnRetriableStatusCodes, .retriable_status_codes = {418}};
  EXPECT_TRUE(WantsStatus(Retry(&policy, {}, request_), 418));
  EXPECT_FALSE(WantsStatus(Retry(&policy, {}, request_), 419));
  EXPECT_TRUE(WantsStatus(Retry(&policy, {.status_codes = "1, 419"}, request_), 419));
  policy = {.retry_on = config::kRetryOnRetriableHeaders,
            .retriable_headers = {{.name = "x-again", .value = match::PresentMatch{}}}};
  EXPECT_FALSE(WantsStatus(Retry(&policy, {}, request_), 200));
  response_.headers.Add("x-again", "1");
  EXPECT_TRUE(WantsStatus(Retry(&policy, {}, request_), 200));
  response_.headers.Clear();
  response_.headers.Add("x-other", "1");
  EXPECT_TRUE(WantsStatus(Retry(&policy, {.response_fields = "X-Other"}, request_), 200));
  policy = {.retry_on = config::kRetryOnGrpcUnavailable};
  response_.headers.Add("grpc-status", "14");
  EXPECT_TRUE(WantsStatus(Retry(&policy, {}, request_), 200));
}

TEST_F(RetryTest, AnUpstreamThatHasTooMuchIsLeftAlone) {
  config::RetryPolicy policy{.retry_on = config::kRetryOn5xx};
  response_.headers.Add("x-envoy-ratelimited", "true");
  EXPECT_FALSE(WantsStatus(Retry(&policy, {}, request_), 503));
  policy.retry_on |= config::kRetryOnEnvoyRateLimited;
  EXPECT_TRUE(WantsStatus(Retry(&policy, {}, request_), 429));
  response_.headers.Add("x-envoy-overloaded", "true");
  EXPECT_FALSE(WantsStatus(Retry(&policy, {}, request_), 503));
}

TEST_F(RetryTest, TheRequestAddsItsWishes) {
  const config::RetryPolicy policy{.num_retries = 5};
  const Retry wished(&policy, {.on = config::kRetryOn5xx, .most = 0}, request_);
  EXPECT_TRUE(wished.enabled());
  EXPECT_FALSE(wished.any_left());
  EXPECT_TRUE(Retry(nullptr, {.on = config::kRetryOn5xx}, request_).any_left());
}

TEST_F(RetryTest, OnlyRequestsThatMatchAreTriedAgain) {
  const config::RetryPolicy policy{
      .retry_on = config::kRetryOn5xx,
      .retriable_request_headers = {
          {.name = ":method",
           .value = match::StringMatcher(match::StringMatcher::Kind::kExact, "GET", false)}}};
  request_.method = "POST";
  EXPECT_FALSE(Retry(&policy, {}, request_).enabled());
  request_.method = "GET";
  EXPECT_TRUE(Retry(&policy, {}, request_).enabled());
}

TEST_F(RetryTest, BackOffGrowsToItsLimit) {
  const config::RetryPolicy policy{.retry_on = config::kRetryOn5xx, .num_retries = 9};
  Retry retry(&policy, {}, request_);
  const int64_t windows[] = {25, 75, 175, 250, 250};
  for (const int64_t window : windows) {
    const auto wait = retry.Take(static_cast<uint64_t>(window) - 1);
    EXPECT_EQ(wait, milliseconds(window - 1));
  }
  EXPECT_EQ(retry.made(), 5u);
  EXPECT_EQ(retry.Take(250), milliseconds(0));
}

TEST_F(RetryTest, AnAnswerSaysWhenToComeAgain) {
  const config::RetryPolicy policy{
      .retry_on = config::kRetryOn5xx,
      .num_retries = 3,
      .reset_headers = {{.field = "x-ratelimit-reset", .unix_timestamp = true},
                        {.field = "retry-after"}},
      .reset_max = milliseconds(10'000)};
  Retry retry(&policy, {}, request_);
  const event::SystemTime now{std::chrono::seconds(1000)};
  EXPECT_EQ(retry.TakeAsAsked(response_, now, 0), std::nullopt);
  response_.headers.Add("retry-after", "4");
  EXPECT_EQ(retry.TakeAsAsked(response_, now, 0), milliseconds(4000));
  EXPECT_EQ(retry.TakeAsAsked(response_, now, 1999), milliseconds(5999));
  response_.headers.Add("x-ratelimit-reset", "1007");
  EXPECT_EQ(retry.TakeAsAsked(response_, now, 0), milliseconds(7000));
  response_.headers.Set("x-ratelimit-reset", "999");  // Past.
  response_.headers.Set("retry-after", "11");         // Too long.
  EXPECT_EQ(retry.TakeAsAsked(response_, now, 0), std::nullopt);
  EXPECT_EQ(retry.made(), 3u);
}

}  // namespace
}  // namespace weir::proxy
