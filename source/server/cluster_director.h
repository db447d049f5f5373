// The clusters that are wanted, and which of them are warm: a cluster enters the next generation
// once its endpoints are known (EDS), resolved (DNS) or given (static) and its secrets are there,
// or their initial_fetch_timeout has passed. Until then its former version, if any, stays in force.
//
// Main thread. `changed` is called whenever active() is another map than before.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/admin/view.h"
#include "source/base/hash_map.h"
#include "source/base/persistent_map.h"
#include "source/config/cluster.h"
#include "source/server/dns_spread.h"
#include "source/server/subscriber.h"
#include "source/server/transport_maker.h"

namespace weir::server {

class ClusterDirector final : private SecretUser {
 public:
  ClusterDirector(DnsSpread& dns, Subscriber& endpoints, TransportMaker& transports,
                  std::function<void()> changed);
  ClusterDirector(const ClusterDirector&) = delete;
  ClusterDirector& operator=(const ClusterDirector&) = delete;
  ~ClusterDirector();

  // An equal one changes nothing. Static clusters cannot be replaced or removed by dynamic ones.
  void SetStatic(CompiledCluster cluster);
  absl::Status Check(const config::Cluster& cluster) const;
  // A checked one.
  void Set(CompiledCluster cluster);
  void Remove(const std::string& name);
  // Endpoints by the key of their EDS name (see config::ResourceKey).
  void SetEndpoints(const std::string& key, std::shared_ptr<const config::Endpoints> endpoints);
  void EndpointsTimedOut(const std::string& key);
  // Nobody asks for them any more.
  void ForgetEndpoints(const std::string& key);

  const PersistentMap<config::ClusterEntry>& active() const { return active_; }
  bool IsStatic(std::string_view name) const;
  // Names of those that wait, in no order.
  std::vector<std::string> Warming() const;
  // What each of them waits for.
  std::vector<admin::Waiting> Waiting() const;
  // Clusters added, changed and removed so far.
  struct Counts {
    uint64_t added = 0, modified = 0, removed = 0;
    uint64_t updated = 0;  // Endpoints of those in force.
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Arrival;
  struct Known;
  struct Supply;

  // SecretUser
  absl::StatusOr<std::function<void()>> Renew(const HashSet& keys,
                                              const config::SecretLookup& secrets) override;

  void Take(CompiledCluster cluster, bool is_static);
  void Activate(Known& known);
  // Takes the endpoints of the waiting version, when they are there.
  void TryWarm(Known& known);
  void ActivateTransports(Known& known, config::Transports made, const config::Cluster* before);
  absl::StatusOr<std::shared_ptr<const config::Transports>> Renewed(
      const Known& known, const HashSet& keys, const config::SecretLookup& secrets) const;
  void Publish(Known& known, std::shared_ptr<const config::Endpoints> endpoints);
  // Found, or made with that key.
  Supply& SupplyOf(std::shared_ptr<const std::string> key);
  // For its newest version.
  void SubscribeFor(Known& known);
  void UnsubscribeFor(Known& known, const config::Cluster& version);
  void Supplied(Supply& supply);

  DnsSpread& dns_;
  Subscriber& subscriber_;
  TransportMaker& transports_;
  const std::function<void()> changed_;
  NamedSet<std::unique_ptr<Known>> known_;
  NamedSet<std::unique_ptr<Supply>> supplies_;
  PersistentMap<config::ClusterEntry> active_;
  Counts counts_;
};

}  // namespace weir::server
