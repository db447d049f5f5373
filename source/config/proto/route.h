// One route of a virtual host: its match, its action, its retry policy.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/base/hash_map.h"
#include "source/config/proto/scope.h"
#include "source/config/route.h"
#include "source/match/uri_template.h"

namespace weir::config::proto {

// What the table and the virtual host say to their routes.
struct RouteLimits {
  const HashMap<ClusterFromMatch>* plugins = nullptr;  // cluster_specifier_plugins by name.
  std::string_view virtual_host;                       // Its name.
  size_t max_direct_response_body = 4096;
  // Names that clusters may have; null: any.
  const HashSet* known_clusters = nullptr;
};

// Nothing after an error that leaves no route to speak of.
std::optional<Route> DecodeRoute(const envoy::config::route::v3::Route& message, const Scope& scope,
                                 const RouteLimits& limits);
// `path_template` is set for path_match_policy.
std::optional<RouteMatch> DecodeRouteMatch(const envoy::config::route::v3::RouteMatch& message,
                                           const Scope& scope,
                                           std::optional<match::UriTemplate>& path_template);
// `path_template`: that of the route's match; null where it has none.
RouteAction DecodeRouteAction(const envoy::config::route::v3::RouteAction& message,
                              const Scope& scope, const RouteLimits& limits,
                              const match::UriTemplate* path_template);
WeightedClusters DecodeWeightedClusters(const envoy::config::route::v3::WeightedCluster& message,
                                        const Scope& scope, const RouteLimits& limits);
// An error when clusters are checked and there is none of this name.
void CheckCluster(const std::string& name, const Scope& scope, const RouteLimits& limits);
// Of a Route or a VirtualHost.
template <typename Message>
ReplayLimit DecodeReplayLimit(const Message& message) {
  ReplayLimit limit;
  if (message.has_request_body_buffer_limit()) {
    limit.bytes = message.request_body_buffer_limit().value();
  }
  if (message.has_per_request_buffer_limit_bytes()) {
    limit.at_most = message.per_request_buffer_limit_bytes().value();
  }
  return limit;
}
// path_rewrite of the message at `scope`.
PathRewrite DecodePathFormat(const std::string& text, const Scope& scope);
// A text that begins a path in place of a matched prefix: the beginning of a valid one.
std::string DecodePathPrefix(const std::string& text, const Scope& scope);
// A text that becomes the authority of requests; empty: none.
std::string DecodeAuthority(const std::string& text, const Scope& scope);
// A field of the request that names something, in lower case.
std::string DecodeFieldName(const std::string& name, const Scope& scope);
RetryPolicy DecodeRetryPolicy(const envoy::config::route::v3::RetryPolicy& message,
                              const Scope& scope);

}  // namespace weir::config::proto
