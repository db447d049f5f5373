// Scenarios of clusters under change: hosts come and go, settings move, clusters end, workers share
// limits.
#include "source/upstream/cluster_map.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/upstream/world.h"

namespace weir::upstream {
namespace {

using std::chrono::seconds;

constexpr char kA[] = "10.0.0.1:80";
constexpr char kB[] = "10.0.0.2:80";

config::Cluster Named(std::string name) {
  config::Cluster cluster;
  cluster.name = std::move(name);
  return cluster;
}

std::string Ask(World& world, Cluster& cluster) {
  Call call(world);
  call.Go(cluster);
  world.loop.RunReady();
  return call.result;
}

uint64_t ReadCounter(World& world, std::string_view name) {
  for (const stats::Reading& reading : world.stats.Read()) {
    if (reading.name == name) return reading.counter + static_cast<uint64_t>(reading.gauge);
  }
  return 0;
}

TEST(ClusterStats, EveryMemberIsListed) {
  size_t listed = 0;
  for (const stats::Field& field : ClusterStats::Fields()) {
    listed += field.kind == stats::Kind::kStatusCounters ? sizeof(stats::StatusCounters)
              : field.kind == stats::Kind::kHistogram    ? sizeof(stats::Histogram)
                                                         : sizeof(stats::Counter);
  }
  EXPECT_EQ(listed, sizeof(ClusterStats));
}

TEST(ClusterMap, MakesAClusterWhenItIsFirstUsed) {
  World world;
  EXPECT_EQ(world.maps[0]->Find("web"), nullptr);
  world.Serve(kA);
  world.clusters.Set(Named("other"), {kB});
  world.Install(Named("web"), {kA});
  size_t used = 0;
  world.maps[0]->ForEachUsed([&](Cluster&) { ++used; });
  EXPECT_EQ(used, 0u);
  EXPECT_TRUE(world.stats.Read().empty());
  Cluster* cluster = world.maps[0]->Find("web");
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(world.maps[0]->Find("web"), cluster);
  world.maps[0]->ForEachUsed([&](Cluster&) { ++used; });
  EXPECT_EQ(used, 1u);
  EXPECT_EQ(Ask(world, *cluster), "200 10.0.0.1:80");
  EXPECT_EQ(ReadCounter(world, "cluster.web.upstream_rq_total"), 1u);
}

TEST(ClusterMap, AnUnrelatedChangeTouchesNeitherHostsNorPools) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  world.Install(Named("web"), {kA});
  Cluster* cluster = world.maps[0]->Find("web");
  Ask(world, *cluster);
  const HostRef host = cluster->hosts()[0];
  for (int i = 0; i < 20; ++i) world.Install(Named("other-" + std::to_string(i)), {kB});
  EXPECT_EQ(world.maps[0]->Find("web"), cluster);
  EXPECT_EQ(cluster->hosts()[0], host);
  EXPECT_EQ(Ask(world, *cluster), "200 10.0.0.1:80");
  EXPECT_EQ(server.accepted(), 1u);
}

TEST(ClusterMap, ChangedEndpointsKeepThePoolsOfThoseThatStay) {
  World world;
  UpstreamServer& a = world.Serve(kA);
  UpstreamServer& b = world.Serve(kB);
  world.Install(Named("web"), {kA, kB});
  Ask(world, world.Get());
  Ask(world, world.Get());
  EXPECT_EQ(a.open() + b.open(), 2u);
  world.clusters.SetEndpoints("web", {kB, "10.0.0.3:80"});
  world.Install();
  world.loop.RunReady();
  EXPECT_EQ(a.open(), 0u);
  EXPECT_EQ(b.open(), 1u);
  world.clusters.SetEndpoints("web", {kB});
  world.Install();
  EXPECT_EQ(Ask(world, world.Get()), "200 10.0.0.2:80");
  EXPECT_EQ(b.accepted(), 1u);
  ClusterStats& stats = world.Get().stats();
  EXPECT_EQ(stats.membership_total.value(), 1);
  EXPECT_EQ(stats.membership_change.value(), 3u);
}

TEST(ClusterMap, RequestsToARemovedHostFinish) {
  World world;
  UpstreamServer& a = world.Serve(kA);
  world.Serve(kB);
  a.Hold(true);
  world.Install(Named("web"), {kA});
  Call call(world);
  call.Go(world.Get());
  world.loop.RunReady();
  world.clusters.SetEndpoints("web", {kB});
  world.Install();
  EXPECT_EQ(Ask(world, world.Get()), "200 10.0.0.2:80");
  a.AnswerAll();
  world.loop.RunReady();
  EXPECT_EQ(call.result, "200 10.0.0.1:80");
  EXPECT_EQ(a.open(), 0u);
}

TEST(ClusterMap, RequestsThatWaitForARemovedHostGoToTodaysHosts) {
  World world;
  world.Serve(kB);
  world.Install(Named("web"), {kA});
  world.network.Drop(*net::Address::Parse(kA));
  Call call(world);
  call.Go(world.Get());
  world.loop.RunFor(seconds(1));
  EXPECT_EQ(call.result, "pending");
  world.clusters.SetEndpoints("web", {kB});
  world.Install();
  EXPECT_EQ(call.result, "pending");
  world.loop.RunReady();
  EXPECT_EQ(call.result, "200 10.0.0.2:80");
  EXPECT_EQ(call.request.host()->address_text(), kB);
  // None left: the request hears it.
  world.network.Drop(*net::Address::Parse(kB));
  world.servers[0]->CloseAll();
  world.loop.RunReady();
  Call lost(world);
  lost.Go(world.Get());
  world.clusters.SetEndpoints("web", {});
  world.Install();
  world.loop.RunReady();
  EXPECT_EQ(lost.result, "failed no-host");
  EXPECT_EQ(world.Get().stats().upstream_rq_pending_active.value(), 0);
}

TEST(ClusterMap, ARemovedClusterLivesUntilItsLastRequestHasEnded) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  server.Hold(true);
  world.Install(Named("web"), {kA});
  Call call(world);
  call.Go(world.Get());
  world.loop.RunReady();
  Call idle(world);
  world.clusters.Erase("web");
  world.Install();
  EXPECT_EQ(world.maps[0]->Find("web"), nullptr);
  world.loop.RunFor(seconds(10));
  EXPECT_FALSE(world.stats.Read().empty());
  server.AnswerAll();
  world.loop.RunReady();
  EXPECT_EQ(call.result, "200 10.0.0.1:80");
  EXPECT_EQ(server.open(), 0u);
  EXPECT_TRUE(world.stats.Read().empty());
}

