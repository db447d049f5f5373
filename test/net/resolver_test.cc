// AresResolver against a DNS server of our own, and FakeResolver where both agree.
#include "gtest/gtest.h"
#include "source/base/status.h"
#include "source/net/ares_resolver.h"
#include "test/fakes/fake_resolver.h"
#include "test/fakes/sim_loop.h"
#include "test/net/dns_server.h"

namespace weir::net {
namespace {

using Answer = absl::StatusOr<ResolvedAddresses>;

std::string Text(const Answer& answer) {
  if (!answer.ok()) return absl::StatusCodeToString(answer.status().code());
  std::vector<std::string> texts;
  for (const IpAddress& address : answer->addresses) texts.push_back(address.ToString());
  return Join(texts, " ");
}

class TestResolver {
 public:
  virtual ~TestResolver() = default;
  virtual Resolver& resolver() = 0;
  virtual void Set(const std::string& name, const std::vector<std::string>& addresses, int ttl) = 0;
  virtual bool RunUntil(const std::function<bool()>& done) = 0;
};

class RealResolver final : public TestResolver {
 public:
  Resolver& resolver() override { return *resolver_; }
  void Set(const std::string& name, const std::vector<std::string>& addresses, int ttl) override {
    std::vector<DnsServer::Record>& records = server_.records[name];
    for (const std::string& address : addresses) {
      records.push_back({address, static_cast<uint32_t>(ttl)});
    }
  }
  bool RunUntil(const std::function<bool()>& done) override {
    for (int turns = 0; turns < 2000 && !done(); ++turns) {
      loop_->RunOnce(std::chrono::milliseconds(10));
    }
    return done();
  }
  DnsServer& server() { return server_; }
  event::EpollLoop& loop() { return *loop_; }

 private:
  event::SystemClock clock_;
  std::unique_ptr<event::EpollLoop> loop_ = *event::EpollLoop::Create(clock_);
  DnsServer server_{*loop_};
  // As patient as RunUntil: a machine that is busy elsewhere is no silent server.
  std::unique_ptr<AresResolver> resolver_ = *AresResolver::Create(
      *loop_, {.servers = {server_.address()}, .timeout = std::chrono::seconds(20), .tries = 1});
};

class FakedResolver final : public TestResolver {
 public:
  Resolver& resolver() override { return resolver_; }
  void Set(const std::string& name, const std::vector<std::string>& addresses, int ttl) override {
    resolver_.SetAnswer(name, addresses, std::chrono::seconds(ttl));
  }
  bool RunUntil(const std::function<bool()>& done) override { return loop_.RunUntilTrue(done); }

