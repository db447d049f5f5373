#include "source/config/upgrade.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::config {

const Upgrade* FindUpgrade(std::span<const Upgrade> upgrades, std::string_view type) {
  const auto found = std::find_if(upgrades.begin(), upgrades.end(), [type](const Upgrade& each) {
    return EqualsIgnoreCase(each.type, type);
  });
  return found == upgrades.end() ? nullptr : &*found;
}

bool AllowsUpgrade(std::span<const Upgrade> of_manager, std::span<const Upgrade> of_route,
                   std::string_view type) {
  const Upgrade* const upgrade = FindUpgrade(of_route, type);
  if (upgrade != nullptr) return upgrade->enabled;
  const Upgrade* const general = FindUpgrade(of_manager, type);
  return general != nullptr && general->enabled;
}

}  // namespace weir::config