TEST(ClusterMap, ARetryKeepsARemovedClusterAlive) {
  World world;
  world.Install(Named("web"), {kA});
  Cluster& cluster = world.Get();
  ASSERT_TRUE(cluster.BeginRetry(false));
  world.clusters.Erase("web");
  world.Install();
  world.loop.RunFor(seconds(1));
  EXPECT_EQ(cluster.config()->get().name, "web");
  cluster.EndRetry(false);
  world.loop.RunReady();
  EXPECT_TRUE(world.stats.Read().empty());
}

TEST(ClusterMap, NewSettingsOfConnectionsDrainTheOldOnesAndOthersDoNot) {
  struct Case {
    std::string name;
    void (*change)(config::Cluster&);
    size_t accepted;
  };
  const Case cases[] = {
      {"balancer", [](auto& c) { c.balancer = config::BalancerKind::kRandom; }, 1},
      {"breakers", [](auto& c) { c.breakers.Edit().max_requests = 7; }, 1},
      {"panic", [](auto& c) { c.healthy_panic_threshold = 0; }, 1},
      {"time for a try", [](auto& c) { c.http_limits.Edit().max_stream_duration = seconds(7); }, 1},
      {"limit of headers", [](auto& c) { c.http_limits.Edit().max_headers_count = 7; }, 2},
      {"keepalive", [](auto& c) { c.sockets.Edit().keepalive.probes = 7; }, 2},
      {"name of stats", [](auto& c) { c.alt_stat_name = std::string("other"); }, 2},
  };
  for (const Case& c : cases) {
    World world;
    UpstreamServer& server = world.Serve(kA);
    config::Cluster cluster = Named("web");
    world.Install(cluster, {kA});
    Ask(world, world.Get());
    server.Hold(true);
    Call call(world);
    call.Go(world.Get());
    world.loop.RunReady();
    c.change(cluster);
    world.Install(cluster, {kA});
    server.AnswerAll();
    world.loop.RunReady();
    EXPECT_EQ(call.result, "200 10.0.0.1:80") << c.name;
    EXPECT_EQ(Ask(world, world.Get()), "200 10.0.0.1:80") << c.name;
    EXPECT_EQ(server.accepted(), c.accepted) << c.name;
    EXPECT_EQ(server.open(), 1u) << c.name;
  }
}

