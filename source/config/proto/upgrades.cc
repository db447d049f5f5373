#include "source/config/proto/upgrades.h"

#include <utility>

#include "source/base/strings.h"
#include "source/config/proto/http_filters.h"
#include "source/config/proto/proxy_protocol.h"
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

TunnelEnd DecodeTunnelEnd(
    const envoy::config::route::v3::RouteAction::UpgradeConfig::ConnectConfig& message,
    const Scope& scope) {
  TunnelEnd end{.allow_post = message.allow_post()};
  if (message.has_proxy_protocol_config()) {
    end.proxy_header =
        DecodeProxyHeader(message.proxy_protocol_config(), scope.Field("proxy_protocol_config"));
  }
  return end;
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
    Upgrade upgrade{.type = AsciiLower(upgrades[i].upgrade_type()),
                    .enabled = !upgrades[i].has_enabled() || upgrades[i].enabled().value()};
    if (upgrades[i].filters_size() > 0) {
      upgrade.filters = DecodeHttpFilters(upgrades[i].filters(), item, "filters");
    }
    AddUpgrade(std::move(upgrade), upgrades[i].upgrade_type(), item.Field("upgrade_type"), decoded);
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
    Upgrade upgrade{.type = AsciiLower(upgrades[i].upgrade_type()),
                    .enabled = !upgrades[i].has_enabled() || upgrades[i].enabled().value()};
    if (upgrades[i].has_connect_config()) {
      const Scope at = item.Field("connect_config");
      if (upgrade.type != "connect") at.Error("is for upgrade_type CONNECT alone");
      upgrade.end = DecodeTunnelEnd(upgrades[i].connect_config(), at);
    }
    AddUpgrade(std::move(upgrade), upgrades[i].upgrade_type(), item.Field("upgrade_type"), decoded);
  }
  return decoded;
}

}  // namespace weir::config::proto
