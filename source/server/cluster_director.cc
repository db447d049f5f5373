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
  // Of `active` with today's secrets, and of `waiting` where it needs none; null: raw_buffer.
  std::shared_ptr<const net::TransportSocketFactory> active_transport, waiting_transport;
  std::unique_ptr<DnsSpread::Resolution> active_dns, waiting_dns;
};

namespace {

const std::string& EdsName(const config::Cluster& cluster) {
  return cluster.eds_service_name.empty() ? cluster.name : cluster.eds_service_name;
}

}  // namespace

ClusterDirector::ClusterDirector(DnsSpread& dns, Subscriber& endpoints, TransportMaker& transports,
                                 std::function<void()> changed)
    : dns_(dns), subscriber_(endpoints), transports_(transports), changed_(std::move(changed)) {
  transports_.secrets().AddUser(*this);
}

ClusterDirector::~ClusterDirector() = default;

void ClusterDirector::SetStatic(CompiledCluster cluster) {
  std::unique_ptr<Known>& known = known_[cluster.config->name];
  if (known == nullptr) known = std::make_unique<Known>();
  known->name = cluster.config->name;
  known->is_static = true;
  SetKnown(*known, std::move(cluster));
}

absl::Status ClusterDirector::Check(const config::Cluster& cluster) const {
  if (!IsStatic(cluster.name)) {
    return cluster.transport_socket == nullptr ? absl::OkStatus()
                                               : transports_.Check(*cluster.transport_socket);
  }
  return InvalidArgument(
      StrCat("cluster \"", cluster.name,
             "\" is one of the bootstrap's static clusters, which cannot be replaced"));
}

void ClusterDirector::Set(CompiledCluster cluster) {
  std::unique_ptr<Known>& known = known_[cluster.config->name];
  if (known == nullptr) {
    known = std::make_unique<Known>();
    known->name = cluster.config->name;
  }
  SetKnown(*known, std::move(cluster));
}

void ClusterDirector::SetKnown(Known& known, CompiledCluster cluster) {
  const std::shared_ptr<const config::Cluster>& newest =
      known.waiting != nullptr ? known.waiting : known.active;
  if (newest != nullptr && *newest == *cluster.config) return;
  ++(newest == nullptr ? counts_.added : counts_.modified);
  const std::shared_ptr<const config::Cluster> replaced = std::move(known.waiting);
  known.waiting_dns.reset();
  known.waiting = std::move(cluster.config);
  known.waiting_transport = std::move(cluster.transport);
  SubscribeFor(*known.waiting);
  if (replaced != nullptr) UnsubscribeFor(*replaced);
  TryWarm(known);
}

void ClusterDirector::SubscribeFor(const config::Cluster& cluster) {
  if (cluster.transport_socket != nullptr) {
    transports_.secrets().Subscribe(cluster.transport_socket->secrets());
  }
  if (cluster.type != config::DiscoveryType::kEds) return;
  const std::string& eds_name = EdsName(cluster);
  supplies_[eds_name].clusters.push_back(cluster.name);
  subscriber_.Subscribe(eds_name, cluster.eds_source);
}

void ClusterDirector::UnsubscribeFor(const config::Cluster& cluster) {
  if (cluster.transport_socket != nullptr) {
    transports_.secrets().Unsubscribe(cluster.transport_socket->secrets());
  }
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
  const auto& socket = known.waiting->transport_socket;
  if (socket != nullptr && !transports_.secrets().Settled(socket->secrets())) return;
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
  ActivateTransport(known, before.get());
  if (before != nullptr) UnsubscribeFor(*before);
}

void ClusterDirector::ActivateTransport(Known& known, const config::Cluster* before) {
  const auto& socket = known.active->transport_socket;
  auto waiting = std::exchange(known.waiting_transport, nullptr);
  // An equal one goes on with its sessions.
  if (before != nullptr && config::SameConfig(before->transport_socket, socket)) return;
  known.active_transport = std::move(waiting);
  if (socket != nullptr && known.active_transport == nullptr) {
    known.active_transport =
        transports_.MakeOrFail(*socket, StrCat("cluster \"", known.name, "\""));
  }
}

absl::StatusOr<std::function<void()>> ClusterDirector::Renew(const std::string& secret,
                                                             const config::SecretLookup& secrets) {
  std::vector<std::pair<std::string, std::shared_ptr<const net::TransportSocketFactory>>> made;
  std::vector<std::string> waiting;
  for (const auto& [name, known] : known_) {
    if (known->waiting != nullptr) waiting.push_back(name);
    if (known->active == nullptr || !Names(known->active->transport_socket.get(), secret)) continue;
    auto transport = transports_.Make(*known->active->transport_socket, secrets);
    if (!transport.ok()) return Annotate(transport.status(), StrCat("cluster \"", name, "\""));
    made.emplace_back(name, *std::move(transport));
  }
  return [this, made = std::move(made), waiting = std::move(waiting)] {
    for (const auto& [name, transport] : made) {
      Known& known = *known_[name];
      known.active_transport = transport;
      const config::ClusterEntry* const entry = active_.Find(name);
      if (entry != nullptr) Publish(known, entry->endpoints);
    }
    for (const std::string& name : waiting) {
      if (known_[name]->waiting != nullptr) TryWarm(*known_[name]);
    }
  };
}

void ClusterDirector::Publish(Known& known, std::shared_ptr<const config::Endpoints> endpoints) {
  const config::ClusterEntry* const before = active_.Find(known.name);
  if (before != nullptr && before->config == known.active && before->endpoints != endpoints) {
    ++counts_.updated;
  }
  active_ = active_.Set(
      known.name, config::ClusterEntry{known.active, std::move(endpoints), known.active_transport});
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