TEST(ClusterMap, ClosesAllConnectionsOnAChangeOfHostsWhereAsked) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  config::Cluster cluster = Named("web");
  cluster.close_connections_on_host_set_change = true;
  world.Install(cluster, {kA});
  Ask(world, world.Get());
  world.clusters.SetEndpoints("web", {kA, kB});
  world.Install();
  world.loop.RunReady();
  EXPECT_EQ(server.open(), 0u);
}

TEST(ClusterMap, DrainEndsIdleConnectionsNowAndOthersAfterTheirRequests) {
  World world;
  UpstreamServer& a = world.Serve(kA);
  UpstreamServer& b = world.Serve(kB);
  world.clusters.Set(Named("a"), {kA});
  world.Install(Named("b"), {kB});
  Ask(world, world.Get("a"));
  b.Hold(true);
  Call call(world);
  call.Go(world.Get("b"));
  world.loop.RunReady();
  bool done = false;
  world.maps[0]->Drain([&] { done = true; });
  world.loop.RunFor(seconds(5));
  EXPECT_EQ(a.open(), 0u);
  EXPECT_FALSE(done);
  b.AnswerAll();
  world.loop.RunReady();
  EXPECT_EQ(call.result, "200 10.0.0.2:80");
  EXPECT_TRUE(done);
  EXPECT_EQ(b.open(), 0u);
}

TEST(ClusterMap, DrainOfAnUnusedMapIsDoneFromTheLoop) {
  World world;
  bool done = false;
  world.maps[0]->Drain([&] { done = true; });
  EXPECT_FALSE(done);
  world.loop.RunReady();
  EXPECT_TRUE(done);
}

TEST(ClusterMap, ARetryGoesToAnotherHost) {
  World world;
  world.Serve(kA);
  world.Serve(kB);
  config::Cluster cluster = Named("web");
  cluster.balancer = config::BalancerKind::kRandom;
  world.Install(cluster, {kA, kB});
  for (int i = 0; i < 20; ++i) {
    Call call(world);
    call.Go(world.Get());
    world.loop.RunReady();
    const HostRef first = call.request.host();
    call.Go(world.Get(), {.previous_hosts = {&first, 1}, .host_attempts = 64});
    world.loop.RunReady();
    EXPECT_NE(call.request.host(), first);
  }
}

// What the breakers of one worker refuse: settings, requests begun, their results.
TEST(ClusterMap, CircuitBreakersRefuseAtTheirLimits) {
  struct Case {
    config::CircuitBreakers breakers;
    config::Cluster::Protocol protocol;
    std::vector<std::string> results;
  };
  using P = config::Cluster::Protocol;
  const Case cases[] = {
      {{.max_pending_requests = 2}, P::kHttp1, {"sent", "sent", "failed overflow"}},
      {{.max_connections = 1, .max_pending_requests = 2},
       P::kHttp1,
       {"sent", "pending", "failed overflow"}},
      {{.max_pending_requests = 0}, P::kHttp1, {"failed overflow"}},
      {{.max_requests = 2}, P::kHttp1, {"sent", "sent", "failed overflow"}},
      {{.max_requests = 2}, P::kHttp2, {"sent", "sent", "failed overflow"}},
      {{.max_connections = 1}, P::kHttp2, {"sent", "sent", "sent"}},
      {{.max_connections = 0}, P::kHttp1, {"pending"}},
  };
  for (const Case& c : cases) {
    World world;
    UpstreamServer& server =
        world.Serve(kA, c.protocol == P::kHttp2 ? UpstreamServer::Speaks::kHttp2
                                                : UpstreamServer::Speaks::kHttp1);
    server.Hold(true);
    config::Cluster cluster = Named("web");
    cluster.protocol = c.protocol;
    cluster.breakers = c.breakers;
    world.Install(cluster, {kA});
    std::vector<std::unique_ptr<Call>> calls;
    for (size_t i = 0; i < c.results.size(); ++i) {
      calls.push_back(std::make_unique<Call>(world));
      calls.back()->Go(world.Get());
    }
    world.loop.RunReady();
    std::vector<std::string> results;
    for (const auto& call : calls) results.push_back(call->result);
    EXPECT_EQ(results, c.results);
    // The other priority has limits of its own.
    Call high(world);
    high.Go(world.Get(), {.high_priority = true});
    world.loop.RunReady();
    EXPECT_EQ(high.result, "sent");
    server.AnswerAll();
    world.loop.RunReady();
    EXPECT_EQ(world.Get().stats().upstream_rq_active.value(), 0);
  }
}

