#include "test/sim/plan.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

bool OneIn(event::Random& random, uint64_t n) { return random.Below(n) == 0; }

Habits PlanHabits(event::Random& random) {
  Habits habits;
  if (OneIn(random, 4)) {
    habits.pauses_in_1000 = static_cast<uint32_t>(20 + random.Below(300));
    habits.longest_pause = milliseconds(1 + random.Below(60));
  }
  // Who reads little at a time and pauses between would take for ever.
  const uint64_t least = habits.pauses_in_1000 > 0 ? 500 : 1;
  if (OneIn(random, 5)) habits.read_size = least + random.Below(2000);
  return habits;
}

void PlanNetwork(event::Random& random, Plan& plan) {
  if (!OneIn(random, 3)) plan.network.latency = microseconds(random.Below(5000));
  if (OneIn(random, 2)) plan.network.jitter = microseconds(random.Below(4000));
  constexpr size_t kWindows[] = {4096, 16384, 65536, 262144};
  plan.network.window = kWindows[random.Below(4)];
  plan.network.chop = OneIn(random, 3);
}

void PlanClusters(event::Random& random, Plan& plan) {
  const size_t count = 2 + random.Below(3);
  for (size_t i = 0; i < count; ++i) {
    ClusterPlan cluster;
    cluster.addresses = 1 + random.Below(3);
    if (OneIn(random, 4)) cluster.max_connections = static_cast<uint32_t>(1 + random.Below(4));
    if (plan.mode == Mode::kFaults && OneIn(random, 6)) {
      cluster.max_requests = static_cast<uint32_t>(1 + random.Below(8));
      cluster.max_pending = static_cast<uint32_t>(1 + random.Below(8));
    }
    if (OneIn(random, 3)) cluster.buffer_limit = static_cast<uint32_t>(16384 << random.Below(5));
    if (OneIn(random, 5)) {
      cluster.max_requests_per_connection = static_cast<uint32_t>(1 + random.Below(6));
    }
    if (OneIn(random, 3)) cluster.window = static_cast<uint32_t>(65535 + random.Below(100000));
    cluster.habits = PlanHabits(random);
    constexpr uint32_t kPeerWindows[] = {1000, 16384, 65535, 500000};
    cluster.peer_window = kPeerWindows[random.Below(4)];
    if (OneIn(random, 4)) cluster.peer_max_streams = static_cast<uint32_t>(1 + random.Below(4));
    plan.clusters.push_back(cluster);
  }
}

void PlanListeners(event::Random& random, Plan& plan) {
  for (size_t i = 0; i < 2; ++i) {
    ListenerPlan listener;
    if (OneIn(random, 3)) listener.buffer_limit = static_cast<uint32_t>(16384 << random.Below(5));
    if (OneIn(random, 3)) listener.window = static_cast<uint32_t>(65535 + random.Below(100000));
    if (OneIn(random, 4)) {
      listener.max_requests_per_connection = static_cast<uint32_t>(1 + random.Below(8));
    }
    plan.listeners.push_back(listener);
  }
}

// Hands the exchanges out to clients.
void PlanClients(event::Random& random, Plan& plan) {
  const size_t count = 2 + random.Below(6);
  for (size_t i = 0; i < count; ++i) {
    ClientPlan client;
    client.http2 = OneIn(random, 2);
    client.listener = random.Below(plan.listeners.size());
    client.depth =
        OneIn(random, 2) ? 1 : 1 + random.Below(client.http2 ? ClientPlan::kMostStreams : 5);
    client.start = milliseconds(random.Below(300));
    if (!OneIn(random, 3)) client.longest_gap = milliseconds(1 + random.Below(400));
    client.habits = PlanHabits(random);
    constexpr uint32_t kWindows[] = {1000, 16384, 65535, 500000};
    client.window = kWindows[random.Below(4)];
    plan.clients.push_back(client);
  }
  for (size_t i = 0; i < plan.exchanges.size(); ++i) {
    plan.clients[random.Below(count)].exchanges.push_back(i);
  }
}

}  // namespace

size_t Plan::CountFaults() const {
  size_t count = faults.size();
  for (const Exchange& exchange : exchanges) {
    count += exchange.misdeed != Misdeed::kNone ? 1 : 0;
    count += exchange.leave != Leave::kStays ? 1 : 0;
  }
  return count;
}

Plan MakePlan(uint64_t seed, Mode mode) {
  event::Random random(seed * 2 + (mode == Mode::kLossless ? 1 : 0));
  Plan plan;
  plan.seed = seed;
  plan.mode = mode;
  plan.workers = 1 + random.Below(3);
  plan.delta = OneIn(random, 2);
  PlanNetwork(random, plan);
  PlanListeners(random, plan);
  PlanClusters(random, plan);
  PlanExchanges(random, plan);
  PlanClients(random, plan);
  PlanChanges(random, plan);
  if (mode == Mode::kFaults) PlanFaults(random, plan);
  const size_t most = plan.exchanges.size();
  if (OneIn(random, 4)) plan.drain_after = kFewestRequests + random.Below(most - kFewestRequests);
  PlanTunnels(random, plan);
  return plan;
}

std::string UpstreamAddress(size_t cluster, size_t endpoint) {
  return StrCat("10.0.", 1 + cluster, ".", 1 + endpoint, ":80");
}

std::string ListenerAddress(size_t listener) { return StrCat("10.0.0.100:", 80 + listener); }

}  // namespace weir::sim
