#include "source/upstream/cluster_map.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "source/base/hash_map.h"
#include "source/upstream/deferred.h"
#include "source/upstream/worker_cluster.h"

namespace weir::upstream {

struct ClusterMap::State {
  explicit State(ClusterPlatform given) : platform(std::move(given)) {}

  void Remove(std::unique_ptr<WorkerCluster> cluster) {
    draining.push_back(std::move(cluster));
    draining.back()->Drain();
  }
  void OnEnded(WorkerCluster& cluster) {
    const auto at = std::find_if(draining.begin(), draining.end(),
                                 [&](const auto& owned) { return owned.get() == &cluster; });
    DestroyAtTurnEnd(platform.loop, std::move(*at));
    draining.erase(at);
    TellDrained();
  }
  void TellDrained() {
    if (drained == nullptr || !draining.empty() || !used.empty()) return;
    platform.loop.Post(std::exchange(drained, nullptr));
  }

  const ClusterPlatform platform;
  const PersistentMap<config::ClusterEntry>* installed = nullptr;  // Owned by the generation.
  HashMap<std::unique_ptr<WorkerCluster>> used;
  std::vector<std::unique_ptr<WorkerCluster>> draining;
  std::function<void()> drained;
};

ClusterMap::ClusterMap(ClusterPlatform platform)
    : state_(std::make_unique<State>(std::move(platform))) {}
ClusterMap::~ClusterMap() = default;

void ClusterMap::Install(const PersistentMap<config::ClusterEntry>& clusters) {
  State& state = *state_;
  const PersistentMap<config::ClusterEntry> none;
  const auto* before = std::exchange(state.installed, &clusters);
  const auto change = [&](const std::string& name, const config::ClusterEntry* old,
                          const config::ClusterEntry* now) {
    const auto found = state.used.find(name);
    if (found == state.used.end()) return;
    if (old != nullptr && now != nullptr && *old == *now) return;
    if (now != nullptr && found->second->Update(*now)) return;
    // Replaced ones are made anew when they are next wanted.
    std::unique_ptr<WorkerCluster> cluster = std::move(found->second);
    state.used.erase(found);
    state.Remove(std::move(cluster));
  };
  PersistentMap<config::ClusterEntry>::ForEachDifference(before == nullptr ? none : *before,
                                                         clusters, change);
}

Cluster* ClusterMap::Find(std::string_view name) {
  State& state = *state_;
  const auto found = state.used.find(name);
  if (found != state.used.end()) return found->second.get();
  if (state.installed == nullptr) return nullptr;
  const config::ClusterEntry* entry = state.installed->Find(name);
  if (entry == nullptr) return nullptr;
  auto cluster = std::make_unique<WorkerCluster>(
      state.platform, *entry, [&state](WorkerCluster& ended) { state.OnEnded(ended); });
  return state.used.emplace(std::string(name), std::move(cluster)).first->second.get();
}

void ClusterMap::Drain(std::function<void()> done) {
  State& state = *state_;
  state.drained = std::move(done);
  state.installed = nullptr;
  HashMap<std::unique_ptr<WorkerCluster>> used = std::exchange(state.used, {});
  for (auto& [name, cluster] : used) state.Remove(std::move(cluster));
  state.TellDrained();
}

void ClusterMap::ForEachUsed(const std::function<void(Cluster&)>& visit) {
  for (auto& [name, cluster] : state_->used) visit(*cluster);
}

void ClusterMap::ForEachHeld(const VisitHeld& visit) const {
  for (const auto& [name, cluster] : state_->used) cluster->ForEachPoolHeld(visit);
  for (const auto& cluster : state_->draining) cluster->ForEachPoolHeld(visit);
}

}  // namespace weir::upstream
