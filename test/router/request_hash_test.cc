#include "source/router/request_hash.h"

#include <set>

#include "gtest/gtest.h"

namespace weir::router {
namespace {

using config::HashCookie;
using config::HashHeader;
using config::HashPolicy;
using config::HashQueryParameter;
using config::HashSourceIp;

class RequestHashTest : public testing::Test {
 protected:
  RequestHashTest() : arena_(pool_), head_(arena_), stream_(connection_) {}

  std::optional<uint64_t> Hash(const std::vector<HashPolicy>& policies,
                               NewCookie* cookie = nullptr) {
    return HashOf(policies, match::MatchFacts::OfRequest(head_, &stream_), 0x123, cookie);
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_;
  http::RequestHead head_;
  stream_info::ConnectionInfo connection_;
  stream_info::StreamInfo stream_;
  net::Address& client_ = stream_.downstream_remote_address = *net::Address::Parse("10.0.0.9:1000");
};

TEST_F(RequestHashTest, OfFilterStateWhatIsHashableIsTaken) {
  using Text = stream_info::FilterState::Text;
  const std::vector<HashPolicy> policies = {{.source = config::HashFilterState{"user"}}};
  EXPECT_EQ(Hash(policies), std::nullopt);
  stream_info::FilterState& state = stream_.found.Edit().filter_state;
  state.Set("user", Text{.value = "ann"}, false);
  EXPECT_EQ(Hash(policies), std::nullopt);
  state.Set("user", Text{.value = "ann", .hashable = true}, false);
  const auto ann = Hash(policies);
  EXPECT_TRUE(ann.has_value());
  state.Set("user", Text{.value = "bob", .hashable = true}, false);
  EXPECT_NE(Hash(policies), ann);
}

TEST_F(RequestHashTest, AConnectionHasOneWithoutARequest) {
  const auto of_client = [&](std::string_view address) {
    stream_.downstream_remote_address = *net::Address::Parse(address);
    return HashOf(std::vector<HashPolicy>{{.source = HashSourceIp{}}},
                  {.connection = &connection_, .stream = &stream_}, 0, nullptr);
  };
  const auto hash = of_client("10.0.0.9:1");
  EXPECT_TRUE(hash.has_value());
  EXPECT_EQ(of_client("10.0.0.9:2"), hash);
  EXPECT_NE(of_client("10.0.0.8:1"), hash);
}

TEST_F(RequestHashTest, WithoutASourceThereIsNone) {
  head_.path = "/x";
  EXPECT_EQ(Hash({}), std::nullopt);
  EXPECT_EQ(Hash({{.source = HashHeader{.field = "x-user"}}}), std::nullopt);
  EXPECT_EQ(Hash({{.source = HashQueryParameter{"q"}}}), std::nullopt);
  EXPECT_EQ(Hash({{.source = HashCookie{.name = "c"}}}), std::nullopt);
}

TEST_F(RequestHashTest, EverySourceTellsRequestsApart) {
  head_.path = "/x?q=1";
  head_.headers.Add("x-user", "ann");
  head_.headers.Add("cookie", "a=1; c=\"2\"");
  const std::vector<HashPolicy> sources = {{.source = HashHeader{.field = "x-user"}},
                                           {.source = HashQueryParameter{"q"}},
                                           {.source = HashCookie{.name = "c"}},
                                           {.source = HashSourceIp{}}};
  std::vector<uint64_t> before;
  for (const HashPolicy& source : sources) before.push_back(Hash({source}).value());
  head_.path = "/x?q=2";
  head_.headers.Set("x-user", "bob");
  head_.headers.Set("cookie", "a=1; c=3");
  client_ = *net::Address::Parse("10.0.0.8:1000");
  for (size_t i = 0; i < sources.size(); ++i) EXPECT_NE(Hash({sources[i]}), before[i]) << i;
  client_ = *net::Address::Parse("10.0.0.9:2000");
  EXPECT_EQ(Hash({sources[3]}), before[3]);  // The port says nothing of the client.
}

TEST_F(RequestHashTest, QuotesAreNoPartOfACookiesValue) {
  const HashPolicy cookie{.source = HashCookie{.name = "c"}};
  head_.headers.Add("cookie", "c=\"2\"");
  const std::optional<uint64_t> quoted = Hash({cookie});
  head_.headers.Set("cookie", "c=2");
  EXPECT_EQ(Hash({cookie}), quoted);
}

TEST_F(RequestHashTest, ValuesAreTheSameInEveryProcess) {
  head_.headers.Add("x-user", "ann");
  EXPECT_EQ(Hash({{.source = HashHeader{.field = "x-user"}}}), 0x8096e52ad559ed80u);
}

TEST_F(RequestHashTest, ATerminalPolicyEndsTheListOnceThereIsAHash) {
  head_.path = "/x?q=1";
  const HashPolicy query{.source = HashQueryParameter{"q"}};
  HashPolicy last = query;
  last.terminal = true;
  const HashPolicy ip{.source = HashSourceIp{}};
  EXPECT_EQ(Hash({last, ip}), Hash({query}));
  EXPECT_NE(Hash({query, ip}), Hash({query}));
  EXPECT_NE(Hash({query, query}), 0u);
  last.source = HashQueryParameter{"none"};
  EXPECT_EQ(Hash({last, ip}), Hash({ip}));
}

TEST_F(RequestHashTest, ARewriteTakesWhatCounts) {
  const HashHeader header{.field = "x-user",
                          .rewrite = config::RegexRewrite{*match::Regex::Create("-.*$"), ""}};
  head_.headers.Add("x-user", "ann-1");
  const auto first = Hash({{.source = header}});
  head_.headers.Set("x-user", "ann-2");
  EXPECT_EQ(Hash({{.source = header}}), first);
}

TEST_F(RequestHashTest, AMissingCookieWithALifeIsMade) {
  const HashCookie cookie{.name = "c", .ttl = std::chrono::seconds(0)};
  NewCookie made;
  const auto hash = Hash({{.source = cookie}}, &made);
  ASSERT_TRUE(hash.has_value());
  ASSERT_NE(made.cookie, nullptr);
  EXPECT_EQ(CookieValue(made.value, arena_), "0000000000000123");
  // The client comes back with it.
  head_.headers.Add("cookie", "c=0000000000000123");
  NewCookie none;
  EXPECT_EQ(Hash({{.source = cookie}}, &none), hash);
  EXPECT_EQ(none.cookie, nullptr);
}

}  // namespace
}  // namespace weir::router
