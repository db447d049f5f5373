// What must hold at every moment, and what must hold when all is over.
#pragma once

#include "source/stats/registry.h"
#include "test/sim/scene.h"

namespace weir::sim {

// While requests flow.
void CheckHeldBytes(Scene& scene);
// When every client is done: each exchange ended as the plan and the faults allow.
void CheckOutcomes(Scene& scene);
// At no time more was open than the circuit breakers allow.
void CheckLimits(Scene& scene);
// When all connections are closed: no gauge counts anything any more.
void CheckGauges(Scene& scene, const stats::Registry& registry);

}  // namespace weir::sim
