// envoy.config.cluster.v3.Cluster to config::Cluster.
#pragma once

#include <memory>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/config/cluster.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// Adds errors to the scope; the result is complete only without.
std::shared_ptr<const Cluster> DecodeCluster(const envoy::config::cluster::v3::Cluster& message,
                                             const Scope& scope);

}  // namespace weir::config::proto
