// envoy.config.bootstrap.v3.LayeredRuntime to config::Runtime.
#pragma once

#include <memory>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/config/proto/scope.h"
#include "source/config/runtime.h"

namespace weir::config::proto {

// Adds errors to the scope.
std::shared_ptr<const Runtime> DecodeRuntime(
    const envoy::config::bootstrap::v3::LayeredRuntime& message, const Scope& scope);

}  // namespace weir::config::proto
