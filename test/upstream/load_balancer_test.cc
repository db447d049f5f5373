#include "source/upstream/load_balancer.h"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace weir::upstream {
namespace {

struct HostState {
  uint32_t weight = 1;
  uint32_t active = 0;
};

HostList MakeHosts(const std::vector<HostState>& states) {
  HostList hosts;
  for (size_t i = 0; i < states.size(); ++i) {
    const net::Address address =
        net::Address::Ip(net::IpAddress::V4(0x0a000001 + static_cast<uint32_t>(i)), 80);
    hosts.push_back(
        MakeLocal<Host>(address, config::Endpoint{.address = address, .weight = states[i].weight}));
    hosts.back()->stats().rq_active.Set(states[i].active);
  }
  return hosts;
}

struct Case {
  std::string name;
  config::BalancerKind kind;
  std::vector<HostState> hosts;
  std::vector<double> shares;  // Of all picks.
  double tolerance;            // Of the share, absolute.
  uint32_t choice_count = 2;
  double bias = 1.0;
};

using config::BalancerKind;

const Case kCases[] = {
    {"one host", BalancerKind::kRoundRobin, {{}}, {1}, 0},
    {"equal weights in turn", BalancerKind::kRoundRobin, {{}, {}, {}, {}}, {.25, .25, .25, .25}, 0},
    {"equal weights above one", BalancerKind::kRoundRobin, {{5}, {5}}, {.5, .5}, 0},
    {"exact shares by weight", BalancerKind::kRoundRobin, {{1}, {2}, {5}}, {.125, .25, .625}, 1e-3},
    {"a great weight", BalancerKind::kRoundRobin, {{1}, {999}}, {.001, .999}, 1e-3},
    {"load plays no part", BalancerKind::kRoundRobin, {{1, 100}, {1, 0}}, {.5, .5}, 0},
    // Both choices fall on the loaded one with 1/16.
    {"the idle of two choices",
     BalancerKind::kLeastRequest,
     {{1, 9}, {1, 0}, {1, 0}, {1, 0}},
     {.0625, .3125, .3125, .3125},
     .01},
    {"one idle among loaded",
     BalancerKind::kLeastRequest,
     {{1, 9}, {1, 9}, {1, 0}},
     {.2222, .2222, .5556},
     .01},
    {"more choices", BalancerKind::kLeastRequest, {{1, 9}, {1, 0}}, {.0625, .9375}, .01, 4},
    {"equal load is even", BalancerKind::kLeastRequest, {{3, 2}, {3, 2}}, {.5, .5}, .01},
    {"weights without load", BalancerKind::kLeastRequest, {{1}, {3}}, {.25, .75}, 1e-3},
    {"weights against load", BalancerKind::kLeastRequest, {{1, 0}, {4, 3}}, {.5, .5}, 1e-3},
    {"bias zero is round robin",
     BalancerKind::kLeastRequest,
     {{1, 0}, {4, 3}},
     {.2, .8},
     1e-3,
     2,
     0},
    {"bias two", BalancerKind::kLeastRequest, {{1, 0}, {4, 1}, {2, 0}}, {.25, .25, .5}, 1e-3, 2, 2},
    {"random is even", BalancerKind::kRandom, {{}, {}, {}}, {.3333, .3333, .3333}, .01},
    {"random by weight", BalancerKind::kRandom, {{1}, {2}, {7}}, {.1, .2, .7}, .01},
};

TEST(LoadBalancer, SharesRequestsAsItsPolicySays) {
  constexpr int kPicks = 40'000;
  for (const Case& c : kCases) {
    event::Random random(7);
    const HostList hosts = MakeHosts(c.hosts);
    const config::Cluster cluster{
        .balancer = c.kind, .choice_count = c.choice_count, .active_request_bias = c.bias};
    const auto balancer = CreateLoadBalancer(cluster, hosts, random);
    std::vector<int> picks(hosts.size());
    for (int i = 0; i < kPicks; ++i) ++picks.at(balancer->Pick(random.Next()));
    for (size_t i = 0; i < hosts.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(picks[i]) / kPicks, c.shares[i], c.tolerance)
          << c.name << ", host " << i;
    }
  }
}

TEST(LoadBalancer, SpreadsWeightedTurnsEvenly) {
  event::Random random(3);
  const HostList hosts = MakeHosts({{1}, {3}});
  const auto balancer = CreateLoadBalancer({}, hosts, random);
  // In any eight picks the light host comes twice, and never twice in a row.
  size_t last = 1;
  for (int window = 0; window < 50; ++window) {
    int light = 0;
    for (int i = 0; i < 8; ++i) {
      const size_t picked = balancer->Pick(0);
      EXPECT_FALSE(picked == 0 && last == 0);
      light += picked == 0 ? 1 : 0;
      last = picked;
    }
    EXPECT_EQ(light, 2);
  }
}

TEST(LoadBalancer, StartsEachWorkerAtAnotherHost) {
  for (const auto& weights :
       {std::vector<HostState>{{1}, {1}, {1}, {1}}, std::vector<HostState>{{1}, {2}, {1}, {2}}}) {
    const HostList hosts = MakeHosts(weights);
    std::set<size_t> first;
    for (uint64_t seed = 0; seed < 64; ++seed) {
      event::Random random(seed);
      first.insert(CreateLoadBalancer({}, hosts, random)->Pick(0));
    }
    EXPECT_EQ(first.size(), 4u);
  }
}

}  // namespace
}  // namespace weir::upstream
