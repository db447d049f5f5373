#include "source/proxy/proxy_status.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::proxy {
namespace {

using stream_info::ResponseFlag;

class ProxyStatusTest : public testing::Test {
 protected:
  ProxyStatusTest() : head_(arena_), info_(connection_) { config_.name = "weir"; }

  // The field of an answer with these flags.
  std::string Said(const std::vector<ResponseFlag>& flags) {
    info_.flags = {};
    for (const ResponseFlag flag : flags) info_.flags.Set(flag);
    head_.Clear();
    head_.status = 418;
    SayProxyStatus(config_, info_, head_);
    return std::string(head_.headers.GetJoined("proxy-status").value_or("(none)"));
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_{pool_};
  config::ProxyStatus config_;
  stream_info::ConnectionInfo connection_;
  http::ResponseHead head_;
  stream_info::StreamInfo info_;
};

TEST_F(ProxyStatusTest, SaysTheErrorOfTheFirstFlagThatHasOne) {
  config_.recommended_code = true;
  const struct {
    std::vector<ResponseFlag> flags;
    const char* said;
    uint16_t status;
  } rows[] = {
      {{}, "(none)", 418},
      {{ResponseFlag::kDownstreamConnectionTermination}, "(none)", 418},
      {{ResponseFlag::kUpstreamRequestTimeout}, "weir; error=http_response_timeout", 504},
      {{ResponseFlag::kUpstreamConnectionFailure}, "weir; error=connection_refused", 502},
      {{ResponseFlag::kNoRouteFound}, "weir; error=destination_not_found", 500},
      {{ResponseFlag::kUpstreamOverflow}, "weir; error=connection_limit_reached", 503},
      {{ResponseFlag::kDownstreamProtocolError}, "weir; error=http_request_error", 418},
      {{ResponseFlag::kUpstreamRetryLimitExceeded, ResponseFlag::kUpstreamConnectionFailure},
       "weir; error=connection_refused",
       502},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Said(row.flags), row.said);
    EXPECT_EQ(head_.status, row.status) << row.said;
  }
  config_.recommended_code = false;
  Said({ResponseFlag::kNoRouteFound});
  EXPECT_EQ(head_.status, 418);
}

TEST_F(ProxyStatusTest, DetailsAreLeftOutWhereTheyAreNotWanted) {
  info_.response_code_details = "a\"b\\c\td";
  connection_.further.Edit().termination_details = "why";
  EXPECT_EQ(Said({ResponseFlag::kNoRouteFound}),
            R"(weir; error=destination_not_found; details="a\"b\\cd; why; NR")");
  config_.termination_details = false;
  EXPECT_EQ(Said({ResponseFlag::kNoRouteFound}),
            R"(weir; error=destination_not_found; details="a\"b\\cd; NR")");
  config_.flags = false;
  EXPECT_EQ(Said({ResponseFlag::kNoRouteFound}),
            R"(weir; error=destination_not_found; details="a\"b\\cd")");
  config_.details = false;
  EXPECT_EQ(Said({ResponseFlag::kNoRouteFound}), "weir; error=destination_not_found");
}

TEST_F(ProxyStatusTest, ComesBehindWhatOtherProxiesSay) {
  info_.flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
  head_.headers.Add("proxy-status", "other; error=dns_error");
  SayProxyStatus(config_, info_, head_);
  EXPECT_EQ(head_.headers.GetJoined("proxy-status"),
            "other; error=dns_error, weir; error=destination_unavailable");
}

}  // namespace
}  // namespace weir::proxy
