// What a seed decides of tunnels: requests that become them, and connections of the TCP proxy.

#include "test/sim/plan.h"

namespace weir::sim {
namespace {

using std::chrono::microseconds;

bool OneIn(event::Random& random, uint64_t n) { return random.Below(n) == 0; }

BodyPlan PlanDirection(event::Random& random) {
  BodyPlan direction{.framing = Framing::kUntilClose};
  direction.size = random.Below(OneIn(random, 4) ? 150000 : 4000);
  direction.piece = 1 + direction.size / (1 + random.Below(6));
  if (OneIn(random, 2)) direction.pace = microseconds(random.Below(8000));
  return direction;
}

// An end in order is a direction's end, wherever it comes: what breaks a tunnel off is a reset.
void PlanEnd(event::Random& random, Exchange& exchange) {
  if (OneIn(random, 6)) {
    exchange.misdeed = exchange.tunnel == Tunnel::kUpgrade && OneIn(random, 2)
                           ? Misdeed::kResetsBeforeAnswer
                           : Misdeed::kResetsMidAnswer;
    exchange.misdeed_tries = 100;
    exchange.misdeed_at = random.Below(exchange.answer.size + 1);
  } else if (OneIn(random, 6) && exchange.answer.size > 0) {
    exchange.leave = Leave::kResetsMidAnswer;
    exchange.leave_at = random.Below(exchange.answer.size);
  }
}

// The upstream says no, and answers as to any request.
void Refuse(Exchange& exchange) {
  exchange.status = 403;
  exchange.answer.framing = Framing::kLength;
}

bool HasRoom(const Plan& plan) {
  for (const ClusterPlan& cluster : plan.clusters) {
    if (cluster.max_connections < 1000) return false;
  }
  return true;
}

Exchange PlanTunnel(event::Random& random, const Plan& plan) {
  Exchange exchange;
  exchange.id = plan.exchanges.size() + 1;
  exchange.group = random.Below(kGroups);
  exchange.tunnel = static_cast<Tunnel>(1 + random.Below(3));
  exchange.status = Exchange::kGrants;
  exchange.request = PlanDirection(random);
  exchange.answer = PlanDirection(random);
  if (!OneIn(random, 3)) exchange.think = microseconds(random.Below(9000));
  // Who finds no connection free is not kept waiting by a TCP proxy.
  if (exchange.tunnel == Tunnel::kRaw && plan.mode == Mode::kLossless && !HasRoom(plan)) {
    exchange.tunnel = Tunnel::kUpgrade;
  }
  // One route and one listener have no group.
  if (exchange.tunnel != Tunnel::kUpgrade) exchange.group = 0;
  if (exchange.tunnel == Tunnel::kUpgrade && OneIn(random, 6)) {
    Refuse(exchange);
  } else if (plan.mode == Mode::kFaults) {
    PlanEnd(random, exchange);
  }
  return exchange;
}

}  // namespace

void PlanTunnels(event::Random& random, Plan& plan) {
  const size_t count = plan.clients.size();
  ClientPlan raw{.raw = true, .longest_gap = std::chrono::milliseconds(200)};
  for (uint64_t left = 3 + random.Below(8); left > 0; --left) {
    const size_t index = plan.exchanges.size();
    plan.exchanges.push_back(PlanTunnel(random, plan));
    if (plan.exchanges.back().tunnel == Tunnel::kRaw) {
      raw.exchanges.push_back(index);
      continue;
    }
    auto& exchanges = plan.clients[random.Below(count)].exchanges;
    const auto place = static_cast<ptrdiff_t>(random.Below(exchanges.size() + 1));
    exchanges.insert(exchanges.begin() + place, index);
  }
  plan.clients.push_back(std::move(raw));
}

}  // namespace weir::sim
