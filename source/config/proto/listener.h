// envoy.config.listener.v3.Listener to config::Listener.
#pragma once

#include <memory>

#include "envoy/config/listener/v3/listener.pb.h"
#include "source/config/listener.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// Adds errors to the scope; the result is complete only without. Chains whose matches overlap are
// found by router::ChainIndex.
std::shared_ptr<const Listener> DecodeListener(const envoy::config::listener::v3::Listener& message,
                                               const Scope& scope);

std::shared_ptr<const FilterChain> DecodeFilterChain(
    const envoy::config::listener::v3::FilterChain& message, const Scope& scope);

}  // namespace weir::config::proto
