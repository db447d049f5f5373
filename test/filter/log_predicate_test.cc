#include "source/filter/log_predicate.h"

#include <gtest/gtest.h>

#include "source/filter/make_access_log.h"

namespace weir::filter {
namespace {

using config::Comparison;
using config::LogFilter;
using std::chrono::milliseconds;
using stream_info::ResponseFlag;

event::MonotonicTime After(int64_t ms) { return event::MonotonicTime{} + milliseconds(1000 + ms); }

class LogPredicate : public testing::Test {
 protected:
  LogPredicate() : request_(arena_), response_(arena_), trailers_(arena_), info_(connection_) {
    info_.start = After(0);
    info_.response_code = 404;
  }
  bool Means(const LogFilter& filter, event::MonotonicTime now = After(5)) {
    return Holds(filter, {.info = info_,
                          .request = &request_,
                          .response = &response_,
                          .response_trailers = &trailers_,
                          .now = now});
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_{pool_};
  stream_info::ConnectionInfo connection_;
  http::RequestHead request_;
  http::ResponseHead response_;
  http::HeaderMap trailers_;
  stream_info::StreamInfo info_;
};

TEST_F(LogPredicate, ComparesStatusCodes) {
  using Op = Comparison::Op;
  const std::tuple<Op, uint64_t, bool> rows[] = {
      {Op::kEqual, 404, true},    {Op::kEqual, 403, false},   {Op::kAtLeast, 404, true},
      {Op::kAtLeast, 405, false}, {Op::kAtMost, 404, true},   {Op::kAtMost, 403, false},
      {Op::kNotEqual, 403, true}, {Op::kNotEqual, 404, false}};
  for (const auto& [op, value, holds] : rows) {
    EXPECT_EQ(Means({config::StatusCodeFilter{{op, value}}}), holds) << value;
  }
}

TEST_F(LogPredicate, TheDurationEndsNowOrWhenTheStreamDid) {
  const LogFilter filter{config::DurationFilter{{Comparison::Op::kAtLeast, 20}}};
  EXPECT_FALSE(Means(filter, After(19)));
  EXPECT_TRUE(Means(filter, After(20)));
  info_.end = After(19);
  EXPECT_FALSE(Means(filter, After(50)));
}

TEST_F(LogPredicate, AllAndAny) {
  const LogFilter yes{config::NotHealthCheckFilter{}};
  const LogFilter no{config::StatusCodeFilter{{Comparison::Op::kEqual, 1}}};
  EXPECT_TRUE(Means({config::AllFilter{{yes, yes}}}));
  EXPECT_FALSE(Means({config::AllFilter{{yes, no}}}));
  EXPECT_TRUE(Means({config::AnyFilter{{no, yes}}}));
  EXPECT_FALSE(Means({config::AnyFilter{{no, no}}}));
}

TEST_F(LogPredicate, FlagsAreNamedOrAny) {
  config::ResponseFlagFilter any, named, unknown;
  named.Add("UH");
  unknown.Add("UAEX");
  EXPECT_FALSE(Means({any}));
  info_.flags.Set(ResponseFlag::kNoRouteFound);
  EXPECT_TRUE(Means({any}));
  EXPECT_FALSE(Means({named}));
  EXPECT_FALSE(Means({unknown}));
  info_.flags.Set(ResponseFlag::kNoHealthyUpstream);
  EXPECT_TRUE(Means({named}));
}

TEST_F(LogPredicate, AShareIsDecidedByTheRequestIdOrAtRandom) {
  const LogFilter shared{config::SampleFilter{.share = {250'000}}};
  const LogFilter independent{config::SampleFilter{.share = {250'000}, .independent = true}};
  info_.sample = 900'000;
  EXPECT_FALSE(Means(shared));
  EXPECT_FALSE(Means(independent));
  // 0x3d090 is 250,000.
  request_.headers.Add("x-request-id", "0003d08f-0000-4000-8000-000000000000");
  EXPECT_TRUE(Means(shared));
  EXPECT_FALSE(Means(independent));
  request_.headers.Set("x-request-id", "0003d090-0000-4000-8000-000000000000");
  EXPECT_FALSE(Means(shared));
  info_.sample = 249'999;
  EXPECT_TRUE(Means(independent));
  request_.headers.Set("x-request-id", "no UUID");
  EXPECT_TRUE(Means(shared));
}

TEST_F(LogPredicate, TheGrpcStatusComesFromTrailersHeadersOrTheResponseCode) {
  const auto is = [](uint32_t status, bool exclude = false) {
    return LogFilter{config::GrpcStatusFilter{.statuses = 1u << status, .exclude = exclude}};
  };
  EXPECT_TRUE(Means(is(12)));  // 404
  response_.headers.Add("grpc-status", "5");
  EXPECT_TRUE(Means(is(5)));
  EXPECT_FALSE(Means(is(12)));
  trailers_.Add("grpc-status", "0");
  EXPECT_TRUE(Means(is(0)));
  EXPECT_FALSE(Means(is(0, true)));
  EXPECT_TRUE(Means(is(1, true)));
  trailers_.Set("grpc-status", "99");
  EXPECT_TRUE(Means(is(2)));
}

TEST_F(LogPredicate, TypesAreListedOrExcluded) {
  const auto means = [&](bool exclude, format::LogType type) {
    return Holds({config::TypeFilter{.types = 1u << 4, .exclude = exclude}},
                 {.info = info_, .log_type = type});
  };
  EXPECT_TRUE(means(false, format::LogType::kDownstreamStart));
  EXPECT_FALSE(means(false, format::LogType::kDownstreamEnd));
  EXPECT_FALSE(means(true, format::LogType::kDownstreamStart));
  EXPECT_TRUE(means(true, format::LogType::kDownstreamEnd));
}

TEST_F(LogPredicate, HeadersAreTheRequests) {
  const LogFilter filter{config::HeaderFilter{
      {.name = "x-log",
       .value = match::StringMatcher(match::StringMatcher::Kind::kExact, "yes", false)}}};
  EXPECT_FALSE(Means(filter));
  request_.headers.Add("x-log", "yes");
  EXPECT_TRUE(Means(filter));
}

struct NamedConfig final : config::ExtensionConfig {
  std::string_view extension_name() const override { return "counting"; }
  bool Equals(const ExtensionConfig&) const override { return true; }
};

class Counting final : public AccessLog {
 public:
  explicit Counting(int& count) : count_(count) {}
  void Log(const format::FormatContext&) const override { ++count_; }

 private:
  int& count_;
};

class NoSinks final : public LogSinks {
 public:
  std::shared_ptr<LogSink> Open(const std::string&) override { return nullptr; }
  std::shared_ptr<LogSink> OpenPrivate(const std::string&) override { return nullptr; }
};

TEST_F(LogPredicate, ALogWithAFilterWritesWhatIsMeant) {
  int count = 0;
  Factories factories;
  factories.access_logs["counting"] = [&](const config::ExtensionConfig&, LogSinks&) {
    return std::make_shared<const Counting>(count);
  };
  NoSinks sinks;
  config::AccessLog configured{.config = std::make_shared<NamedConfig>(),
                               .filter = std::make_shared<LogFilter>(LogFilter{
                                   config::StatusCodeFilter{{Comparison::Op::kAtLeast, 500}}})};
  const auto log = MakeAccessLog(factories, configured, sinks);
  ASSERT_TRUE(log.ok());
  (*log)->Log({.info = info_});
  EXPECT_EQ(count, 0);
  info_.response_code = 503;
  (*log)->Log({.info = info_});
  EXPECT_EQ(count, 1);
  EXPECT_FALSE(MakeAccessLog(Factories(), configured, sinks).ok());
}

}  // namespace
}  // namespace weir::filter
