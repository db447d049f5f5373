#include "source/server/cluster_director.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "source/base/status.h"

namespace weir::server {

// A version that is not warm yet.
struct ClusterDirector::Arrival {
  std::shared_ptr<const config::Cluster> config;
  config::Transports transports;  // See CompiledCluster.
  std::unique_ptr<DnsSpread::Resolution> dns = nullptr;
};

struct ClusterDirector::Known {
  std::shared_ptr<const config::Cluster> active;  // In force; null before the first is warm.
  // Of `active` with today's secrets; null: raw_buffer for all.
  std::shared_ptr<const config::Transports> active_transports;
  std::unique_ptr<DnsSpread::Resolution> active_dns;
  std::unique_ptr<Arrival> waiting;  // Null when there is none; one of the two is there.
  bool is_static = false;

  const std::shared_ptr<const config::Cluster>& newest_kept() const {
    return waiting != nullptr ? waiting->config : active;
  }
  const config::Cluster& newest() const { return *newest_kept(); }
  const std::string& name() const { return newest().name; }
};

// What came for one EDS name.
struct ClusterDirector::Supply {
  explicit Supply(std::shared_ptr<const std::string> of) : key(std::move(of)) {}
  std::shared_ptr<const std::string>
      key;  // A part of the endpoints, or of a cluster, if it can be.
  std::shared_ptr<const config::Endpoints> endpoints;
  absl::InlinedVector<Known*, 1> clusters;  // That wait for it or use it; nearly always one.
  bool timed_out = false;