 private:
  fakes::SimLoop loop_;
  fakes::FakeResolver resolver_{loop_};
};

template <typename T>
class EveryResolver : public ::testing::Test {
 protected:
  Answer Ask(std::string_view name, DnsFamily family = DnsFamily::kAll) {
    return AskOf(net_.resolver(), name, family);
  }
  Answer AskOf(Resolver& resolver, std::string_view name, DnsFamily family) {
    std::optional<Answer> got;
    const auto query =
        resolver.Resolve(name, family, [&](Answer answer) { got = std::move(answer); });
    EXPECT_FALSE(got.has_value()) << "called back from inside";
    EXPECT_TRUE(net_.RunUntil([&] { return got.has_value(); }));
    return got ? *got : Answer(absl::DeadlineExceededError("no answer"));
  }
  T net_;
};
using Resolvers = ::testing::Types<RealResolver, FakedResolver>;
TYPED_TEST_SUITE(EveryResolver, Resolvers);

TYPED_TEST(EveryResolver, GivesTheFamiliesAskedFor) {
  this->net_.Set("both.test", {"10.0.0.2", "2001:db8::1", "10.0.0.1"}, 30);
  this->net_.Set("four.test", {"10.0.0.9"}, 30);
  this->net_.Set("six.test", {"2001:db8::9"}, 30);
  const struct {
    const char* name;
    DnsFamily family;
    const char* text;
  } kCases[] = {
      {"both.test", DnsFamily::kAll, "10.0.0.1 10.0.0.2 2001:db8::1"},
      {"both.test", DnsFamily::kV4Only, "10.0.0.1 10.0.0.2"},
      {"both.test", DnsFamily::kV6Only, "2001:db8::1"},
      {"both.test", DnsFamily::kAuto, "2001:db8::1"},
      {"both.test", DnsFamily::kV4Preferred, "10.0.0.1 10.0.0.2"},
      {"four.test", DnsFamily::kAuto, "10.0.0.9"},
      {"four.test", DnsFamily::kV6Only, "NOT_FOUND"},
      {"six.test", DnsFamily::kV4Preferred, "2001:db8::9"},
      {"six.test", DnsFamily::kV4Only, "NOT_FOUND"},
      {"none.test", DnsFamily::kAll, "NOT_FOUND"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Text(this->Ask(c.name, c.family)), c.text)
        << c.name << " " << static_cast<int>(c.family);
  }
}

TYPED_TEST(EveryResolver, TellsTheTimeToLive) {
  this->net_.Set("a.test", {"10.0.0.1"}, 42);
  EXPECT_EQ(this->Ask("a.test", DnsFamily::kV4Only)->ttl, std::chrono::seconds(42));
}

TYPED_TEST(EveryResolver, AnIpAddressIsItsOwnAnswer) {
  EXPECT_EQ(Text(this->Ask("10.1.2.3")), "10.1.2.3");
  EXPECT_EQ(Text(this->Ask("::1")), "::1");
}

TYPED_TEST(EveryResolver, ADestroyedQuerySaysNothing) {
  this->net_.Set("a.test", {"10.0.0.1"}, 1);
  auto query = this->net_.resolver().Resolve("a.test", DnsFamily::kAll,
                                             [](Answer) { ADD_FAILURE() << "it was cancelled"; });
  query.reset();
  EXPECT_EQ(Text(this->Ask("a.test")), "10.0.0.1");
}

TYPED_TEST(EveryResolver, TheCallbackMayDestroyItsQuery) {
  this->net_.Set("a.test", {"10.0.0.1"}, 1);
  std::unique_ptr<DnsQuery> query;
  bool done = false;
  query = this->net_.resolver().Resolve("a.test", DnsFamily::kAll, [&](Answer) {
    query.reset();
    done = true;
  });
  EXPECT_TRUE(this->net_.RunUntil([&] { return done; }));
}

class AresResolverTest : public EveryResolver<RealResolver> {};

TEST_F(AresResolverTest, LocalhostNeedsNoQuery) {
  EXPECT_EQ(Text(Ask("localhost")), "::1 127.0.0.1");
  EXPECT_EQ(Text(Ask("LOCALHOST.", DnsFamily::kV4Only)), "127.0.0.1");
  EXPECT_EQ(net_.server().questions, 0u);
}

TEST_F(AresResolverTest, WhatIsNoHostNameIsNotAsked) {
  const std::string label(64, 'a');
  std::string longest;
  for (int i = 0; i < 130; ++i) longest += "a.";
  for (const std::string& name :
       {std::string(), std::string("."), label + ".test", longest + "b", std::string("a..test")}) {
    EXPECT_EQ(Text(Ask(name)), "NOT_FOUND") << name;
  }
  EXPECT_EQ(net_.server().questions, 0u);
}

TEST_F(AresResolverTest, TheLeastTimeToLiveCounts) {
  net_.server().records["a.test"] = {{"10.0.0.1", 50}, {"10.0.0.2", 20}, {"10.0.0.2", 90}};
  const Answer answer = Ask("a.test", DnsFamily::kV4Only);
  EXPECT_EQ(Text(answer), "10.0.0.1 10.0.0.2");
  EXPECT_EQ(answer->ttl, std::chrono::seconds(20));
}

TEST_F(AresResolverTest, ASilentServerIsUnavailableAndUsedAgainWhenItIsBack) {
  net_.server().records["a.test"] = {{"10.0.0.1", 50}};
  net_.server().silent = true;
  const auto hasty = *AresResolver::Create(net_.loop(), {.servers = {net_.server().address()},
                                                         .timeout = std::chrono::milliseconds(200),
                                                         .tries = 2});
  EXPECT_EQ(Text(AskOf(*hasty, "a.test", DnsFamily::kV4Only)), "UNAVAILABLE");
  net_.server().silent = false;
  // One that is in a hurry may give up on a busy machine, too.
  std::string text;
  for (int i = 0; i < 20 && text != "10.0.0.1"; ++i) {
    text = Text(AskOf(*hasty, "a.test", DnsFamily::kV4Only));
  }
  EXPECT_EQ(text, "10.0.0.1");
}

TEST_F(AresResolverTest, QueriesMayOutliveTheResolver) {
  auto resolver = *AresResolver::Create(net_.loop(), {.servers = {net_.server().address()}});
  const auto query = resolver->Resolve("a.test", DnsFamily::kAll,
                                       [](Answer) { ADD_FAILURE() << "the resolver is gone"; });
  resolver.reset();
  net_.loop().RunOnce(std::chrono::milliseconds(5));
  EXPECT_EQ(net_.loop().registered(), 1u);  // The server's own.
}

}  // namespace
}  // namespace weir::net
