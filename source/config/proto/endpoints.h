// envoy.config.endpoint.v3.ClusterLoadAssignment to config::Endpoints.
#pragma once

#include <memory>

#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/config/endpoints.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// What an endpoint's address may be: host names are for STRICT_DNS, which resolves them.
enum class EndpointNames { kRefuse, kResolve };

// Adds errors to the scope; the result is complete only without.
std::shared_ptr<const Endpoints> DecodeEndpoints(
    const envoy::config::endpoint::v3::ClusterLoadAssignment& message, const Scope& scope,
    EndpointNames names = EndpointNames::kRefuse);

}  // namespace weir::config::proto
