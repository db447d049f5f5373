#include "source/extensions/resource_monitors/downstream_connections/config.h"

#include "envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections.pb.h"
#include "source/config/proto/extension_decoders.h"

namespace weir::extensions::resource_monitors::downstream_connections {
namespace {

using Pb =
    envoy::extensions::resource_monitors::downstream_connections::v3::DownstreamConnectionsConfig;

std::shared_ptr<const config::ExtensionConfig> Decode(const Pb& message,
                                                      const config::proto::Scope&) {
  auto decoded = std::make_shared<DownstreamConnectionsConfig>();
  decoded->max_active_downstream_connections =
      static_cast<uint64_t>(message.max_active_downstream_connections());
  return decoded;
}

}  // namespace

bool DownstreamConnectionsConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const DownstreamConnectionsConfig*>(&other);
  return same != nullptr &&
         max_active_downstream_connections == same->max_active_downstream_connections;
}

void RegisterDecoder(config::proto::ExtensionDecoders& decoders) {
  decoders.Add<Pb>(config::proto::ExtensionDecoders::Category::kResourceMonitor, Decode);
}

}  // namespace weir::extensions::resource_monitors::downstream_connections
