#include "source/upstream/host_set.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace weir::upstream {
namespace {

using config::HealthStatus;

config::Endpoint At(std::string_view address, HealthStatus health = HealthStatus::kUnknown,
                    uint32_t weight = 1) {
  return {.address = *net::Address::Parse(address), .weight = weight, .health = health};
}
config::Endpoints Of(std::vector<config::Endpoint> endpoints) {
  return {.endpoints = std::move(endpoints)};
}

std::string Text(const HostList& hosts) {
  std::string out;
  for (const auto& host : hosts) out += (out.empty() ? "" : " ") + host->address_text();
  return out;
}

// The hosts that are picked, in the order of the list.
std::string Picked(HostSet& hosts, std::span<const HostRef> previous = {}, uint32_t attempts = 0) {
  event::Random random(5);
  std::set<const Host*> picked;
  for (int i = 0; i < 400; ++i) {
    const auto* host = hosts.Pick(random.Next(), previous, attempts);
    if (host == nullptr) return "none";
    picked.insert(host->get());
  }
  std::string out;
  for (const auto& host : hosts.all()) {
    if (picked.contains(host.get())) out += (out.empty() ? "" : " ") + host->address_text();
  }
  return out;
}

TEST(HostSet, KeepsHostsByAddressOverUpdates) {
  struct Step {
    config::Endpoints endpoints;
    std::string hosts, removed;
    size_t added;
    bool anything;
  };
  const Step steps[] = {
      {Of({At("10.0.0.1:80"), At("10.0.0.2:80")}), "10.0.0.1:80 10.0.0.2:80", "", 2, true},
      {Of({At("10.0.0.1:80"), At("10.0.0.2:80")}), "10.0.0.1:80 10.0.0.2:80", "", 0, false},
      {Of({At("10.0.0.2:80"), At("10.0.0.1:80")}), "10.0.0.2:80 10.0.0.1:80", "", 0, false},
      {Of({At("10.0.0.1:80", HealthStatus::kHealthy), At("10.0.0.2:80")}),
       "10.0.0.1:80 10.0.0.2:80", "", 0, true},
      {Of({At("10.0.0.1:80", HealthStatus::kHealthy), At("10.0.0.2:80", {}, 9)}),
       "10.0.0.1:80 10.0.0.2:80", "", 0, true},
      {Of({At("10.0.0.1:81"), At("10.0.0.2:80"), At("10.0.0.1:81")}), "10.0.0.1:81 10.0.0.2:80",
       "10.0.0.1:80", 1, true},
      {Of({{.address = config::DnsName{"name", 80}}, At("unix:/a")}), "/a",
       "10.0.0.1:81 10.0.0.2:80", 1, true},
      {Of({}), "", "/a", 0, true},
  };
  event::Random random(1);
  HostSet hosts(random);
  std::map<std::string, HostRef> before;
  int number = 0;
  for (const Step& step : steps) {
    SCOPED_TRACE(++number);
    const HostSet::Changes changes = hosts.Update({}, &step.endpoints);
    EXPECT_EQ(Text(hosts.all()), step.hosts);
    EXPECT_EQ(Text(changes.removed), step.removed);
    EXPECT_EQ(changes.added, step.added);
    EXPECT_EQ(changes.anything, step.anything);
    std::map<std::string, HostRef> now;
    for (const auto& host : hosts.all()) {
      if (before.contains(host->address_text())) EXPECT_EQ(before[host->address_text()], host);
      now[host->address_text()] = host;
    }
    before = now;
  }
  const HostSet::Changes none = hosts.Update({}, nullptr);
  EXPECT_FALSE(none.anything);
  EXPECT_EQ(hosts.Pick(1), nullptr);
}

TEST(HostSet, UsesHealthyThenDegradedHostsAndAllInAPanic) {
  // H healthy, K unknown, D degraded, U unhealthy, R draining, T timeout; the result by the same
  // letters.
  struct Case {
    std::string hosts;
    uint32_t threshold;
    std::string used;
    bool panic;
  };
  const Case cases[] = {
      {"HK", 50, "HK", false},
      {"HD", 50, "H", false},
      {"DD", 50, "DD", false},
      {"HU", 50, "H", false},
      {"HUU", 50, "HUU", true},
      {"HDUU", 50, "H", false},
      {"DUU", 50, "DUU", true},
      {"U", 50, "U", true},
      {"U", 0, "", false},
      {"HUUUU", 0, "H", false},
      {"HUUUU", 20, "H", false},
      {"HUUUU", 21, "HUUUU", true},
      {"RT", 50, "RT", true},
      {"HRTH", 50, "HH", false},
      {"", 50, "", false},
      // Three of four carry 105 % with the factor 1.4: no panic at any threshold.
      {"HHHU", 100, "HHH", false},
      {"HHUU", 100, "HHUU", true},
  };
  const std::map<char, HealthStatus> letters = {
      {'H', HealthStatus::kHealthy},  {'K', HealthStatus::kUnknown},
      {'D', HealthStatus::kDegraded}, {'U', HealthStatus::kUnhealthy},
      {'R', HealthStatus::kDraining}, {'T', HealthStatus::kTimeout}};
  for (const Case& c : cases) {
    event::Random random(1);
    HostSet hosts(random);
    config::Endpoints endpoints;
    for (size_t i = 0; i < c.hosts.size(); ++i) {
      endpoints.endpoints.push_back(
          At("10.0.0." + std::to_string(i + 1) + ":80", letters.at(c.hosts[i])));
    }
    hosts.Update({.healthy_panic_threshold = c.threshold}, &endpoints);
    std::string used;
    const std::string picked = " " + Picked(hosts) + " ";
    for (size_t i = 0; i < c.hosts.size(); ++i) {
      if (picked.find(" " + hosts.all()[i]->address_text() + " ") != std::string::npos) {
        used += c.hosts[i];
      }
    }
    EXPECT_EQ(used, c.used) << c.hosts << " at " << c.threshold;
    EXPECT_EQ(hosts.in_panic(), c.panic) << c.hosts << " at " << c.threshold;
  }
}

TEST(HostSet, AsksAgainForAHostThatWasTried) {
  event::Random random(1);
  for (auto kind : {config::BalancerKind::kRoundRobin, config::BalancerKind::kLeastRequest,
                    config::BalancerKind::kRandom}) {
    HostSet hosts(random);
    config::Endpoints endpoints =
        Of({At("10.0.0.1:80"), At("10.0.0.2:80"), At("10.0.0.3:80", HealthStatus::kUnhealthy)});
    hosts.Update({.balancer = kind}, &endpoints);
    const std::span<const HostRef> first(hosts.all().data(), 1);
    EXPECT_EQ(Picked(hosts, first, 64), "10.0.0.2:80");
    EXPECT_EQ(Picked(hosts, first, 0), "10.0.0.1:80 10.0.0.2:80");
    EXPECT_EQ(Picked(hosts, hosts.all(), 2), "10.0.0.1:80 10.0.0.2:80");
  }
}

}  // namespace
}  // namespace weir::upstream