  // Named so for the set of them.
  const std::string& name() const { return *key; }
};

namespace {

const std::string& EdsName(const config::Cluster& cluster) {
  return cluster.eds_service_name.empty() ? cluster.name : cluster.eds_service_name;
}

std::string EdsKey(const config::Cluster& cluster) {
  return config::ResourceKey(EdsName(cluster), config::OriginOf(*cluster.eds_source));
}

// `key` to be kept: where it is `name`, which is a part of `whole`, as that part.
std::shared_ptr<const std::string> KeptKey(std::string key, const std::string& name,
                                           std::shared_ptr<const void> whole) {
  if (key == name) return {std::move(whole), &name};
  return std::make_shared<const std::string>(std::move(key));
}

std::shared_ptr<const std::string> KeptEdsKey(
    const std::shared_ptr<const config::Cluster>& cluster) {
  return KeptKey(EdsKey(*cluster), EdsName(*cluster), cluster);
}

}  // namespace

ClusterDirector::ClusterDirector(DnsSpread& dns, Subscriber& endpoints, TransportMaker& transports,
                                 std::function<void()> changed)
    : dns_(dns), subscriber_(endpoints), transports_(transports), changed_(std::move(changed)) {
  transports_.secrets().AddUser(*this);
}

ClusterDirector::~ClusterDirector() = default;

void ClusterDirector::SetStatic(CompiledCluster cluster) { Take(std::move(cluster), true); }

absl::Status ClusterDirector::Check(const config::Cluster& cluster) const {
  if (!IsStatic(cluster.name)) {
    for (const auto& socket : config::TransportSocketsOf(cluster)) {
      if (socket != nullptr) WEIR_RETURN_IF_ERROR(transports_.Check(*socket));
    }
    return absl::OkStatus();
  }
  return InvalidArgument(
      StrCat("cluster \"", cluster.name,
             "\" is one of the bootstrap's static clusters, which cannot be replaced"));
}

void ClusterDirector::Set(CompiledCluster cluster) { Take(std::move(cluster), false); }

void ClusterDirector::Take(CompiledCluster cluster, bool is_static) {
  auto arrival = std::make_unique<Arrival>(
      Arrival{.config = std::move(cluster.config), .transports = std::move(cluster.transports)});
  const auto found = known_.find(arrival->config->name);
  if (found == known_.end()) {
    ++counts_.added;
    auto added = std::make_unique<Known>();
    added->is_static = is_static;
    added->waiting = std::move(arrival);
    Known& known = **known_.insert(std::move(added)).first;
    SubscribeFor(known);
    return TryWarm(known);
  }
  Known& known = **found;
  if (known.newest() == *arrival->config) return;
  ++counts_.modified;
  const std::unique_ptr<Arrival> replaced = std::exchange(known.waiting, std::move(arrival));
  SubscribeFor(known);
  if (replaced != nullptr) UnsubscribeFor(known, *replaced->config);
  TryWarm(known);
}

ClusterDirector::Supply& ClusterDirector::SupplyOf(std::shared_ptr<const std::string> key) {
  const auto found = supplies_.find(*key);
  if (found != supplies_.end()) return **found;
  return **supplies_.insert(std::make_unique<Supply>(std::move(key))).first;
}

void ClusterDirector::SubscribeFor(Known& known) {
  const config::Cluster& cluster = known.newest();
  transports_.secrets().Subscribe(config::SecretsOf(cluster));
  if (cluster.type != config::DiscoveryType::kEds) return;
  SupplyOf(KeptEdsKey(known.newest_kept())).clusters.push_back(&known);
  subscriber_.Subscribe(EdsName(cluster), *cluster.eds_source, config::StatName(cluster));
}

void ClusterDirector::UnsubscribeFor(Known& known, const config::Cluster& version) {
  transports_.secrets().Unsubscribe(config::SecretsOf(version));
  if (version.type != config::DiscoveryType::kEds) return;
  if (const auto supply = supplies_.find(EdsKey(version)); supply != supplies_.end()) {
    auto& users = (*supply)->clusters;
    const auto user = std::find(users.begin(), users.end(), &known);
    if (user != users.end()) users.erase(user);
  }
  subscriber_.Unsubscribe(EdsName(version), *version.eds_source, config::StatName(version));
}

void ClusterDirector::TryWarm(Known& known) {
  const std::shared_ptr<const config::Cluster> cluster = known.waiting->config;
  if (!transports_.secrets().Settled(config::SecretsOf(*cluster))) return;
  switch (cluster->type) {
    case config::DiscoveryType::kStatic:
      Activate(known);
      Publish(known, cluster->endpoints);
      return;
    case config::DiscoveryType::kEds: {
      const Supply& supply = SupplyOf(KeptEdsKey(cluster));
      if (supply.endpoints == nullptr && !supply.timed_out) return;
      const std::shared_ptr<const config::Endpoints> endpoints = supply.endpoints;
      Activate(known);
      Publish(known, endpoints);
      return;
    }
    case config::DiscoveryType::kStrictDns:
      if (known.waiting->dns != nullptr) return;
      known.waiting->dns = dns_.Resolve(
          cluster, [this, &known, cluster](std::shared_ptr<const config::Endpoints> endpoints) {
            if (known.waiting != nullptr && known.waiting->config == cluster) Activate(known);
            if (known.active == cluster) Publish(known, std::move(endpoints));
          });
      return;
  }
}

// The waiting version becomes the one in force.
void ClusterDirector::Activate(Known& known) {
  const std::unique_ptr<Arrival> arrived = std::move(known.waiting);
  const std::shared_ptr<const config::Cluster> before =
      std::exchange(known.active, std::move(arrived->config));
  known.active_dns = std::move(arrived->dns);
  ActivateTransports(known, std::move(arrived->transports), before.get());
  if (before != nullptr) UnsubscribeFor(known, *before);
}

void ClusterDirector::ActivateTransports(Known& known, config::Transports made,
                                         const config::Cluster* before) {
  const auto sockets = config::TransportSocketsOf(*known.active);
  const auto sockets_before = before == nullptr
                                  ? std::vector<std::shared_ptr<const config::ExtensionConfig>>()
                                  : config::TransportSocketsOf(*before);
  const std::shared_ptr<const config::Transports> kept = std::move(known.active_transports);
  bool any = false;
  for (size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i] == nullptr) continue;
    any = true;
    if (i < sockets_before.size() && config::SameConfig(sockets_before[i], sockets[i])) {
      made[i] = (*kept)[i];  // An equal one goes on with its sessions.
    } else if (made[i] == nullptr) {
      made[i] = transports_.MakeOrFail(*sockets[i], StrCat("cluster \"", known.name(), "\""));
    }
  }
  known.active_transports =
      any ? std::make_shared<const config::Transports>(std::move(made)) : nullptr;
}

// Those of `known` with the ones that name one of the secrets made anew; null where none does.
absl::StatusOr<std::shared_ptr<const config::Transports>> ClusterDirector::Renewed(
    const Known& known, const HashSet& keys, const config::SecretLookup& secrets) const {
  if (known.active == nullptr) return nullptr;
  const auto sockets = config::TransportSocketsOf(*known.active);
  std::shared_ptr<config::Transports> renewed;
  for (size_t i = 0; i < sockets.size(); ++i) {
    if (!NamesAny(sockets[i].get(), keys)) continue;
    if (renewed == nullptr)
      renewed = std::make_shared<config::Transports>(*known.active_transports);
    WEIR_ASSIGN_OR_RETURN((*renewed)[i], transports_.Make(*sockets[i], secrets));
  }
  return renewed;
}

