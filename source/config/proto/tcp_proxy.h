// envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy to config::TcpProxy.
#pragma once

#include <memory>

#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "source/config/listener.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

std::shared_ptr<const TcpProxy> DecodeTcpProxy(
    const envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy& message,
    const Scope& scope);

}  // namespace weir::config::proto
