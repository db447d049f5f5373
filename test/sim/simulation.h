// One run: the whole proxy with its clients, upstreams and control plane, from a seed.
#pragma once

#include <cstdint>
#include <string>

#include "test/sim/plan.h"

namespace weir::sim {

struct RunResult {
  std::string failure;  // Empty: every invariant held.
  std::string trace;    // Of a failed run.
  size_t requests = 0;  // Sent.
  size_t answered = 0;  // By upstreams, whole.
  size_t lost = 0;      // Cut, or answered by the proxy itself.
  size_t faults = 0;
  size_t changes = 0;
};

RunResult RunSeed(uint64_t seed, Mode mode);

}  // namespace weir::sim
