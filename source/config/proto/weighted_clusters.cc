#include <algorithm>

#include "source/base/status.h"
#include "source/config/proto/filter_overrides.h"
#include "source/config/proto/header_changes.h"
#include "source/config/proto/route.h"
#include "source/config/runtime.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::route::v3;

// The weight of the runtime where runtime_key_prefix gives the entry a key with a value.
uint64_t WeightOf(const pb::WeightedCluster& message,
                  const pb::WeightedCluster::ClusterWeight& entry, const Scope& scope) {
  const Runtime* const runtime = scope.context().runtime;
  if (runtime != nullptr && !message.runtime_key_prefix().empty()) {
    const auto value = runtime->IntegerOf(StrCat(message.runtime_key_prefix(), ".", entry.name()));
    if (value.has_value()) return *value;
  }
  return entry.weight().value();
}

void DecodeName(const pb::WeightedCluster::ClusterWeight& entry, const Scope& scope,
                const RouteLimits& limits, WeightedCluster& cluster) {
  if (entry.name().empty() == entry.cluster_header().empty()) {
    scope.Error("must have one of name and cluster_header", entry.name());
    return;
  }
  if (!entry.cluster_header().empty()) {
    cluster.cluster_field = DecodeFieldName(entry.cluster_header(), scope.Field("cluster_header"));
    return;
  }
  cluster.name = entry.name();
  CheckCluster(entry.name(), scope.Field("name"), limits);
}

}  // namespace

void CheckCluster(const std::string& name, const Scope& scope, const RouteLimits& limits) {
  if (limits.known_clusters == nullptr || limits.known_clusters->contains(name)) return;
  const std::vector<std::string> names(limits.known_clusters->begin(),
                                       limits.known_clusters->end());
  const std::optional<std::string> nearest = Nearest(name, names);
  scope.Error(StrCat("there is no such cluster",
                     nearest.has_value() ? StrCat("; did you mean '", *nearest, "'?") : ""),
              name);
}

WeightedClusters DecodeWeightedClusters(const pb::WeightedCluster& message, const Scope& scope,
                                        const RouteLimits& limits) {
  scope.IgnoreSet(message, {"total_weight"}, "the sum of the weights is taken");
  WeightedClusters decoded;
  if (message.random_value_specifier_case() == pb::WeightedCluster::kHeaderName) {
    decoded.random_field = DecodeFieldName(message.header_name(), scope.Field("header_name"));
  }
  decoded.use_hash_policy = message.use_hash_policy().value();
  bool all_given = true;
  for (int i = 0; i < message.clusters_size(); ++i) {
    const pb::WeightedCluster::ClusterWeight& entry = message.clusters(i);
    const Scope item = scope.Item("clusters", i);
    if (!entry.has_weight()) {
      item.Field("weight").Error("a weight is missing");
      all_given = false;
    }
    WeightedCluster cluster;
    DecodeName(entry, item, limits, cluster);
    cluster.weight = WeightOf(message, entry, scope);
    cluster.host_rewrite =
        DecodeAuthority(entry.host_rewrite_literal(), item.Field("host_rewrite_literal"));
    DecodeAllHeaderChanges(entry, item, cluster.request_headers, cluster.response_headers);
    cluster.filters = DecodeFilterOverrides(entry.typed_per_filter_config(), item);
    decoded.total_weight += cluster.weight;
    decoded.clusters.push_back(std::move(cluster));
  }
  if (all_given && (decoded.total_weight == 0 || decoded.total_weight > UINT32_MAX)) {
    scope.Field("clusters")
        .Error("the sum of the weights must be from 1 to 4294967295", StrCat(decoded.total_weight));
    decoded.total_weight = std::max<uint64_t>(decoded.total_weight, 1);
  }
  return decoded;
}

}  // namespace weir::config::proto
