// Which requests become tunnels: the upgrade_configs of a connection manager and of a route.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir::config {

struct Upgrade {
  std::string type;  // lower case: the token of the Upgrade field, or "connect"
  bool enabled = true;
  // connect_config, of a route's "connect" alone: the tunnel ends here, and its bytes go to a host
  // of the cluster.
  bool terminate = false;
  friend bool operator==(const Upgrade&, const Upgrade&) = default;
};

// The one of this type in any case; null: nothing is said of it.
const Upgrade* FindUpgrade(std::span<const Upgrade> upgrades, std::string_view type);

// Whether `type` is switched on: by the route where it speaks of it, else by the connection
// manager.
bool AllowsUpgrade(std::span<const Upgrade> of_manager, std::span<const Upgrade> of_route,
                   std::string_view type);

}  // namespace weir::config
