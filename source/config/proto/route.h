// One route of a virtual host: its match, its action, its retry policy.
#pragma once

#include <cstddef>
#include <optional>

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/base/hash_map.h"
#include "source/config/proto/scope.h"
#include "source/config/route.h"

namespace weir::config::proto {

// What the table says to its routes.
struct RouteLimits {
  size_t max_direct_response_body = 4096;
  // Names that clusters may have; null: any.
  const HashSet* known_clusters = nullptr;
};

// Nothing after an error that leaves no route to speak of.
std::optional<Route> DecodeRoute(const envoy::config::route::v3::Route& message, const Scope& scope,
                                 const RouteLimits& limits);
std::optional<RouteMatch> DecodeRouteMatch(const envoy::config::route::v3::RouteMatch& message,
                                           const Scope& scope);
RouteAction DecodeRouteAction(const envoy::config::route::v3::RouteAction& message,
                              const Scope& scope, const RouteLimits& limits);
RetryPolicy DecodeRetryPolicy(const envoy::config::route::v3::RetryPolicy& message,
                              const Scope& scope);

}  // namespace weir::config::proto
