// What a route does with a request beside sending it on: copies, hashes, hedges, followed
// redirects. Each function adds errors to the scope of the message that has the field.
#pragma once

#include <optional>
#include <vector>

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/config/proto/route.h"
#include "source/config/proto/scope.h"
#include "source/config/route.h"

namespace weir::config::proto {

// Field request_mirror_policies.
std::vector<MirrorPolicy> DecodeMirrors(
    const google::protobuf::RepeatedPtrField<
        envoy::config::route::v3::RouteAction::RequestMirrorPolicy>& policies,
    const Scope& scope, const RouteLimits& limits);

// Field hash_policy.
std::vector<HashPolicy> DecodeHashPolicy(
    const google::protobuf::RepeatedPtrField<envoy::config::route::v3::RouteAction::HashPolicy>&
        policies,
    const Scope& scope);

// The one thing that a hedge_policy may ask for: hedge_on_per_try_timeout. `scope` is its own.
bool DecodeHedgePolicy(const envoy::config::route::v3::HedgePolicy& policy, const Scope& scope);

// internal_redirect_policy, or what stood in its place once: internal_redirect_action.
std::optional<InternalRedirect> DecodeInternalRedirect(
    const envoy::config::route::v3::RouteAction& message, const Scope& scope);

// early_data_policy: the one that wants none. `scope` is its own.
void CheckEarlyDataPolicy(const envoy::config::core::v3::TypedExtensionConfig& policy,
                          const Scope& scope);

}  // namespace weir::config::proto
