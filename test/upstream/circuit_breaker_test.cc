#include "source/upstream/circuit_breaker.h"

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "source/event/random.h"
#include "source/upstream/shared_limit.h"

namespace weir::upstream {
namespace {

uint64_t TakeAll(Lease& lease) {
  uint64_t n = 0;
  while (lease.TryTake()) ++n;
  return n;
}

TEST(SharedLimit, EverythingAvailableCanBeObtainedByAnyLease) {
  struct Case {
    uint64_t limit;
    uint32_t workers;
    uint64_t used_by_first;  // Taken and given back, which leaves a reserve there.
  };
  const Case cases[] = {{0, 2, 1},    {1, 1, 1},      {7, 1, 7},       {8, 1, 8},
                        {3, 4, 3},    {31, 4, 20},    {32, 4, 20},     {1024, 1, 1024},
                        {1024, 2, 1}, {1024, 4, 700}, {100'000, 2, 99}};
  for (const Case& c : cases) {
    auto limit = std::make_shared<SharedLimit>(c.limit, c.workers);
    Lease first(limit);
    Lease second(limit);
    for (uint64_t i = 0; i < c.used_by_first; ++i) (void)first.TryTake();
    while (first.taken() > 0) first.Give();
    EXPECT_EQ(TakeAll(second), c.limit) << c.limit << " for " << c.workers;
    EXPECT_FALSE(first.TryTake());
    while (second.taken() > 0) second.Give();
    EXPECT_EQ(TakeAll(first), c.limit) << c.limit << " for " << c.workers;
  }
}

TEST(SharedLimit, ADestroyedLeaseGivesBackWhatItHad) {
  auto limit = std::make_shared<SharedLimit>(100, 2);
  auto first = std::make_unique<Lease>(limit);
  Lease second(limit);
  EXPECT_EQ(TakeAll(*first), 100u);
  EXPECT_FALSE(second.TryTake());
  first.reset();
  EXPECT_EQ(TakeAll(second), 100u);
}

TEST(SharedLimit, AFallenLimitCutsNothingAndGivesOutNothingUntilBelow) {
  for (uint64_t lower : {4u, 40u}) {  // One shared counter, and portions.
    auto limit = std::make_shared<SharedLimit>(200, 2);
    Lease first(limit);
    Lease second(limit);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(first.TryTake());
    limit->SetLimit(lower);
    while (first.taken() > lower) {
      EXPECT_FALSE(first.TryTake());
      EXPECT_FALSE(second.TryTake());
      first.Give();
    }
    EXPECT_FALSE(second.TryTake());
    first.Give();
    EXPECT_TRUE(second.TryTake());
    EXPECT_FALSE(first.TryTake());
    limit->SetLimit(300);
    EXPECT_EQ(TakeAll(second), 300u - first.taken() - 1);
  }
}

TEST(SharedLimit, WhoWaitsWakesTheOthersAndIsWokenByWhatIsGivenBack) {
  auto limit = std::make_shared<SharedLimit>(64, 2);
  Lease first(limit);
  Lease second(limit);
  int first_woken = 0;
  int second_woken = 0;
  first.SetWake([&] { ++first_woken; });
  second.SetWake([&] { ++second_woken; });
  EXPECT_EQ(TakeAll(first), 64u);
  EXPECT_FALSE(first.WantedElsewhere());
  EXPECT_FALSE(second.TakeOrAwait());
  EXPECT_EQ(first_woken, 1);
  EXPECT_TRUE(first.WantedElsewhere());
  EXPECT_FALSE(second.WantedElsewhere());
  first.Give();
  EXPECT_EQ(second_woken, 1);
  EXPECT_TRUE(second.TakeOrAwait());
  second.StopWaiting();
  EXPECT_FALSE(first.WantedElsewhere());
  first.Give();
  EXPECT_EQ(second_woken, 1);
}

TEST(BreakerRegistry, SharesTheLimitsOfAClusterAndKeepsPrioritiesApart) {
  BreakerRegistry registry(2);
  config::Cluster a;
  a.name = "a";
  a.breakers.Edit().max_requests = 3;
  config::Cluster b;
  b.name = "b";
  const ClusterLimits one = registry.Get(a, false);
  EXPECT_EQ(registry.Get(a, false).requests, one.requests);
  EXPECT_EQ(registry.Get(a, false).membership_reported, one.membership_reported);
  EXPECT_NE(registry.Get(a, true).requests, one.requests);
  EXPECT_NE(registry.Get(b, false).requests, one.requests);
  Lease lease(one.requests);
  EXPECT_EQ(TakeAll(lease), 3u);
  a.breakers.Edit().max_requests = 5;
  registry.Get(a, false);
  EXPECT_EQ(TakeAll(lease), 2u);
}

TEST(BreakerRegistry, ReadsWhatIsTakenAndNotWhatLiesInReserves) {
  BreakerRegistry registry(2);
  config::Cluster cluster;
  cluster.name = "a";
  cluster.alt_stat_name = std::string("shown");
  cluster.breakers.Edit().max_requests = 1000;
  cluster.breakers.Edit().max_retries = 1;
  cluster.breakers.Edit().track_remaining = true;
  EXPECT_TRUE(registry.Read({}).empty());
  const ClusterLimits limits = registry.Get(cluster, false);
  Lease requests(limits.requests);
  Lease retries(limits.retries);
  ASSERT_TRUE(requests.TryTake() && requests.TryTake() && retries.TryTake());
  const std::vector<BreakerReading> readings = registry.Read({});
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings[0].stat_name, "shown");
  EXPECT_FALSE(readings[0].high_priority);
  EXPECT_TRUE(readings[0].track_remaining);
  EXPECT_EQ(readings[0].requests.taken, 2u);
  EXPECT_EQ(readings[0].requests.remaining(), 998u);
  EXPECT_FALSE(readings[0].requests.open());
  EXPECT_TRUE(readings[0].retries.open());
}

TEST(BreakerRegistry, ABudgetGrantsRetriesForTheRequestsThereAre) {
  BreakerRegistry registry(2);
  config::Cluster cluster;
  cluster.name = "a";
  const config::RetryBudget budget{.percent = 25, .least = 2};
  cluster.breakers.Edit().retry_budget = budget;
  const ClusterLimits limits = registry.Get(cluster, false);
  Lease requests(limits.requests);
  Lease waiting(limits.pending_requests);
  Lease retries(limits.retries);
  const auto granted = [&] {
    limits.FollowBudget(budget, {});
    const uint64_t all = TakeAll(retries);
    for (uint64_t i = 0; i < all; ++i) retries.Give();
    return all;
  };
  EXPECT_EQ(granted(), 2u) << "the least there is";
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(requests.TryTake());
  EXPECT_EQ(granted(), 2u) << "a quarter of 10";
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(waiting.TryTake());
  EXPECT_EQ(granted(), 10u) << "a quarter of 40";
  ASSERT_TRUE(requests.TryTake());
  ASSERT_TRUE(requests.TryTake());
  ASSERT_TRUE(requests.TryTake());
  ASSERT_TRUE(requests.TryTake());
  EXPECT_EQ(registry.Read({}).at(0).retries.limit, 11u) << "as of now";
}

TEST(BreakerRegistry, ABudgetWithAnIntervalCountsWhatEndedWithinIt) {
  BreakerRegistry registry(2);
  config::Cluster cluster;
  cluster.name = "a";
  const auto get = [&](std::chrono::milliseconds interval) {
    cluster.breakers.Edit().retry_budget =
        config::RetryBudget{.percent = 50, .least = 0, .interval = interval};
    return registry.Get(cluster, false);
  };
  using std::chrono::seconds;
  const event::MonotonicTime now(seconds(1000));
  const auto granted = [&](event::MonotonicTime at) { return registry.Read(at)[0].retries.limit; };
  const ClusterLimits limits = get(seconds(10));
  EXPECT_EQ(get(seconds(10)).recent_requests, limits.recent_requests);
  RecentRequests::Part first(limits.recent_requests);
  RecentRequests::Part second(limits.recent_requests);
  Lease requests(limits.requests);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(requests.TryTake());
  for (int i = 0; i < 6; ++i) first.Note(now);
  for (int i = 0; i < 4; ++i) second.Note(now + seconds(5));
  EXPECT_EQ(granted(now + seconds(10)), 6u) << "half of 2 that run and 10 that ended";
  EXPECT_EQ(granted(now + seconds(12)), 3u) << "the first 6 are forgotten";
  EXPECT_EQ(granted(now + seconds(17)), 1u);
  EXPECT_EQ(get(seconds(20)).recent_requests, limits.recent_requests);
  EXPECT_EQ(granted(now + seconds(5)), 1u) << "another interval counts anew";
  first.Note(now + seconds(5));
  first.Note(now + seconds(6));
  EXPECT_EQ(granted(now + seconds(20)), 2u);
  EXPECT_EQ(get(seconds(0)).recent_requests, nullptr);
  EXPECT_EQ(granted(now + seconds(20)), 1u) << "it has no interval any more";
}

// Workers take and give at random while the limit moves between two values: what all hold together
// never exceeds the greater, and in the end each can have everything.
TEST(SharedLimit, IsNeverExceededByThreads) {
  constexpr int kWorkers = 4;
  for (uint64_t most : {1u, 16u, 40u, 200u}) {
    auto limit = std::make_shared<SharedLimit>(most, kWorkers);
    std::atomic<int64_t> held{0};
    std::atomic<bool> exceeded{false};
    std::atomic<int> running{kWorkers};
    std::array<std::unique_ptr<Lease>, kWorkers> leases;
    for (auto& lease : leases) lease = std::make_unique<Lease>(limit);
    std::vector<std::thread> threads;
    for (int worker = 0; worker < kWorkers; ++worker) {
      threads.emplace_back([&, worker] {
        event::Random random(static_cast<uint64_t>(worker) + most);
        Lease& lease = *leases[static_cast<size_t>(worker)];
        for (int i = 0; i < 20'000; ++i) {
          // Bursts up and down, so that reserves are filled, drained and taken back.
          if (random.Below(100) < ((i / 500 + worker) % 2 == 0 ? 60u : 40u)) {
            if (!lease.TryTake()) continue;
            if (held.fetch_add(1) + 1 > static_cast<int64_t>(most)) exceeded = true;
          } else if (lease.taken() > 0) {
            held.fetch_sub(1);
            lease.Give();
          }
        }
        while (lease.taken() > 0) {
          held.fetch_sub(1);
          lease.Give();
        }
        running.fetch_sub(1);
      });
    }
    threads.emplace_back([&] {
      while (running.load() > 0) {
        limit->SetLimit(most / 2);
        limit->SetLimit(most);
        std::this_thread::yield();
      }
    });
    for (auto& thread : threads) thread.join();
    EXPECT_FALSE(exceeded.load()) << most;
    for (auto& lease : leases) {
      EXPECT_EQ(TakeAll(*lease), most);
      while (lease->taken() > 0) lease->Give();
    }
  }
}

}  // namespace
}  // namespace weir::upstream
