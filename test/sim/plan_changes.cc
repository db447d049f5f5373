// What a seed decides of the configuration and of the network's faults.

#include <algorithm>

#include "test/sim/plan.h"

namespace weir::sim {
namespace {

using std::chrono::milliseconds;

bool OneIn(event::Random& random, uint64_t n) { return random.Below(n) == 0; }

Target PlanTarget(event::Random& random, size_t clusters) {
  Target target{{random.Below(clusters)}};
  const size_t second = random.Below(clusters);
  if (second != target.clusters[0] && OneIn(random, 3)) target.clusters.push_back(second);
  return target;
}

// Some of the addresses, at least one.
std::vector<size_t> PlanEndpoints(event::Random& random, size_t addresses) {
  std::vector<size_t> endpoints;
  for (size_t i = 0; i < addresses; ++i) {
    if (OneIn(random, 2)) endpoints.push_back(i);
  }
  if (endpoints.empty()) endpoints.push_back(random.Below(addresses));
  return endpoints;
}

bool IsRouted(const ConfigState& state, size_t cluster) {
  return std::any_of(state.targets.begin(), state.targets.end(), [&](const Target& target) {
    return std::find(target.clusters.begin(), target.clusters.end(), cluster) !=
           target.clusters.end();
  });
}

ConfigState FirstState(event::Random& random, const Plan& plan) {
  ConfigState state;
  state.number = 1;
  for (size_t i = 0; i < kGroups; ++i) {
    state.targets.push_back(PlanTarget(random, plan.clusters.size()));
  }
  for (const ClusterPlan& cluster : plan.clusters) {
    state.clusters.push_back(
        {.endpoints = PlanEndpoints(random, cluster.addresses), .http2 = OneIn(random, 2)});
  }
  state.listener_revisions.assign(plan.listeners.size(), 0);
  return state;
}

void Change(event::Random& random, const Plan& plan, ConfigState& state) {
  const size_t cluster = random.Below(plan.clusters.size());
  ClusterState& its = state.clusters[cluster];
  switch (random.Below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      state.targets[random.Below(kGroups)] = PlanTarget(random, plan.clusters.size());
      break;
    case 4:
    case 5:
    case 6:
      its.endpoints = PlanEndpoints(random, plan.clusters[cluster].addresses);
      break;
    case 7:
      ++its.revision;
      if (OneIn(random, 2)) its.http2 = !its.http2;
      break;
    case 8:
      ++state.listener_revisions[random.Below(state.listener_revisions.size())];
      break;
    case 9:
      state.extra_listener = !state.extra_listener;
      break;
    default:
      state.spoiled = static_cast<Spoiled>(1 + random.Below(3));
  }
  // What no route names comes and goes.
  for (size_t i = 0; i < state.clusters.size(); ++i) {
    state.clusters[i].present = IsRouted(state, i) || OneIn(random, 2);
  }
}

FaultPlan PlanFault(event::Random& random, const Plan& plan) {
  FaultPlan fault;
  fault.kind = static_cast<FaultPlan::Kind>(random.Below(6));
  fault.at = milliseconds(random.Below(4000));
  fault.lasts = milliseconds(1 + random.Below(1500));
  fault.clients = OneIn(random, 2) && fault.kind != FaultPlan::Kind::kRefuse &&
                  fault.kind != FaultPlan::Kind::kDrop;
  fault.listener = random.Below(plan.listeners.size());
  fault.cluster = random.Below(plan.clusters.size());
  fault.endpoint = random.Below(plan.clusters[fault.cluster].addresses);
  fault.towards_server = OneIn(random, 2);
  fault.bytes = OneIn(random, 2) ? random.Below(2000) : random.Below(60000);
  return fault;
}

}  // namespace

void PlanChanges(event::Random& random, Plan& plan) {
  plan.first = FirstState(random, plan);
  ConfigState state = plan.first;
  event::Duration at{0};
  for (uint64_t i = 5 + random.Below(20); i > 0; --i) {
    at += milliseconds(OneIn(random, 3) ? random.Below(20) : random.Below(500));
    ++state.number;
    state.spoiled = Spoiled::kNothing;
    Change(random, plan, state);
    plan.changes.push_back({at, state});
  }
}

void PlanFaults(event::Random& random, Plan& plan) {
  for (uint64_t i = 2 + random.Below(6); i > 0; --i) plan.faults.push_back(PlanFault(random, plan));
  while (plan.CountFaults() < 5) plan.faults.push_back(PlanFault(random, plan));
  std::sort(plan.faults.begin(), plan.faults.end(),
            [](const FaultPlan& a, const FaultPlan& b) { return a.at < b.at; });
}

}  // namespace weir::sim
