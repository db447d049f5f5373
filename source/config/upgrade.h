// Which requests become tunnels: the upgrade_configs of a connection manager and of a route.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "source/config/http_filters.h"
#include "source/net/proxy_header.h"

namespace weir::config {

// ConnectConfig: the tunnel ends here, and its bytes go to a host of the cluster.
struct TunnelEnd {
  bool allow_post = false;  // A POST's body passes as a tunnel does, too.
  std::optional<net::ProxyHeaderFormat> proxy_header;  // What the host hears first.
  friend bool operator==(const TunnelEnd&, const TunnelEnd&) = default;
};

struct Upgrade {
  std::string type;  // lower case: the token of the Upgrade field, or "connect"
  bool enabled = true;
  std::optional<TunnelEnd> end;        // Of a route's "connect" alone.
  std::optional<HttpFilters> filters;  // Of a connection manager's alone; nothing: its own.
  friend bool operator==(const Upgrade&, const Upgrade&) = default;
};

// The one of this type in any case; null: nothing is said of it.
const Upgrade* FindUpgrade(std::span<const Upgrade> upgrades, std::string_view type);

// Whether `type` is switched on: by the route where it speaks of it, else by the connection
// manager.
bool AllowsUpgrade(std::span<const Upgrade> of_manager, std::span<const Upgrade> of_route,
                   std::string_view type);

}  // namespace weir::config
