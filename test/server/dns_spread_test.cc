#include "source/server/dns_spread.h"

#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "test/fakes/fake_resolver.h"
#include "test/fakes/sim_loop.h"

namespace weir::server {
namespace {

std::shared_ptr<const config::Cluster> ClusterAt(const std::string& host) {
  auto cluster = std::make_shared<config::Cluster>();
  cluster->name = host;
  cluster->type = config::DiscoveryType::kStrictDns;
  auto endpoints = std::make_shared<config::Endpoints>();
  config::Endpoint endpoint;
  endpoint.address = config::DnsName{host, 80};
  endpoints->endpoints.push_back(std::move(endpoint));
  cluster->endpoints = std::move(endpoints);
  return cluster;
}

// Three loops that are run in turn: what runs on which shows.
struct Threads {
  fakes::SimLoop main{1}, first{2}, second{3};
  fakes::FakeResolver first_resolver{first}, second_resolver{second};
  DnsSpread spread{main, {{first, first_resolver}, {second, second_resolver}}, 1};

  Threads() {
    for (int i = 0; i < 8; ++i) {
      first_resolver.SetAnswer(StrCat("h", i), {"10.0.0.1"});
      second_resolver.SetAnswer(StrCat("h", i), {"10.0.0.1"});
    }
  }
  void RunWorkers() {
    first.RunFor(std::chrono::milliseconds(2));
    second.RunFor(std::chrono::milliseconds(2));
  }
};

TEST(DnsSpread, ClustersAreSpreadOverTheWorkersAndNoneIsResolvedOnTheMainLoop) {
  Threads threads;
  int answers = 0;
  std::vector<std::unique_ptr<DnsSpread::Resolution>> held;
  for (int i = 0; i < 8; ++i) {
    held.push_back(
        threads.spread.Resolve(ClusterAt(StrCat("h", i)), [&answers](auto) { ++answers; }));
  }
  threads.main.RunFor(std::chrono::milliseconds(5));
  EXPECT_EQ(threads.first_resolver.queries() + threads.second_resolver.queries(), 0u);
  threads.RunWorkers();
  EXPECT_EQ(threads.first_resolver.queries(), 4u);
  EXPECT_EQ(threads.second_resolver.queries(), 4u);
  EXPECT_EQ(answers, 0);  // They come on the main loop.
  threads.main.RunFor(std::chrono::milliseconds(5));
  EXPECT_EQ(answers, 8);
}

TEST(DnsSpread, TheWorkerThatLostClustersGetsTheNextOnes) {
  Threads threads;
  const auto ignore = [](auto) {};
  auto a = threads.spread.Resolve(ClusterAt("h0"), ignore);  // first
  auto b = threads.spread.Resolve(ClusterAt("h1"), ignore);  // second
  b.reset();
  auto c = threads.spread.Resolve(ClusterAt("h2"), ignore);
  threads.RunWorkers();
  EXPECT_EQ(threads.second_resolver.queries("h2"), 1u);
}

TEST(DnsSpread, NothingIsHeardOfAResolutionThatEnded) {
  Threads threads;
  int answers = 0;
  auto resolution = threads.spread.Resolve(ClusterAt("h0"), [&answers](auto) { ++answers; });
  threads.RunWorkers();
  resolution.reset();  // The answer is on its way to the main loop.
  threads.main.RunFor(std::chrono::milliseconds(5));
  EXPECT_EQ(answers, 0);
  threads.RunWorkers();
  const size_t queries = threads.first_resolver.queries();
  threads.first.RunFor(std::chrono::minutes(1));
  EXPECT_EQ(threads.first_resolver.queries(), queries);
}

}  // namespace
}  // namespace weir::server
