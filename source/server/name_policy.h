// From the bootstrap's stats_config to the policy of the registry.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "source/config/bootstrap.h"
#include "source/stats/name_policy.h"

namespace weir::server {

// The error names the tag.
absl::StatusOr<std::shared_ptr<const stats::NamePolicy>> MakeNamePolicy(
    const config::StatsConfig& config);

}  // namespace weir::server
