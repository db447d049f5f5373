// What must hold at every moment, and what must hold when all is over.
#pragma once

#include "source/server/worker_memory.h"
#include "source/stats/registry.h"
#include "test/sim/scene.h"

namespace weir::sim {

// While requests flow.
void CheckHeldBytes(Scene& scene);
// While requests flow: what a worker holds, by its own ledger, stays within the limits.
void CheckMemory(Scene& scene, const server::WorkerMemory& memory);
// When all connections are closed: it holds nothing.
void CheckNothingHeld(Scene& scene, const server::WorkerMemory& memory);
// Whether nothing has moved for longer than anything may stand still, and that since `since`: who
// is not done is never done.
bool StandsStill(const Scene& scene, event::MonotonicTime since);
// Whether all that clients said into tunnels, and that it was all, has reached the upstreams, or
// never will: what is left has not moved for long, and that since `since`, when the network was
// healed. Windows and readers may be small and slow, so that no fixed time is enough for it.
bool TunnelsAreOver(const Scene& scene, event::MonotonicTime since);
// When every client is done: each exchange ended as the plan and the faults allow.
void CheckOutcomes(Scene& scene);
// At no time more was open than the circuit breakers allow.
void CheckLimits(Scene& scene);
// When all connections are closed: no gauge counts anything any more.
void CheckGauges(Scene& scene, const stats::Registry& registry);

}  // namespace weir::sim
