#include "test/sim/invariants.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::sim {
namespace {

// With connects that meet silence, retries, and requests that wait behind others.
constexpr event::Duration kLongestStill = std::chrono::seconds(120);
// A tunnel that moves at all does not stand still for so long.
constexpr event::Duration kStill = std::chrono::seconds(5);

bool WasFaulty(const Scene& scene, const Exchange& exchange, event::MonotonicTime until) {
  return exchange.connection_faulty || scene.faults.Touches(false, exchange.sent_at, until);
}

bool MayFail(const Scene& scene, const Exchange& exchange) {
  return WasFaulty(scene, exchange, exchange.ended_at);
}

// The client's side of a tunnel may still be on its way, at either end, when the client is done.
bool MayStop(const Scene& scene, const Exchange& exchange) {
  const event::MonotonicTime until =
      std::max(exchange.ended_at, exchange.request_moved_at) + kStill;
  return WasFaulty(scene, exchange, until) || scene.faults.Touches(true, exchange.sent_at, until);
}

bool HasTightBreakers(const Plan& plan) {
  return std::any_of(plan.clusters.begin(), plan.clusters.end(), [](const ClusterPlan& cluster) {
    return cluster.max_requests < 1000 || cluster.max_pending < 1000;
  });
}

// A TCP proxy has no answer to say so with.
bool HasFewConnections(const Plan& plan) {
  return HasTightBreakers(plan) ||
         std::any_of(plan.clusters.begin(), plan.clusters.end(),
                     [](const ClusterPlan& cluster) { return cluster.max_connections < 1000; });
}

bool IsPassedOn(const Exchange& exchange) {
  return !exchange.is_granted_tunnel() || exchange.outcome != Outcome::kAnswered ||
         exchange.request_whole;
}

bool IsMidAnswer(Misdeed misdeed) {
  return misdeed == Misdeed::kResetsMidAnswer || misdeed == Misdeed::kEndsMidAnswer;
}

// Whether the upstream's plan leaves the request without a whole answer, retries included.
bool IsSpoiled(const Exchange& exchange) {
  return exchange.misdeed != Misdeed::kNone &&
         exchange.misdeed_tries > (exchange.retry ? kRetries : 0);
}

void CheckOutcome(Scene& scene, const Exchange& exchange) {
  const auto fail = [&](std::string_view why) {
    scene.journal.Fail(StrCat("#", exchange.id, " ", NameOf(exchange.outcome), ": ", why));
  };
  switch (exchange.outcome) {
    case Outcome::kWaiting:
      if (!scene.ending) fail("was never sent");
      return;
    case Outcome::kSent:
      return fail("has no end");
    case Outcome::kAnswered:
      if (IsSpoiled(exchange)) fail("though no upstream gave a whole answer");
      if (IsPassedOn(exchange) || MayStop(scene, exchange)) return;
      return fail(StrCat("the end of the client's side was not passed on, but ",
                         exchange.request_bytes_seen, " of ", exchange.request.size, " bytes"));
    case Outcome::kLocal:
      if (MayFail(scene, exchange)) return;
      if (exchange.local_status == 503 && HasTightBreakers(scene.plan)) return;
      if (IsMidAnswer(exchange.misdeed)) return fail("though its answer had begun");
      if (IsSpoiled(exchange)) return;
      return fail(StrCat(exchange.local_status, ", though nothing went wrong"));
    case Outcome::kCut:
      if (MayFail(scene, exchange) || IsMidAnswer(exchange.misdeed)) return;
      if (exchange.leave == Leave::kHalfCloses) return;
      if (exchange.tunnel != Tunnel::kNone && IsSpoiled(exchange)) return;
      if (exchange.tunnel == Tunnel::kRaw && HasFewConnections(scene.plan)) return;
      return fail("though nothing went wrong");
    case Outcome::kGone:
      return;
  }
}

// A buffer may pass its limit by what one turn reads and decodes.
constexpr uint64_t kBesidesLimits = 512 * 1024;

// Of a listener's connection and a cluster's together.
uint64_t GreatestLimits(const Plan& plan) {
  uint64_t listener = 0, cluster = 0;
  for (const ListenerPlan& its : plan.listeners) {
    listener = std::max<uint64_t>(listener, its.buffer_limit);
  }
  for (const ClusterPlan& its : plan.clusters) {
    cluster = std::max<uint64_t>(cluster, its.buffer_limit);
  }
  return listener + cluster;
}

// The most windows of one kind that were open at once in one cluster.
size_t MostAtOnce(const std::vector<HeldWindow>& held, size_t cluster, bool connection) {
  std::vector<std::pair<event::MonotonicTime, int>> edges;
  for (const HeldWindow& window : held) {
    if (window.cluster != cluster || window.connection != connection) continue;
    if (window.until <= window.from) continue;
    edges.emplace_back(window.from, 1);
    edges.emplace_back(window.until, -1);
  }
  std::sort(edges.begin(), edges.end());  // At one moment the ends come first.
  int now = 0, most = 0;
  for (const auto& [time, step] : edges) most = std::max(most, now += step);
  return static_cast<size_t>(most);
}

}  // namespace

