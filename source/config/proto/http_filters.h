// The HTTP filters of a connection manager, and of its upgrades.
#pragma once

#include <string_view>

#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/config/http_filters.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// `scope` is that of the message with the field `field`. The last filter, and no other, must be the
// router.
HttpFilters DecodeHttpFilters(
    const google::protobuf::RepeatedPtrField<
        envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter>& filters,
    const Scope& scope, std::string_view field);

}  // namespace weir::config::proto
