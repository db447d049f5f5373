// A ConfigState as the xDS resources that a control plane would carry.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "source/control/engine/resource.h"
#include "test/sim/plan.h"

namespace weir::sim {

// The longest connect_timeout of a cluster.
inline constexpr std::chrono::seconds kLongestConnect(4);

std::vector<control::engine::ResourcePtr> ResourcesOf(const Plan& plan, const ConfigState& state);

// The bootstrap: everything comes over ADS.
std::string BootstrapOf(const Plan& plan);

}  // namespace weir::sim
