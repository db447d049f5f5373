#include "source/config/proto/cluster_plugins.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "envoy/extensions/router/cluster_specifiers/matcher/v3/matcher.pb.h"
#include "source/base/strings.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/match_tree.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::route::v3;
namespace plugin_pb = envoy::extensions::router::cluster_specifiers::matcher::v3;

std::string DecodeClusterAction(const google::protobuf::Any& action, const Scope& scope,
                                const RouteLimits& limits) {
  const auto message = Unpack<plugin_pb::ClusterAction>(action, scope);
  if (message == nullptr) return {};
  CheckCluster(message->cluster(), scope.Field("cluster"), limits);
  return message->cluster();
}

// Whether the program lacks the plugin and the author said that this is no harm.
bool IsDispensable(const pb::ClusterSpecifierPlugin& plugin) {
  return plugin.is_optional() && schema::ExtensionTypeName(plugin.extension().typed_config()) !=
                                     plugin_pb::MatcherClusterSpecifier::descriptor()->full_name();
}

}  // namespace

ClusterFromMatch DecodeClusterPlugin(const pb::ClusterSpecifierPlugin& plugin, const Scope& scope,
                                     const RouteLimits& limits) {
  if (IsDispensable(plugin)) return {};
  const Scope extension = scope.Field("extension");
  const Scope config = extension.Field("typed_config");
  const auto message =
      Unpack<plugin_pb::MatcherClusterSpecifier>(plugin.extension().typed_config(), config);
  if (message == nullptr) return {};
  const Scope tree = config.Field("cluster_matcher");
  return {std::make_shared<const match::ActionTree<std::string>>(
      DecodeActionTree<std::string>(message->cluster_matcher(), tree, MatchStage::kRequest,
                                    [&](const google::protobuf::Any& action, const Scope& place) {
                                      return DecodeClusterAction(action, place, limits);
                                    }))};
}

HashMap<ClusterFromMatch> DecodeClusterPlugins(
    const google::protobuf::RepeatedPtrField<pb::ClusterSpecifierPlugin>& plugins,
    const Scope& scope, const RouteLimits& limits) {
  HashMap<ClusterFromMatch> decoded;
  for (int i = 0; i < plugins.size(); ++i) {
    const Scope item = scope.Item("cluster_specifier_plugins", i);
    const std::string& name = plugins[i].extension().name();
    if (!decoded.try_emplace(name, DecodeClusterPlugin(plugins[i], item, limits)).second) {
      item.Field("extension").Error("there is a plugin of this name already", name);
    }
  }
  return decoded;
}

ClusterFromMatch FindClusterPlugin(const std::string& name, const Scope& scope,
                                   const RouteLimits& limits) {
  const auto found = limits.plugins->find(name);
  if (found != limits.plugins->end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [each, plugin] : *limits.plugins) names.push_back(each);
  const std::optional<std::string> nearest = Nearest(name, names);
  scope.Error(StrCat("there is no such plugin in cluster_specifier_plugins",
                     nearest.has_value() ? StrCat("; did you mean '", *nearest, "'?") : ""),
              name);
  return {};
}

}  // namespace weir::config::proto
