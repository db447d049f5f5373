// envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig: a limit
// on the connections of all listeners together.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/config/extension.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::resource_monitors::downstream_connections {

inline constexpr std::string_view kName =
    "envoy.resource_monitors.global_downstream_max_connections";

struct DownstreamConnectionsConfig final : config::ExtensionConfig {
  uint64_t max_active_downstream_connections = 0;  // Above 0.

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::resource_monitors::downstream_connections
