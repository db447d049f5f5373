#include "source/proxy/request_overrides.h"

#include "gtest/gtest.h"

namespace weir::proxy {
namespace {

using std::chrono::milliseconds;

class RequestOverridesTest : public testing::Test {
 protected:
  RequestOverridesTest() : arena_(pool_), head_(arena_) {}
  buffer::BlockPool pool_;
  buffer::Arena arena_;
  http::RequestHead head_;
};

TEST_F(RequestOverridesTest, TakesItsFieldsAndLeavesTheRest) {
  head_.headers.Add("x-first", "1");
  head_.headers.Add("x-envoy-upstream-rq-timeout-ms", "250");
  head_.headers.Add("x-envoy-upstream-rq-per-try-timeout-ms", "50");
  head_.headers.Add("x-envoy-upstream-stream-duration-ms", "900");
  head_.headers.Add("x-envoy-upstream-rq-timeout-alt-response", "1");
  head_.headers.Add("x-envoy-hedge-on-per-try-timeout", "true");
  head_.headers.Add("x-envoy-max-retries", "4");
  head_.headers.Add("x-envoy-retry-on", "5xx, reset,nonsense");
  head_.headers.Add("x-envoy-retry-grpc-on", "unavailable");
  head_.headers.Add("x-envoy-retriable-status-codes", "418");
  head_.headers.Add("x-envoy-retriable-header-names", "x-a");
  head_.headers.Add("x-envoy-upstream-alt-stat-name", "canary");
  head_.headers.Add("x-last", "2");
  const RequestOverrides overrides = TakeOverrides(head_, false);
  EXPECT_EQ(overrides.timeout, milliseconds(250));
  EXPECT_EQ(overrides.per_try_timeout, milliseconds(50));
  EXPECT_EQ(overrides.max_duration, milliseconds(900));
  EXPECT_TRUE(overrides.alternative_response);
  EXPECT_EQ(overrides.hedge_on_per_try_timeout, true);
  EXPECT_EQ(overrides.retry.most, 4u);
  EXPECT_EQ(overrides.retry.on,
            config::kRetryOn5xx | config::kRetryOnReset | config::kRetryOnGrpcUnavailable);
  EXPECT_EQ(overrides.retry.status_codes, "418");
  EXPECT_EQ(overrides.retry.response_fields, "x-a");
  EXPECT_EQ(overrides.alt_stat_name, "canary");
  ASSERT_EQ(head_.headers.size(), 2u);
  EXPECT_TRUE(head_.headers.Get("x-first").has_value());
  EXPECT_TRUE(head_.headers.Get("x-last").has_value());
}

TEST_F(RequestOverridesTest, WhatCannotBeReadIsDropped) {
  head_.headers.Add("x-envoy-upstream-rq-timeout-ms", "soon");
  head_.headers.Add("x-envoy-max-retries", "99999999999");
  head_.headers.Add("x-envoy-hedge-on-per-try-timeout", "maybe");
  const RequestOverrides overrides = TakeOverrides(head_, false);
  EXPECT_EQ(overrides.timeout, std::nullopt);
  EXPECT_EQ(overrides.retry.most, std::nullopt);
  EXPECT_EQ(overrides.hedge_on_per_try_timeout, std::nullopt);
  EXPECT_TRUE(head_.headers.empty());
}

TEST_F(RequestOverridesTest, WhatTheProxyBeforeExpectsHoldsWhereItIsRespected) {
  head_.headers.Add("x-envoy-expected-rq-timeout-ms", "300");
  EXPECT_EQ(TakeOverrides(head_, false).timeout, std::nullopt);
  EXPECT_EQ(TakeOverrides(head_, true).timeout, milliseconds(300));
  head_.headers.Add("x-envoy-upstream-rq-timeout-ms", "250");
  EXPECT_EQ(TakeOverrides(head_, true).timeout, milliseconds(300));
  head_.headers.Remove("x-envoy-expected-rq-timeout-ms");
  head_.headers.Add("x-envoy-upstream-rq-timeout-ms", "250");
  EXPECT_EQ(TakeOverrides(head_, true).timeout, milliseconds(250));
}

TEST_F(RequestOverridesTest, ReadsGrpcTimeouts) {
  const std::pair<std::string_view, std::optional<milliseconds>> cases[] = {
      {"1H", milliseconds(3'600'000)},
      {"2M", milliseconds(120'000)},
      {"3S", milliseconds(3000)},
      {"4m", milliseconds(4)},
      {"1001u", milliseconds(2)},
      {"1n", milliseconds(1)},
      {"0S", milliseconds(0)},
      {"99999999S", milliseconds(99'999'999'000)},
      {"123456789S", std::nullopt},
      {"S", std::nullopt},
      {"5", std::nullopt},
      {"5x", std::nullopt},
      {"-5S", std::nullopt},
  };
  EXPECT_EQ(GrpcTimeout(head_), std::nullopt);
  for (const auto& [text, expected] : cases) {
    head_.headers.Set("grpc-timeout", text);
    EXPECT_EQ(GrpcTimeout(head_), expected) << text;
  }
}

TEST_F(RequestOverridesTest, AGrpcCallsTimeoutHoldsInPlaceOfTheRoutes) {
  struct Case {
    std::string_view asked;  // Empty: nothing.
    config::GrpcTimeoutLimit limit;
    milliseconds granted;
  };
  const auto ms = [](int64_t count) { return milliseconds(count); };
  const Case cases[] = {
      {"3S", {}, ms(3000)},
      {"", {}, ms(0)},
      {"0S", {}, ms(0)},
      {"3S", {.max = ms(2000)}, ms(2000)},
      {"", {.max = ms(2000)}, ms(2000)},
      {"0S", {.max = ms(2000)}, ms(2000)},
      {"1S", {.max = ms(2000), .offset = ms(300)}, ms(700)},
      {"1S", {.max = ms(2000), .offset = ms(1000)}, ms(1000)},  // Nothing would be left.
      {"3S", {.max = ms(2000), .offset = ms(500)}, ms(2000)},
  };
  config::RouteAction action{.timeout = ms(15000)};
  head_.headers.Add("content-type", "application/grpc");
  EXPECT_EQ(TimeoutOf(action, head_), ms(15000));
  EXPECT_FALSE(BoundsGrpcTimeout(action, head_));
  for (const Case& c : cases) {
    head_.headers.Remove("grpc-timeout");
    if (!c.asked.empty()) head_.headers.Add("grpc-timeout", c.asked);
    action.grpc_timeout = c.limit;
    EXPECT_EQ(TimeoutOf(action, head_), c.granted) << c.asked;
    EXPECT_TRUE(BoundsGrpcTimeout(action, head_));
  }
  head_.headers.Set("content-type", "text/plain");
  EXPECT_EQ(TimeoutOf(action, head_), ms(15000));
  EXPECT_FALSE(BoundsGrpcTimeout(action, head_));
  head_.headers.Set("content-type", "application/grpc");
  action.max_stream_duration.emplace();
  EXPECT_EQ(TimeoutOf(action, head_), ms(0));
  EXPECT_FALSE(BoundsGrpcTimeout(action, head_));
}

TEST_F(RequestOverridesTest, WritesGrpcTimeoutsOfEightDigits) {
  const std::pair<int64_t, std::string_view> cases[] = {
      {1, "1m"},
      {99'999'999, "99999999m"},
      {100'000'999, "100000S"},
      {99'999'999'999, "99999999S"},
      {100'000'000'000, "1666666M"},
      {6'000'000'000'000, "1666666H"},
  };
  for (const auto& [count, text] : cases) EXPECT_EQ(GrpcTimeoutText(milliseconds(count)), text);
}

TEST_F(RequestOverridesTest, AStreamLastsAsLongAsItsCallAsksWithinLimits) {
  config::RouteAction action;
  EXPECT_EQ(MaxStreamDurationOf(action, head_), std::nullopt);
  action.max_stream_duration = config::MaxStreamDuration{.limit = milliseconds(7000)};
  head_.headers.Add("grpc-timeout", "3S");
  EXPECT_EQ(MaxStreamDurationOf(action, head_), milliseconds(7000));
  action.max_stream_duration->grpc_header_max = milliseconds(0);
  EXPECT_EQ(MaxStreamDurationOf(action, head_), milliseconds(3000));
  action.max_stream_duration->grpc_header_max = milliseconds(2000);
  EXPECT_EQ(MaxStreamDurationOf(action, head_), milliseconds(2000));
  action.max_stream_duration->grpc_header_offset = milliseconds(500);
  EXPECT_EQ(MaxStreamDurationOf(action, head_), milliseconds(1500));
  action.max_stream_duration->grpc_header_offset = milliseconds(5000);
  EXPECT_EQ(MaxStreamDurationOf(action, head_), milliseconds(1));
  head_.headers.Remove("grpc-timeout");
  EXPECT_EQ(MaxStreamDurationOf(action, head_), milliseconds(7000));
}

TEST_F(RequestOverridesTest, FindsWhatCannotBeRead) {
  using http::HeaderId;
  struct Case {
    HeaderId id;
    std::string_view value;
    bool readable;
  };
  constexpr Case kCases[] = {
      {HeaderId::kXEnvoyMaxRetries, "3", true},
      {HeaderId::kXEnvoyMaxRetries, "-3", false},
      {HeaderId::kXEnvoyMaxRetries, "", false},
      {HeaderId::kXEnvoyUpstreamRqTimeoutMs, "250", true},
      {HeaderId::kXEnvoyUpstreamRqTimeoutMs, "250ms", false},
      {HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs, "1.5", false},
      {HeaderId::kXEnvoyRetryOn, "5xx, reset", true},
      {HeaderId::kXEnvoyRetryOn, "5xx,4xx", false},
      {HeaderId::kXEnvoyRetryOn, "cancelled", false},
      {HeaderId::kXEnvoyRetryGrpcOn, "cancelled,unavailable", true},
      {HeaderId::kXEnvoyRetryGrpcOn, "cancelled,5xx", false},
  };
  for (const Case& test : kCases) {
    head_.headers.Clear();
    head_.headers.Add("x-other", "nonsense");
    head_.headers.Add(http::NameOf(test.id), test.value);
    const http::HeaderField* const found = UnreadableOverride(head_, {&test.id, 1});
    EXPECT_EQ(found == nullptr, test.readable) << http::NameOf(test.id) << ": " << test.value;
    if (found != nullptr) EXPECT_EQ(found->value, test.value);
    const HeaderId other = HeaderId::kXEnvoyRetriableStatusCodes;
    EXPECT_EQ(UnreadableOverride(head_, {&other, 1}), nullptr);
  }
}

}  // namespace
}  // namespace weir::proxy
