// envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager to
// config::HttpConnectionManager.
#pragma once

#include <memory>

#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/config/listener.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

std::shared_ptr<const HttpConnectionManager> DecodeHttpConnectionManager(
    const envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager&
        message,
    const Scope& scope);

}  // namespace weir::config::proto