TEST(ClusterMap, RetriesAreLimited) {
  World world;
  config::Cluster cluster = Named("web");
  cluster.breakers.Edit().max_retries = 2;
  world.Install(cluster, {kA});
  EXPECT_TRUE(world.Get().BeginRetry(false));
  EXPECT_TRUE(world.Get().BeginRetry(false));
  EXPECT_FALSE(world.Get().BeginRetry(false));
  EXPECT_TRUE(world.Get().BeginRetry(true));
  EXPECT_EQ(world.Get().stats().upstream_rq_retry_overflow.value(), 1u);
  world.Get().EndRetry(false);
  EXPECT_TRUE(world.Get().BeginRetry(false));
  for (int i = 0; i < 2; ++i) world.Get().EndRetry(false);
  world.Get().EndRetry(true);
}

TEST(ClusterMap, RequestsMayBringNamesForStatsAndNotTooMany) {
  World world;
  world.Install(Named("web"), {kA});
  AltStats* const first = world.Get().alt_stats("n0");
  ASSERT_NE(first, nullptr);
  for (int i = 1; i < 100; ++i) EXPECT_NE(world.Get().alt_stats(StrCat("n", i)), nullptr);
  EXPECT_EQ(world.Get().alt_stats("n100"), nullptr);
  EXPECT_EQ(world.Get().alt_stats("n0"), first);
  EXPECT_EQ(world.Get().stats().upstream_rq_alt_stat_overflow.value(), 1u);
}

TEST(ClusterMap, RetriesFollowTheirBudget) {
  World world;
  config::Cluster cluster = Named("web");
  cluster.breakers.Edit().max_retries = 100;
  cluster.breakers.Edit().retry_budget = config::RetryBudget{.percent = 50, .least = 1};
  world.Serve(kA);
  world.Install(cluster, {kA});
  EXPECT_TRUE(world.Get().BeginRetry(false));
  EXPECT_FALSE(world.Get().BeginRetry(false));
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < 4; ++i) {
    calls.push_back(std::make_unique<Call>(world));
    calls.back()->Go(world.Get());
  }
  EXPECT_TRUE(world.Get().BeginRetry(false)) << "half of 4 may be tried again";
  EXPECT_FALSE(world.Get().BeginRetry(false));
  EXPECT_TRUE(world.Get().BeginRetry(true)) << "the other priority has max_retries";
  EXPECT_EQ(world.Get().stats().upstream_rq_retry_overflow.value(), 2u);
  for (int i = 0; i < 2; ++i) world.Get().EndRetry(false);
  world.Get().EndRetry(true);
}

TEST(ClusterMap, RetriesFollowTheRequestsOfAnIntervalOnEveryWorker) {
  World world(1, 2);
  config::Cluster cluster = Named("web");
  const auto with = [&](seconds interval) {
    cluster.breakers.Edit().retry_budget =
        config::RetryBudget{.percent = 50, .least = 0, .interval = interval};
    world.Install(cluster, {kA});
  };
  with(seconds(10));
  world.Serve(kA);
  EXPECT_FALSE(world.Get("web", 0).BeginRetry(false));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Ask(world, world.Get("web", 1)), "200 10.0.0.1:80");
  EXPECT_TRUE(world.Get("web", 0).BeginRetry(false)) << "half of the 2 that the other one had";
  EXPECT_FALSE(world.Get("web", 0).BeginRetry(false));
  world.Get("web", 0).EndRetry(false);
  world.loop.RunFor(seconds(12));
  EXPECT_FALSE(world.Get("web", 0).BeginRetry(false));
  // Another interval begins to count anew.
  with(seconds(100));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Ask(world, world.Get("web", 0)), "200 10.0.0.1:80");
  world.loop.RunFor(seconds(50));
  EXPECT_TRUE(world.Get("web", 1).BeginRetry(false));
  world.Get("web", 1).EndRetry(false);
}

TEST(ClusterMap, AnIdleConnectionOfAnotherHostMakesRoomAtTheLimit) {
  World world;
  world.Serve(kA);
  world.Serve(kB);
  config::Cluster cluster = Named("web");
  cluster.breakers.Edit().max_connections = 1;
  world.Install(cluster, {kA, kB});
  std::set<std::string> results;
  for (int i = 0; i < 4; ++i) results.insert(Ask(world, world.Get()));
  EXPECT_EQ(results, (std::set<std::string>{"200 10.0.0.1:80", "200 10.0.0.2:80"}));
  EXPECT_LE(world.Get().stats().upstream_cx_active.value(), 1);
}

