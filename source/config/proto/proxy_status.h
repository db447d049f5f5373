// Field proxy_status_config of a connection manager.
#pragma once

#include <optional>
#include <string_view>

#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/config/listener.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// Nothing where the field is not set. `server_name`: what the proxy is called otherwise.
std::optional<ProxyStatus> DecodeProxyStatus(
    const envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager&
        message,
    std::string_view server_name, const Scope& scope);

}  // namespace weir::config::proto
