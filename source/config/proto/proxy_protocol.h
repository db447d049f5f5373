// What the messages about the PROXY protocol have in common.
#pragma once

#include "envoy/config/core/v3/proxy_protocol.pb.h"
#include "source/net/proxy_header.h"

namespace weir::config::proto {

net::TlvSelection DecodeTlvSelection(
    const envoy::config::core::v3::ProxyProtocolPassThroughTLVs& message);

}  // namespace weir::config::proto
