#include "source/proxy/filter_chain.h"

#include <gtest/gtest.h>

#include <functional>

#include "test/fakes/sim_loop.h"

namespace weir::proxy {
namespace {

using filter::Direction;
using filter::FilterResult;

// A filter whose answers the test gives: one letter an event, 'c' to continue and 'p' to pause;
// then 'c' for ever.
class Scripted final : public filter::HttpFilter {
 public:
  Scripted(filter::HttpFilterHost& host, std::string script, std::string& heard)
      : host_(host), script_(std::move(script)), heard_(heard) {}

  FilterResult OnRequestHeaders(http::RequestHead&, bool) override { return Next("h"); }
  FilterResult OnRequestBody(buffer::Buffer& data, bool) override { return Next(data.ToString()); }
  FilterResult OnRequestTrailers(http::HeaderMap&) override { return Next("t"); }
  void OnStreamEnd() override { heard_ += "E"; }
  filter::HttpFilterHost& host() { return host_; }

 private:
  FilterResult Next(std::string_view event) {
    heard_ += event;
    const char answer = script_.empty() ? 'c' : script_.front();
    if (!script_.empty()) script_.erase(0, 1);
    return answer == 'p' ? FilterResult::kPause : FilterResult::kContinue;
  }

  filter::HttpFilterHost& host_;
  std::string script_;
  std::string& heard_;
};

class FilterChainTest : public testing::Test, public FilterChainOwner {
 protected:
  // One filter for each script, in order.
  void Make(const std::vector<std::string>& scripts) {
    size_t place = 0;
    for (const std::string& script : scripts) Add(place++, script);
  }
  void Add(size_t place, const std::string& script) {
    class Factory final : public filter::HttpFilterFactory {
     public:
      Factory(FilterChainTest& test, std::string text) : test_(test), script_(std::move(text)) {}
      std::unique_ptr<filter::HttpFilter> Create(filter::HttpFilterHost& host) const override {
        auto made = std::make_unique<Scripted>(host, script_, test_.filters_heard_);
        test_.filters_.push_back(made.get());
        return made;
      }

     private:
      FilterChainTest& test_;
      const std::string script_;
    };
    chain_.Add(place, Factory(*this, script), nullptr);
  }
  void Body(std::string_view text, bool end) {
    buffer::Buffer data(pool_);
    data.Append(text);
    chain_.RequestBody(data, end);
  }

  // FilterChainOwner
  http::RequestHead& request() override { return request_; }
  http::ResponseHead& response() override { return response_; }
  stream_info::StreamInfo& info() override { return info_; }
  void OnRouteOutdated(size_t at) override {
    info_.route_outdated = false;
    out_ += "R" + std::to_string(at) + "," + std::to_string(chain_.DropFrom(at));
    if (!instead_.empty()) Add(at, std::exchange(instead_, {}));
  }
  void OnLocalReply(const filter::LocalReply& reply) override { replied_ = reply.status; }
  void OnHoldLimit(Direction, bool reached) override { stopped_ = reached; }
  void OnRequestHeaders(bool end) override { out_ += end ? "H." : "H"; }
  void OnRequestBody(buffer::Buffer& data, bool end) override {
    out_ += data.ToString() + (end ? "." : "");
  }
  void OnRequestTrailers(http::HeaderMap& trailers) override {
    out_ += "T" + std::to_string(trailers.size());
  }
  void OnResponseHeaders(bool) override {}
  void OnResponseBody(buffer::Buffer&, bool) override {}
  void OnResponseTrailers(http::HeaderMap&) override {}

