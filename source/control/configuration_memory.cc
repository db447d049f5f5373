// What Configuration keeps for proxies that come back after a restart.
#include "source/base/status.h"
#include "source/control/configuration.h"
#include "source/control/engine/engine.h"

namespace weir::control {

using engine::ResourcePtr;
using engine::Snapshot;
using engine::SnapshotPtr;

absl::Status Configuration::Remember() const {
  WEIR_ASSIGN_OR_RETURN(
      const std::vector<uint64_t> revisions,
      options_.store->RevisionsOf(engine::kClusterType, engine::Engine::kRememberedViews));
  for (auto revision = revisions.rbegin(); revision != revisions.rend(); ++revision) {
    WEIR_ASSIGN_OR_RETURN(const std::vector<store::StoredResource> stored,
                          options_.store->LoadAt(*revision, engine::kClusterType));
    std::vector<ResourcePtr> clusters;
    for (const store::StoredResource& one : stored) {
      clusters.push_back(validation::Restore(one.type_url, one.name, one.bytes, one.source));
    }
    WEIR_ASSIGN_OR_RETURN(SnapshotPtr earlier, Snapshot::Build("", std::move(clusters), nullptr));
    options_.remember(std::move(earlier));
  }
  return absl::OkStatus();
}

// The directory itself is read again after a restart; what it held before is known from here alone.
void Configuration::KeepClusters(const Set& directory, std::vector<store::StoredResource>& put,
                                 std::vector<store::ResourceName>& remove) const {
  for (const auto& [key, entry] : directory) {
    if (key.first != engine::kClusterType) continue;
    const auto kept = kept_clusters_.find(key.second);
    if (kept != kept_clusters_.end() && kept->second == entry.resource->hash) continue;
    store::StoredResource& stored = put.emplace_back();
    stored.type_url = key.first;
    stored.name = key.second;
    stored.bytes = engine::MessageBytes(*entry.resource);
    stored.source = entry.resource->source;
    stored.in_directory = true;
  }
  for (const auto& [name, hash] : kept_clusters_) {
    const Key key = {std::string(engine::kClusterType), name};
    if (!directory.contains(key)) remove.push_back({key.first, name});
  }
}

}  // namespace weir::control
