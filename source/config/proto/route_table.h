// envoy.config.route.v3.RouteConfiguration to config::RouteTable.
#pragma once

#include <memory>

#include "envoy/config/route/v3/route.pb.h"
#include "source/config/proto/scope.h"
#include "source/config/route.h"

namespace weir::config::proto {

// Adds errors to the scope; the result is complete only without. Duplicate domains are errors here,
// too, so that all errors of a table come at once.
std::shared_ptr<const RouteTable> DecodeRouteTable(
    const envoy::config::route::v3::RouteConfiguration& message, const Scope& scope);

}  // namespace weir::config::proto