// What upstreams have sent and clients have not seen lies in the proxy or in the network, and both
// are bounded.
void CheckHeldBytes(Scene& scene) {
  for (const Exchange& exchange : scene.plan.exchanges) {
    if (exchange.outcome != Outcome::kSent) continue;
    const uint64_t most =
        GreatestLimits(scene.plan) + 2 * scene.plan.network.window + kBesidesLimits;
    const auto held = [](uint64_t sent, uint64_t seen) { return sent > seen ? sent - seen : 0; };
    if (held(exchange.answer_bytes_sent, exchange.answer_bytes_seen) > most ||
        held(exchange.request_bytes_sent, exchange.request_bytes_seen) > most) {
      scene.journal.Fail(StrCat("#", exchange.id, " has more bytes under way than limits allow"));
    }
  }
}

void CheckMemory(Scene& scene, const server::WorkerMemory& memory) {
  const auto under_way = [](const Exchange& exchange) {
    return exchange.outcome == Outcome::kSent;
  };
  const auto& exchanges = scene.plan.exchanges;
  const auto requests = std::count_if(exchanges.begin(), exchanges.end(), under_way);
  const uint64_t holders = memory.downstream.total.connections + memory.upstream.total.connections +
                           static_cast<uint64_t>(requests);
  const uint64_t held = memory.downstream.total.held.total() + memory.upstream.total.held.total();
  if (held > holders * (GreatestLimits(scene.plan) + kBesidesLimits)) {
    scene.journal.Fail(StrCat(held, " bytes are held for ", holders, " connections and requests"));
  }
}

void CheckNothingHeld(Scene& scene, const server::WorkerMemory& memory) {
  const uint64_t held = memory.downstream.total.held.total() + memory.upstream.total.held.total();
  const size_t connections =
      memory.downstream.total.connections + memory.upstream.total.connections;
  if (held == 0 && connections == 0) return;
  scene.journal.Fail(StrCat("the ledger has ", held, " bytes of ", connections,
                            " connections when nothing is open"));
}

bool StandsStill(const Scene& scene, event::MonotonicTime since) {
  return scene.loop.Now() - std::max(since, scene.moved_at) >= kLongestStill;
}

bool TunnelsAreOver(const Scene& scene, event::MonotonicTime since) {
  const event::MonotonicTime now = scene.loop.Now();
  const auto over = [&](const Exchange& exchange) {
    return IsPassedOn(exchange) || now - std::max(since, exchange.request_moved_at) >= kStill;
  };
  const auto& exchanges = scene.plan.exchanges;
  return std::all_of(exchanges.begin(), exchanges.end(), over);
}

void CheckOutcomes(Scene& scene) {
  for (const Exchange& exchange : scene.plan.exchanges) CheckOutcome(scene, exchange);
}

void CheckLimits(Scene& scene) {
  const auto cut = [](const FaultPlan& fault) { return fault.kind == FaultPlan::Kind::kCut; };
  const bool any_cut = std::any_of(scene.plan.faults.begin(), scene.plan.faults.end(), cut);
  for (size_t i = 0; i < scene.plan.clusters.size(); ++i) {
    const ClusterPlan& plan = scene.plan.clusters[i];
    // Behind a cut an upstream does not hear what the proxy has given up.
    const size_t requests = any_cut ? 0 : MostAtOnce(scene.held, i, false);
    if (requests > plan.max_requests) {
      scene.journal.Fail(StrCat("cluster ", i, " had ", requests, " requests at once, ",
                                plan.max_requests, " are allowed"));
    }
    const size_t connections = any_cut ? 0 : MostAtOnce(scene.held, i, true);
    if (connections > plan.max_connections) {
      scene.journal.Fail(StrCat("cluster ", i, " had ", connections, " connections at once, ",
                                plan.max_connections, " are allowed"));
    }
  }
}

void CheckGauges(Scene& scene, const stats::Registry& registry) {
  for (const stats::Reading& reading : registry.Read(true)) {
    if (reading.kind != stats::Kind::kGauge || reading.gauge == 0) continue;
    const bool counts_open_things = reading.name.ends_with("_active") ||
                                    reading.name.ends_with("_buffered") ||
                                    reading.name.ends_with("_open");
    if (!counts_open_things) continue;
    if (reading.name.starts_with("listener_manager.")) continue;  // Listeners are still there.
    scene.journal.Fail(StrCat(reading.name, " is ", reading.gauge, " when nothing is open"));
  }
}

}  // namespace weir::sim
