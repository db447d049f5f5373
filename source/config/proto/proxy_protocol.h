// What the messages about the PROXY protocol have in common.
#pragma once

#include "envoy/config/core/v3/proxy_protocol.pb.h"
#include "source/config/proto/scope.h"
#include "source/net/proxy_header.h"

namespace weir::config::proto {

net::TlvSelection DecodeTlvSelection(
    const envoy::config::core::v3::ProxyProtocolPassThroughTLVs& message);

net::ProxyHeaderFormat DecodeProxyHeader(
    const envoy::config::core::v3::ProxyProtocolConfig& message, const Scope& scope);

}  // namespace weir::config::proto
