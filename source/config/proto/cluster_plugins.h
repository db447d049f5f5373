// Plugins that choose the cluster of a request (ClusterSpecifierPlugin).
#pragma once

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/base/hash_map.h"
#include "source/config/proto/route.h"
#include "source/config/proto/scope.h"
#include "source/config/route.h"

namespace weir::config::proto {

// Field cluster_specifier_plugins of a route configuration, by name.
HashMap<ClusterFromMatch> DecodeClusterPlugins(
    const google::protobuf::RepeatedPtrField<envoy::config::route::v3::ClusterSpecifierPlugin>&
        plugins,
    const Scope& scope, const RouteLimits& limits);

// `scope` is its own.
ClusterFromMatch DecodeClusterPlugin(const envoy::config::route::v3::ClusterSpecifierPlugin& plugin,
                                     const Scope& scope, const RouteLimits& limits);

// The one of this name; an error when there is none.
ClusterFromMatch FindClusterPlugin(const std::string& name, const Scope& scope,
                                   const RouteLimits& limits);

}  // namespace weir::config::proto
