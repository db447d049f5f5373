#include "source/router/chain_index.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/status.h"

namespace weir::router {
namespace {

using config::FilterChain;
using config::FilterChainMatch;
using ::testing::HasSubstr;

net::CidrRange Range(std::string_view address, uint32_t length) {
  return *net::CidrRange::Create(*net::IpAddress::Parse(address), length);
}

class ChainIndexTest : public testing::Test {
 protected:
  ChainIndexTest() { Connect("10.0.0.1:443", "192.0.2.9:5000"); }

  void Add(std::string name, FilterChainMatch match) {
    auto chain = std::make_shared<FilterChain>();
    chain->name = std::move(name);
    chain->match = std::move(match);
    chains_.push_back(chain);
    index_ = nullptr;
  }
  void Connect(std::string_view local, std::string_view remote) {
    connection_.local_address = *net::Address::Parse(local);
    connection_.remote_address = *net::Address::Parse(remote);
    connection_.direct_remote_address = connection_.remote_address;
  }
  std::string Match() {
    if (index_ == nullptr) {
      auto index = ChainIndex::Create(chains_, default_);
      EXPECT_TRUE(index.ok()) << index.status();
      index_ = *index;
    }
    const auto& chain = index_->Match(connection_);
    return chain == nullptr ? "none" : chain->name;
  }
  std::string MatchName(std::string_view server_name) {
    connection_.further.Edit().server_name = server_name;
    return Match();
  }