TEST(ClusterMap, WorkersShareTheLimitAndPassIdleConnectionsOn) {
  World world(1, 2);
  UpstreamServer& server = world.Serve(kA);
  config::Cluster cluster = Named("web");
  cluster.breakers.Edit().max_connections = 1;
  world.Install(cluster, {kA});
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(Ask(world, world.Get("web", static_cast<size_t>(i % 2))), "200 10.0.0.1:80");
    EXPECT_LE(server.open(), 1u);
  }
  // In use: the other worker waits until it is given back.
  server.Hold(true);
  Call first(world);
  first.Go(world.Get("web", 0));
  Call second(world);
  second.Go(world.Get("web", 1));
  world.loop.RunReady();
  EXPECT_EQ(first.result + ", " + second.result, "pending, sent");
  server.AnswerAll();
  world.loop.RunReady();
  EXPECT_EQ(first.result + ", " + second.result, "200 10.0.0.1:80, 200 10.0.0.1:80");
  EXPECT_EQ(server.open(), 1u);
}

TEST(ClusterMap, OneWorkerAloneReportsTheMembers) {
  World world(1, 3);
  world.Install(Named("web"), {kA, kB});
  for (size_t worker = 0; worker < 3; ++worker) world.Get("web", worker);
  EXPECT_EQ(ReadCounter(world, "cluster.web.membership_total"), 2u);
  world.clusters.SetEndpoints("web", {kA});
  world.Install();
  EXPECT_EQ(ReadCounter(world, "cluster.web.membership_total"), 1u);
  EXPECT_EQ(ReadCounter(world, "cluster.web.membership_change"), 2u);
}

TEST(ClusterMap, PartsOfAGenerationAreReleasedAndNotFreed) {
  World world;
  std::vector<std::shared_ptr<const void>> released;
  ClusterPlatform platform = world.Platform();
  platform.release = [&](std::shared_ptr<const void> part) { released.push_back(std::move(part)); };
  world.maps[0] = std::make_unique<ClusterMap>(std::move(platform));
  world.Install(Named("web"), {kA});
  world.Get();
  const config::ClusterEntry before = *world.clusters.now().Find("web");
  world.Install(Named("web"), {kB});
  EXPECT_EQ(std::count(released.begin(), released.end(), before.config), 1);
  EXPECT_EQ(std::count(released.begin(), released.end(), before.endpoints), 1);
  world.clusters.Erase("web");
  world.Install();
  world.loop.RunReady();
  EXPECT_EQ(released.size(), 4u);
}

class TcpUser final : public TcpRequestHandler {
 public:
  void OnTcpReady() override { result = "ready"; }
  void OnTcpFailed(const http::StreamError& error) override {
    result = StrCat("failed ", Call::Name(error.kind));
  }
  void Go(World& world) {
    http::StreamError error;
    const Start start =
        world.Get().StartTcp(*this, {.random = world.random.Next()}, &connection, &error);
    result = start == Start::kPending ? "pending" : StrCat("failed ", Call::Name(error.kind));
  }
  std::unique_ptr<TcpConnection> connection;
  std::string result;
};

TEST(StartTcp, ConnectsFailsAndHoldsItsPlace) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  config::Cluster cluster = Named("web");
  cluster.breakers.Edit().max_connections = 1;
  world.Install(cluster, {kA});
  TcpUser first;
  first.Go(world);
  EXPECT_EQ(first.result, "pending");
  world.loop.RunReady();
  EXPECT_EQ(first.result, "ready");
  EXPECT_EQ(first.connection->host()->address_text(), kA);
  TcpUser second;
  second.Go(world);
  EXPECT_EQ(second.result, "failed overflow");
  // The cluster stays as long as the connection.
  world.clusters.Erase("web");
  world.Install();
  world.loop.RunReady();
  EXPECT_FALSE(world.stats.Read().empty());
  first.connection.reset();
  world.loop.RunReady();
  EXPECT_TRUE(world.stats.Read().empty());
  EXPECT_EQ(server.open(), 0u);

  world.Install(cluster, {kB});
  second.Go(world);
  world.loop.RunReady();
  EXPECT_EQ(second.result, "failed connect-failed");
  second.connection.reset();
  world.network.Drop(*net::Address::Parse(kB));
  second.Go(world);
  world.loop.RunFor(seconds(6));
  EXPECT_EQ(second.result, "failed connect-timeout");
  second.connection.reset();
  world.Install(cluster, {});
  second.Go(world);
  EXPECT_EQ(second.result, "failed no-host");
}

}  // namespace
}  // namespace weir::upstream
