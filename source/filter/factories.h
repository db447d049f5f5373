// The extensions that this program has, by name: from an extension's configuration to its factory.
//
// main fills one Factories and hands it to the server; nothing registers itself. Read-only
// afterwards.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/base/hash_map.h"
#include "source/config/extension.h"
#include "source/config/tls.h"
#include "source/filter/access_log.h"
#include "source/filter/http_filter.h"
#include "source/filter/listener_filter.h"
#include "source/filter/resource_monitor.h"
#include "source/net/transport_socket.h"

namespace weir::filter {

struct Factories;

// What a transport socket may be made of.
struct TransportNeeds {
  const config::SecretLookup& secrets;  // One that is not there: connections fail.
  const Factories& factories;           // For transports around others.
  LogSinks& logs;                       // They outlive what is made.
};

// Keyed by ExtensionConfig::extension_name(). The functions run off the data path, when a
// generation is built.
struct Factories {
  template <typename Made, typename... Needs>
  using Map = HashMap<std::function<absl::StatusOr<std::shared_ptr<const Made>>(
      const config::ExtensionConfig&, Needs...)>>;

  Map<HttpFilterFactory> http_filters;
  Map<ListenerFilterFactory> listener_filters;
  Map<AccessLog, LogSinks&> access_logs;
  Map<ResourceMonitor, const MonitoredResources&> resource_monitors;
  Map<net::TransportSocketFactory, const TransportNeeds&> transport_sockets;
};

// Of any transport socket.
absl::StatusOr<std::shared_ptr<const net::TransportSocketFactory>> MakeTransport(
    const config::ExtensionConfig& config, const TransportNeeds& needs);

}  // namespace weir::filter
