#include "source/upstream/dns_cluster.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "source/base/status.h"
#include "test/fakes/fake_resolver.h"
#include "test/fakes/sim_loop.h"

namespace weir::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct DnsWorld {
  explicit DnsWorld(std::vector<config::Endpoint> names) {
    auto endpoints = std::make_shared<config::Endpoints>();
    endpoints->endpoints = std::move(names);
    cluster->name = "web";
    cluster->type = config::DiscoveryType::kStrictDns;
    cluster->endpoints = endpoints;
  }
  void Start() {
    dns = std::make_unique<StrictDns>(
        cluster, resolver, loop, random,
        [this](std::shared_ptr<const config::Endpoints> endpoints) {
          std::string text;
          for (const config::Endpoint& endpoint : endpoints->endpoints) {
            text += (text.empty() ? "" : " ") + std::get<net::Address>(endpoint.address).ToString();
          }
          published.push_back(text);
          last = std::move(endpoints);
        });
  }

  std::shared_ptr<config::Cluster> cluster = std::make_shared<config::Cluster>();
  fakes::SimLoop loop;
  fakes::FakeResolver resolver{loop};
  event::Random random{1};
  std::vector<std::string> published;
  std::shared_ptr<const config::Endpoints> last;
  std::unique_ptr<StrictDns> dns;
};

config::Endpoint Named(std::string host, uint16_t port, uint32_t weight = 1) {
  return {.address = config::DnsName{std::move(host), port}, .weight = weight};
}

TEST(StrictDns, EveryAddressOfEveryNameIsAnEndpoint) {
  DnsWorld world({Named("a", 80, 3),
                  Named("b", 81),
                  Named("a", 90),
                  {.address = *net::Address::Parse("10.9.9.9:1")}});
  world.resolver.SetAnswer("a", {"10.0.0.1", "10.0.0.2"});
  world.resolver.SetAnswer("b", {"10.0.1.1"});
  world.Start();
  EXPECT_FALSE(world.dns->warm());
  world.loop.RunReady();
  EXPECT_TRUE(world.dns->warm());
  EXPECT_EQ(world.published,
            (std::vector<std::string>{"10.0.0.1:80 10.0.0.2:80 10.0.1.1:81 10.0.0.1:90 "
                                      "10.0.0.2:90 10.9.9.9:1"}));
  EXPECT_EQ(world.last->endpoints[0].weight, 3u);
  EXPECT_EQ(*world.last->endpoints[0].hostname, "a");
  EXPECT_EQ(world.resolver.queries(), 2u);
}

TEST(StrictDns, TellsWhatChangedAndNothingElse) {
  DnsWorld world({Named("a", 80)});
  world.resolver.SetAnswer("a", {"10.0.0.1"});
  world.Start();
  world.loop.RunFor(seconds(60));
  EXPECT_EQ(world.published, (std::vector<std::string>{"10.0.0.1:80"}));
  EXPECT_EQ(world.resolver.queries(), 13u);
  world.resolver.SetAnswer("a", {"10.0.0.2", "10.0.0.1"});
  world.loop.RunFor(seconds(6));
  EXPECT_EQ(world.published.back(), "10.0.0.1:80 10.0.0.2:80");
  // No answer: the last one stands. No such name: it does not.
  world.resolver.SetError("a", Unavailable("no server answers"));
  world.loop.RunFor(seconds(60));
  EXPECT_EQ(world.published.size(), 2u);
  world.resolver.SetError("a", NotFound("no such name"));
  world.loop.RunFor(seconds(6));
  EXPECT_EQ(world.published.back(), "");
}

TEST(StrictDns, AFirstFailureMakesItWarm) {
  DnsWorld world({Named("a", 80), Named("b", 80)});
  world.resolver.SetError("a", Unavailable("no server answers"));
  world.resolver.SetAnswer("b", {"10.0.0.1"});
  world.Start();
  world.loop.RunReady();
  EXPECT_TRUE(world.dns->warm());
  EXPECT_EQ(world.published, (std::vector<std::string>{"10.0.0.1:80"}));
}

TEST(StrictDns, IsToldFromTheLoopWithoutNamesToo) {
  DnsWorld world({{.address = *net::Address::Parse("10.9.9.9:1")}});
  world.Start();
  EXPECT_TRUE(world.published.empty());
  world.loop.RunFor(milliseconds(1));
  EXPECT_EQ(world.published, (std::vector<std::string>{"10.9.9.9:1"}));
}

// How often a name is asked, by table: queries within a time.
TEST(StrictDns, AsksAgainWhenItsSettingsSay) {
  struct Case {
    std::string name;
    void (*set)(DnsWorld&);
    seconds time;
    size_t least, most;
  };
  const Case cases[] = {
      {"refresh rate", [](auto& w) { w.cluster->dns.Edit().refresh_rate = seconds(2); },
       seconds(11), 6, 6},
      {"TTL not respected", [](auto& w) { w.resolver.SetAnswer("a", {"10.0.0.1"}, seconds(1)); },
       seconds(11), 3, 3},
      {"TTL",
       [](auto& w) {
         w.cluster->dns.Edit().respect_ttl = true;
         w.resolver.SetAnswer("a", {"10.0.0.1"}, seconds(3));
       },
       seconds(10), 4, 4},
      {"TTL of zero",
       [](auto& w) {
         w.cluster->dns.Edit().respect_ttl = true;
         w.resolver.SetAnswer("a", {"10.0.0.1"}, seconds(0));
       },
       seconds(10), 10, 11},
      {"failures at base and max",
       [](auto& w) {
         w.cluster->dns.Edit().failure_refresh_base = seconds(1);
         w.cluster->dns.Edit().failure_refresh_max = seconds(1);
         w.resolver.SetError("a", Unavailable("no server answers"));
       },
       seconds(20), 20, 40},
      // 1, 2, 4, 8, 8, ... seconds, or down to half of that.
      {"failures backing off",
       [](auto& w) {
         w.cluster->dns.Edit().failure_refresh_base = seconds(1);
         w.cluster->dns.Edit().failure_refresh_max = seconds(8);
         w.resolver.SetError("a", Unavailable("no server answers"));
       },
       seconds(39), 7, 13},
  };
  for (const Case& c : cases) {
    DnsWorld world({Named("a", 80)});
    world.resolver.SetAnswer("a", {"10.0.0.1"});
    c.set(world);
    world.Start();
    world.loop.RunFor(c.time);
    EXPECT_GE(world.resolver.queries(), c.least) << c.name;
    EXPECT_LE(world.resolver.queries(), c.most) << c.name;
  }
}

TEST(StrictDns, DestroyingItEndsTheQueries) {
  DnsWorld world({Named("a", 80)});
  world.resolver.SetAnswer("a", {"10.0.0.1"});
  world.resolver.SetDelay(seconds(1));
  world.Start();
  EXPECT_EQ(world.resolver.waiting(), 1u);
  world.dns.reset();
  world.loop.RunFor(seconds(20));
  EXPECT_EQ(world.resolver.waiting(), 0u);
  EXPECT_TRUE(world.published.empty());
}

}  // namespace
}  // namespace weir::upstream