  fakes::SimLoop loop_;
  buffer::BlockPool pool_;
  buffer::Arena arena_{pool_};
  http::RequestHead request_{arena_};
  http::ResponseHead response_{arena_};
  stream_info::ConnectionInfo connection_;
  stream_info::StreamInfo info_{connection_};
  std::string out_;            // What came through the chain.
  std::string filters_heard_;  // What the filters heard, in order.
  std::vector<Scripted*> filters_;
  std::string instead_;  // The script of a filter that a new route has behind the others.
  int replied_ = 0;
  bool stopped_ = false;
  FilterChain chain_{loop_, pool_, *this, 8};
};

TEST_F(FilterChainTest, WithoutAPauseEverythingPassesAtOnce) {
  Make({"", ""});
  chain_.RequestHeaders(false);
  Body("ab", true);
  EXPECT_EQ(out_, "Hab.");
  EXPECT_EQ(filters_heard_, "hhabab");
}

TEST_F(FilterChainTest, APauseHoldsHeadBodyAndEndUntilContinue) {
  Make({"ppp", ""});
  chain_.RequestHeaders(false);
  Body("ab", false);
  Body("cd", true);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(filters_heard_, "habcd");
  filters_[0]->host().Continue(Direction::kRequest);
  EXPECT_EQ(out_, "");  // Not from inside.
  loop_.RunReady();
  EXPECT_EQ(out_, "Habcd.");
}

TEST_F(FilterChainTest, ANewRouteChangesTheFiltersThatHaveSeenNothing) {
  Make({"pp", "x", "y"});
  chain_.RequestHeaders(false);
  Body("ab", true);
  info_.route_outdated = true;
  instead_ = "pc";
  filters_[0]->host().Continue(Direction::kRequest);
  loop_.RunReady();
  EXPECT_EQ(filters_heard_, "habhab");  // The first, and the new one alone.
  EXPECT_EQ(out_, "R1,1Hab.");
}

TEST_F(FilterChainTest, AfterTheLastFilterTheRouteMayBeNewToo) {
  Make({"c"});
  info_.route_outdated = true;
  chain_.RequestHeaders(true);
  EXPECT_EQ(out_, "R0,0H.");
  EXPECT_EQ(filters_heard_, "");
}

TEST_F(FilterChainTest, AnswerToALaterEventEndsThePause) {
  Make({"pc"});
  chain_.RequestHeaders(false);
  Body("ab", false);
  EXPECT_EQ(out_, "Hab");
}

TEST_F(FilterChainTest, TwoFiltersHoldOneAfterTheOther) {
  Make({"pp", "p"});
  chain_.RequestHeaders(false);
  Body("ab", true);
  filters_[0]->host().Continue(Direction::kRequest);
  loop_.RunReady();
  EXPECT_EQ(out_, "Hab.");
}

TEST_F(FilterChainTest, TrailersAreHeldAndCopied) {
  Make({"pp"});
  chain_.RequestHeaders(false);
  {
    buffer::Arena own(pool_);
    http::HeaderMap trailers(own);
    trailers.Add("x-t", "1");
    chain_.RequestTrailers(trailers);
  }
  filters_[0]->host().Continue(Direction::kRequest);
  loop_.RunReady();
  EXPECT_EQ(out_, "HT1");
}

TEST_F(FilterChainTest, AtTheLimitReadingStopsAndGoesOnAfterwards) {
  Make({"ppp"});
  chain_.RequestHeaders(false);
  Body("1234567", false);
  EXPECT_FALSE(stopped_);
  Body("8", false);
  EXPECT_TRUE(stopped_);
  filters_[0]->host().Continue(Direction::kRequest);
  loop_.RunReady();
  EXPECT_FALSE(stopped_);
  EXPECT_EQ(out_, "H12345678");
}

TEST_F(FilterChainTest, WhoNeedsTheWholeBodyGetsItUpToItsOwnLimit) {
  Make({"ppp"});
  filters_[0]->host().RequireWholeBody(Direction::kRequest, 12);
  chain_.RequestHeaders(false);
  Body("12345678", false);
  Body("9abc", true);
  EXPECT_FALSE(stopped_);
  filters_[0]->host().Continue(Direction::kRequest);
  loop_.RunReady();
  EXPECT_EQ(out_, "H123456789abc.");
}

TEST_F(FilterChainTest, AboveThatLimitItGets413) {
  Make({"ppp"});
  filters_[0]->host().RequireWholeBody(Direction::kRequest, 12);
  chain_.RequestHeaders(false);
  Body("12345678", false);
  Body("9abcd", false);
  loop_.RunReady();
  EXPECT_EQ(replied_, 413);
  EXPECT_EQ(out_, "");
}

TEST_F(FilterChainTest, ABodyAboveThatLimitIsRefusedAlsoWithItsEnd) {
  Make({"pc"});
  filters_[0]->host().RequireWholeBody(Direction::kRequest, 12);
  chain_.RequestHeaders(false);
  Body("123456789abcd", true);
  loop_.RunReady();
  EXPECT_EQ(replied_, 413);
  EXPECT_EQ(out_, "");
  EXPECT_FALSE(stopped_);
}

TEST_F(FilterChainTest, AfterALocalReplyNothingGoesFurther) {
  Make({"p"});
  chain_.RequestHeaders(false);
  filters_[0]->host().SendLocalReply({.status = 403});
  loop_.RunReady();
  Body("ab", true);
  EXPECT_EQ(replied_, 403);
  EXPECT_EQ(out_, "");
}

TEST_F(FilterChainTest, FiltersHearTheEndOnce) {
  Make({"", ""});
  chain_.End();
  chain_.End();
  EXPECT_EQ(filters_heard_, "EE");
}

}  // namespace
}  // namespace weir::proxy
