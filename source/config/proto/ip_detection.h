// original_ip_detection_extensions of the connection manager.
#pragma once

#include <vector>

#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/config/listener.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

std::vector<IpDetection> DecodeIpDetection(
    const envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager&
        message,
    const Scope& scope);

}  // namespace weir::config::proto