absl::StatusOr<std::function<void()>> ClusterDirector::Renew(const HashSet& keys,
                                                             const config::SecretLookup& secrets) {
  std::vector<std::pair<std::string, std::shared_ptr<const config::Transports>>> made;
  std::vector<std::string> waiting = Warming();
  for (const auto& known : known_) {
    auto transports = Renewed(*known, keys, secrets);
    if (!transports.ok()) {
      return Annotate(transports.status(), StrCat("cluster \"", known->name(), "\""));
    }
    if (*transports != nullptr) made.emplace_back(known->name(), *std::move(transports));
  }
  return [this, made = std::move(made), waiting = std::move(waiting)] {
    for (const auto& [name, transports] : made) {
      Known& known = **known_.find(name);
      known.active_transports = transports;
      const config::ClusterEntry* const entry = active_.Find(name);
      if (entry != nullptr) Publish(known, entry->endpoints);
    }
    for (const std::string& name : waiting) {
      Known& known = **known_.find(name);
      if (known.waiting != nullptr) TryWarm(known);
    }
  };
}

void ClusterDirector::Publish(Known& known, std::shared_ptr<const config::Endpoints> endpoints) {
  const config::ClusterEntry* const before = active_.Find(known.name());
  if (before != nullptr && before->config == known.active && before->endpoints != endpoints) {
    ++counts_.updated;
  }
  active_ = active_.Set(known.active->name, config::ClusterEntry{known.active, std::move(endpoints),
                                                                 known.active_transports});
  changed_();
}

void ClusterDirector::Remove(const std::string& name) {
  const auto found = known_.find(name);
  if (found == known_.end() || (*found)->is_static) return;
  const std::unique_ptr<Known> known = std::move(known_.extract(found).value());
  if (known->waiting != nullptr) UnsubscribeFor(*known, *known->waiting->config);
  if (known->active != nullptr) UnsubscribeFor(*known, *known->active);
  ++counts_.removed;
  active_ = active_.Erase(name);
  changed_();
}

void ClusterDirector::SetEndpoints(const std::string& key,
                                   std::shared_ptr<const config::Endpoints> endpoints) {
  auto kept = KeptKey(key, endpoints->cluster_name, endpoints);
  Supply& supply = SupplyOf(kept);
  if (supply.endpoints != nullptr && *supply.endpoints == *endpoints) return;
  supply.key = std::move(kept);
  supply.endpoints = std::move(endpoints);
  Supplied(supply);
}

void ClusterDirector::EndpointsTimedOut(const std::string& key) {
  Supply& supply = SupplyOf(std::make_shared<const std::string>(key));
  if (supply.endpoints != nullptr) return;
  supply.timed_out = true;
  Supplied(supply);
}

void ClusterDirector::ForgetEndpoints(const std::string& key) { supplies_.erase(key); }

void ClusterDirector::Supplied(Supply& supply) {
  // A copy: warming a cluster changes the list.
  const auto users = supply.clusters;
  for (Known* const known : users) {
    if (known->waiting != nullptr) TryWarm(*known);
    const bool uses = known->active != nullptr &&
                      known->active->type == config::DiscoveryType::kEds &&
                      EdsKey(*known->active) == supply.name();
    if (uses) Publish(*known, supply.endpoints);
  }
}

bool ClusterDirector::IsStatic(std::string_view name) const {
  const auto found = known_.find(name);
  return found != known_.end() && (*found)->is_static;
}

std::vector<admin::Waiting> ClusterDirector::Waiting() const {
  std::vector<admin::Waiting> all;
  for (const auto& known : known_) {
    if (known->waiting == nullptr) continue;
    const config::Cluster& cluster = *known->waiting->config;
    admin::Waiting waiting{cluster.name, {}};
    transports_.secrets().AddMissing(config::SecretsOf(cluster), waiting.awaits);
    if (waiting.awaits.empty()) {
      waiting.awaits.push_back(cluster.type == config::DiscoveryType::kEds
                                   ? StrCat("endpoints ", EdsName(cluster))
                                   : std::string("name resolution"));
    }
    all.push_back(std::move(waiting));
  }
  return all;
}

std::vector<std::string> ClusterDirector::Warming() const {
  std::vector<std::string> names;
  for (const auto& known : known_) {
    if (known->waiting != nullptr) names.push_back(known->name());
  }
  return names;
}

}  // namespace weir::server
