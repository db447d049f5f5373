// The gauges circuit_breakers.{default,high}.* of clusters, named as Envoy's.
#pragma once

#include <vector>

#include "source/stats/registry.h"
#include "source/upstream/circuit_breaker.h"

namespace weir::server {

// Of every cluster that some worker uses, as of `now`. Any thread.
std::vector<stats::Sample> BreakerSamples(const upstream::BreakerRegistry& breakers,
                                          event::MonotonicTime now);

}  // namespace weir::server
