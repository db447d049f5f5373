// envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport: upstream
// connections begin with a PROXY header.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "source/config/extension.h"
#include "source/net/proxy_header.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::transport_sockets::proxy_protocol {

inline constexpr std::string_view kName = "envoy.transport_sockets.upstream_proxy_protocol";

struct ProxyProtocolConfig final : config::ExtensionConfig {
  net::ProxyHeaderFormat header;
  std::shared_ptr<const config::ExtensionConfig> inner;  // What follows; null: raw_buffer.

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
  const std::vector<config::SecretReference>& secrets() const override;
  bool negotiates_protocol() const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::transport_sockets::proxy_protocol
