#include "source/server/cluster_director.h"

#include <algorithm>
#include <utility>

#include "source/base/status.h"

namespace weir::server {

struct ClusterDirector::Known {
  std::string name;
  bool is_static = false;
  std::shared_ptr<const config::Cluster> active;   // In force; null before the first is warm.
  std::shared_ptr<const config::Cluster> waiting;  // Not warm yet; null when there is none.
  std::unique_ptr<DnsSpread::Resolution> active_dns, waiting_dns;
};

namespace {

const std::string& EdsName(const config::Cluster& cluster) {
  return cluster.eds_service_name.empty() ? cluster.name : cluster.eds_service_name;
}

}  // namespace

ClusterDirector::ClusterDirector(DnsSpread& dns, Subscriber& endpoints,
                                 std::function<void()> changed)
    : dns_(dns), subscriber_(endpoints), changed_(std::move(changed)) {}

ClusterDirector::~ClusterDirector() = default;

void ClusterDirector::SetStatic(std::shared_ptr<const config::Cluster> cluster) {
  std::unique_ptr<Known>& known = known_[cluster->name];
  if (known == nullptr) known = std::make_unique<Known>();
  known->name = cluster->name;
  known->is_static = true;
  SetKnown(*known, std::move(cluster));
}

absl::Status ClusterDirector::Check(const config::Cluster& cluster) const {
  if (!IsStatic(cluster.name)) return absl::OkStatus();
  return InvalidArgument(
      StrCat("cluster \"", cluster.name,
             "\" is one of the bootstrap's static clusters, which cannot be replaced"));
}

void ClusterDirector::Set(std::shared_ptr<const config::Cluster> cluster) {
  std::unique_ptr<Known>& known = known_[cluster->name];
  if (known == nullptr) {
    known = std::make_unique<Known>();
    known->name = cluster->name;
  }
  SetKnown(*known, std::move(cluster));
}

void ClusterDirector::SetKnown(Known& known, std::shared_ptr<const config::Cluster> cluster) {
  const std::shared_ptr<const config::Cluster>& newest =
      known.waiting != nullptr ? known.waiting : known.active;
  if (newest != nullptr && *newest == *cluster) return;
  ++(newest == nullptr ? counts_.added : counts_.modified);
  const std::shared_ptr<const config::Cluster> replaced = std::move(known.waiting);
  known.waiting_dns.reset();
  known.waiting = std::move(cluster);
  SubscribeFor(*known.waiting);
  if (replaced != nullptr) UnsubscribeFor(*replaced);
  TryWarm(known);
}

void ClusterDirector::SubscribeFor(const config::Cluster& cluster) {
  if (cluster.type != config::DiscoveryType::kEds) return;
  const std::string& eds_name = EdsName(cluster);
  supplies_[eds_name].clusters.push_back(cluster.name);
  subscriber_.Subscribe(eds_name, cluster.eds_source);
}

void ClusterDirector::UnsubscribeFor(const config::Cluster& cluster) {
  if (cluster.type != config::DiscoveryType::kEds) return;
  const std::string& eds_name = EdsName(cluster);
  const auto supply = supplies_.find(eds_name);
  if (supply != supplies_.end()) {
    std::vector<std::string>& users = supply->second.clusters;
    const auto user = std::find(users.begin(), users.end(), cluster.name);
    if (user != users.end()) users.erase(user);
  }
  subscriber_.Unsubscribe(eds_name, cluster.eds_source);
}

void ClusterDirector::TryWarm(Known& known) {
  switch (known.waiting->type) {
    case config::DiscoveryType::kStatic:
      Activate(known);
      Publish(known, known.active->endpoints);
      return;
    case config::DiscoveryType::kEds: {
      const Supply& supply = supplies_[EdsName(*known.waiting)];
      if (supply.endpoints == nullptr && !supply.timed_out) return;
      Activate(known);
      Publish(known, supplies_[EdsName(*known.active)].endpoints);
      return;
    }
    case config::DiscoveryType::kStrictDns:
      if (known.waiting_dns != nullptr) return;
      known.waiting_dns =
          dns_.Resolve(known.waiting, [this, &known, cluster = known.waiting](
                                          std::shared_ptr<const config::Endpoints> endpoints) {
            if (known.waiting == cluster) Activate(known);
            if (known.active == cluster) Publish(known, std::move(endpoints));
          });
      return;
  }
}

// The waiting version becomes the one in force.
void ClusterDirector::Activate(Known& known) {
  const std::shared_ptr<const config::Cluster> before =
      std::exchange(known.active, std::move(known.waiting));
  known.waiting = nullptr;
  known.active_dns = std::move(known.waiting_dns);
  if (before != nullptr) UnsubscribeFor(*before);
}

void ClusterDirector::Publish(Known& known, std::shared_ptr<const config::Endpoints> endpoints) {
  const config::ClusterEntry* const before = active_.Find(known.name);
  if (before != nullptr && before->config == known.active) ++counts_.updated;
  active_ = active_.Set(known.name, config::ClusterEntry{known.active, std::move(endpoints)});
  changed_();
}

void ClusterDirector::Remove(const std::string& name) {
  const auto found = known_.find(name);
  if (found == known_.end() || found->second->is_static) return;
  const std::unique_ptr<Known> known = std::move(found->second);
  known_.erase(found);
  if (known->waiting != nullptr) UnsubscribeFor(*known->waiting);
  if (known->active != nullptr) UnsubscribeFor(*known->active);
  ++counts_.removed;
  active_ = active_.Erase(name);
  changed_();
}

void ClusterDirector::SetEndpoints(std::shared_ptr<const config::Endpoints> endpoints) {
  const std::string name = endpoints->cluster_name;
  Supply& supply = supplies_[name];
  if (supply.endpoints != nullptr && *supply.endpoints == *endpoints) return;
  supply.endpoints = std::move(endpoints);
  Supplied(name);
}

void ClusterDirector::EndpointsTimedOut(const std::string& eds_name) {
  Supply& supply = supplies_[eds_name];
  if (supply.endpoints != nullptr) return;
  supply.timed_out = true;
  Supplied(eds_name);
}

void ClusterDirector::ForgetEndpoints(const std::string& eds_name) { supplies_.erase(eds_name); }

void ClusterDirector::Supplied(const std::string& eds_name) {
  // A copy: warming a cluster changes the list.
  const std::vector<std::string> users = supplies_[eds_name].clusters;
  for (const std::string& user : users) {
    const auto found = known_.find(user);
    if (found == known_.end()) continue;
    Known& known = *found->second;
    if (known.waiting != nullptr) TryWarm(known);
    const bool uses = known.active != nullptr &&
                      known.active->type == config::DiscoveryType::kEds &&
                      EdsName(*known.active) == eds_name;
    if (uses) Publish(known, supplies_[eds_name].endpoints);
  }
}

bool ClusterDirector::IsStatic(std::string_view name) const {
  const auto found = known_.find(name);
  return found != known_.end() && found->second->is_static;
}

std::vector<std::string> ClusterDirector::Warming() const {
  std::vector<std::string> names;
  for (const auto& [name, known] : known_) {
    if (known->waiting != nullptr) names.push_back(name);
  }
  return names;
}

}  // namespace weir::server
