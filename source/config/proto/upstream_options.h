// How a cluster chooses hosts and speaks to them: the parts of Cluster with an old and a new form
// each.
#pragma once

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/config/cluster.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// load_balancing_policy, whose first supported entry counts, or lb_policy with its lb_config.
void DecodeBalancer(const envoy::config::cluster::v3::Cluster& message, const Scope& scope,
                    Cluster& cluster);

// HttpProtocolOptions in typed_extension_protocol_options, or the deprecated fields of the cluster
// itself.
void DecodeUpstreamProtocol(const envoy::config::cluster::v3::Cluster& message, const Scope& scope,
                            Cluster& cluster);

}  // namespace weir::config::proto