  std::vector<std::shared_ptr<const FilterChain>> chains_;
  std::shared_ptr<const FilterChain> default_;
  std::shared_ptr<const ChainIndex> index_;
  stream_info::ConnectionInfo connection_;
};

TEST_F(ChainIndexTest, FallsBackToTheDefaultChainOrToNone) {
  Add("other", {.destination_port = 80});
  EXPECT_EQ(Match(), "none");
  auto chain = std::make_shared<FilterChain>();
  chain->name = "default";
  default_ = chain;
  index_ = nullptr;
  EXPECT_EQ(Match(), "default");
}

TEST_F(ChainIndexTest, TakesTheMostSpecificServerName) {
  Add("exact", {.server_names = {"www.example.com"}});
  Add("suffix", {.server_names = {"*.example.com", "example.com"}});
  Add("com", {.server_names = {"*.com"}});
  Add("any", {});
  EXPECT_EQ(MatchName("www.example.com"), "exact");
  EXPECT_EQ(MatchName("a.b.example.com"), "suffix");
  EXPECT_EQ(MatchName("example.com"), "suffix");
  EXPECT_EQ(MatchName("example2.com"), "com");
  EXPECT_EQ(MatchName("com"), "any");
  EXPECT_EQ(MatchName(""), "any");
}

TEST_F(ChainIndexTest, DoesNotGoBackAfterAMoreSpecificValue) {
  Add("port", {.destination_port = 443, .server_names = {"a"}});
  Add("any", {});
  EXPECT_EQ(MatchName("a"), "port");
  EXPECT_EQ(MatchName("b"), "none");  // Port 443 was followed.
  Connect("10.0.0.1:80", "192.0.2.9:5000");
  EXPECT_EQ(MatchName("a"), "any");
}

TEST_F(ChainIndexTest, TakesTheLongestRanges) {
  Add("8", {.destination_ranges = {Range("10.0.0.0", 8)}});
  Add("24", {.destination_ranges = {Range("10.0.0.0", 24), Range("fd00::", 8)}});
  Add("any", {});
  EXPECT_EQ(Match(), "24");
  Connect("10.1.0.1:443", "192.0.2.9:1");
  EXPECT_EQ(Match(), "8");
  Connect("11.1.0.1:443", "192.0.2.9:1");
  EXPECT_EQ(Match(), "any");
  Connect("[fd00::1]:443", "[::2]:1");
  EXPECT_EQ(Match(), "24");
  Connect("unix:/x", "unix:/y");
  EXPECT_EQ(Match(), "any");
}

TEST_F(ChainIndexTest, ProtocolsAreTakenInTheOrderOffered) {
  Add("h2", {.transport_protocol = "tls", .application_protocols = {"h2"}});
  Add("h1", {.transport_protocol = "tls", .application_protocols = {"http/1.1"}});
  Add("tls", {.transport_protocol = "tls"});
  Add("raw", {});
  EXPECT_EQ(Match(), "raw");
  connection_.transport_protocol = "tls";
  EXPECT_EQ(Match(), "tls");
  connection_.further.Edit().application_protocols = {"x", "http/1.1", "h2"};
  EXPECT_EQ(Match(), "h1");
}

TEST_F(ChainIndexTest, LooksAtTheSource) {
  Add("local", {.source_type = FilterChainMatch::SourceType::kSameIpOrLoopback});
  Add("external", {.source_type = FilterChainMatch::SourceType::kExternal});
  Add("range", {.source_type = FilterChainMatch::SourceType::kExternal,
                .source_ranges = {Range("192.0.2.0", 24)},
                .source_ports = {5000, 5001}});
  EXPECT_EQ(Match(), "range");
  Connect("10.0.0.1:443", "192.0.2.9:5002");
  EXPECT_EQ(Match(), "none");
  Connect("10.0.0.1:443", "198.51.100.1:5000");
  EXPECT_EQ(Match(), "external");
  Connect("10.0.0.1:443", "127.0.0.1:5000");
  EXPECT_EQ(Match(), "local");
  Connect("10.0.0.1:443", "10.0.0.1:9");
  EXPECT_EQ(Match(), "local");
}

TEST_F(ChainIndexTest, TheDirectSourceIsTheSocketsOwn) {
  Add("proxy", {.direct_source_ranges = {Range("203.0.113.0", 24)}});
  Add("any", {});
  EXPECT_EQ(Match(), "any");
  connection_.direct_remote_address = *net::Address::Parse("203.0.113.7:1");
  EXPECT_EQ(Match(), "proxy");
}

TEST_F(ChainIndexTest, RefusesTwoChainsThatCannotBeTold) {
  Add("one", {.server_names = {"a", "b"}});
  Add("two", {.server_names = {"b", "c"}});
  const auto index = ChainIndex::Create(chains_, nullptr);
  EXPECT_THAT(MessageOf(index.status()), HasSubstr("'one' and 'two' have the same match"));
}

TEST_F(ChainIndexTest, AMatcherChoosesByName) {
  Add("one", {.destination_port = 80});
  Add("two", {.destination_port = 80});
  default_ = std::make_shared<FilterChain>(FilterChain{.name = "default"});
  const auto number = [](match::ActionNumber action) { return match::OnMatch{.next = action}; };
  ChainIndex::ChainMatcher matcher(std::in_place);
  matcher->actions = {"two", "one"};
  matcher->tree = std::make_shared<const match::MatchTree>(match::ExactMap{
      .input = {match::DataInput::Kind::kServerName, ""},
      .entries = {{"a", number(0)}, {"b", number(1)}},
  });
  index_ = *ChainIndex::Create(chains_, default_, matcher);
  EXPECT_EQ(MatchName("a"), "two");
  EXPECT_EQ(MatchName("b"), "one");
  EXPECT_EQ(MatchName("c"), "default");
  matcher->actions[0] = "three";
  EXPECT_THAT(MessageOf(ChainIndex::Create(chains_, default_, matcher).status()),
              HasSubstr("filter_chain_matcher: there is no filter chain 'three'"));
}

TEST_F(ChainIndexTest, AValueGivenTwiceIsNoCollision) {
  Add("one", {.server_names = {"a", "a"}});
  EXPECT_EQ(MatchName("a"), "one");
}

}  // namespace
}  // namespace weir::router
