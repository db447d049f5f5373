// Field upgrade_configs of a connection manager and of a route; errors go to `scope`, that of the
// message which has the field.
#pragma once

#include <vector>

#include "envoy/config/route/v3/route_components.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/config/proto/scope.h"
#include "source/config/upgrade.h"

namespace weir::config::proto {

std::vector<Upgrade> DecodeUpgrades(
    const google::protobuf::RepeatedPtrField<
        envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager::
            UpgradeConfig>& upgrades,
    const Scope& scope);
std::vector<Upgrade> DecodeUpgrades(
    const google::protobuf::RepeatedPtrField<envoy::config::route::v3::RouteAction::UpgradeConfig>&
        upgrades,
    const Scope& scope);

}  // namespace weir::config::proto
