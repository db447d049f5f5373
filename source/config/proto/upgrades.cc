#include "source/config/proto/upgrades.h"

#include "source/base/strings.h"
#include "source/http/upgrade_token.h"

namespace weir::config::proto {
namespace {

// Adds one to those before it, each type once.
void AddUpgrade(Upgrade upgrade, const std::string& as_written, const Scope& type,
                std::vector<Upgrade>& upgrades) {
  if (!http::IsUpgradeToken(upgrade.type)) {
    return type.Error("must be a protocol name as in the Upgrade field (\"websocket\"), or CONNECT",
                      as_written);
  }
  if (http::IsIgnoredUpgrade(upgrade.type)) {
    return type.Error("is a protocol that is never switched to: the field is ignored", as_written);
  }
  if (FindUpgrade(upgrades, upgrade.type) != nullptr) {
    return type.Error("is there already", as_written);
  }
  upgrades.push_back(std::move(upgrade));
}

}  // namespace

std::vector<Upgrade> DecodeUpgrades(
    const google::protobuf::RepeatedPtrField<
        envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager::
            UpgradeConfig>& upgrades,
    const Scope& scope) {
  std::vector<Upgrade> decoded;
  for (int i = 0; i < upgrades.size(); ++i) {
    const Scope item = scope.Item("upgrade_configs", i);
    AddUpgrade({.type = AsciiLower(upgrades[i].upgrade_type()),
                .enabled = !upgrades[i].has_enabled() || upgrades[i].enabled().value()},
               upgrades[i].upgrade_type(), item.Field("upgrade_type"), decoded);
  }
  return decoded;
}

std::vector<Upgrade> DecodeUpgrades(
    const google::protobuf::RepeatedPtrField<envoy::config::route::v3::RouteAction::UpgradeConfig>&
        upgrades,
    const Scope& scope) {
  std::vector<Upgrade> decoded;
  for (int i = 0; i < upgrades.size(); ++i) {
    const Scope item = scope.Item("upgrade_configs", i);
    const std::string type = AsciiLower(upgrades[i].upgrade_type());
    if (upgrades[i].has_connect_config() && type != "connect") {
      item.Field("connect_config").Error("is for upgrade_type CONNECT alone");
    }
    AddUpgrade({.type = type,
                .enabled = !upgrades[i].has_enabled() || upgrades[i].enabled().value(),
                .terminate = upgrades[i].has_connect_config()},
               upgrades[i].upgrade_type(), item.Field("upgrade_type"), decoded);
  }
  return decoded;
}

}  // namespace weir::config::proto
