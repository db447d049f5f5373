// Configuration that comes while the server runs: what comes of each type goes to its director.
//
// Main thread.
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "source/config/bootstrap.h"
#include "source/server/cluster_director.h"
#include "source/server/last_good.h"
#include "source/server/listener_director.h"
#include "source/server/type_feed.h"
#include "source/xds/client.h"

namespace weir::server {

class DynamicConfig {
 public:
  explicit DynamicConfig(FeedSeams seams);
  DynamicConfig(const DynamicConfig&) = delete;
  DynamicConfig& operator=(const DynamicConfig&) = delete;
  ~DynamicConfig();

  // The subscriptions of clusters for endpoints, and of listeners for routes; they go to Start's
  // directors.
  Subscriber& endpoint_subscriber() { return endpoints_; }
  Subscriber& route_subscriber() { return routes_; }
  // Of both for secrets.
  Subscriber& secret_subscriber() { return secrets_; }

  struct Directors {
    ClusterDirector& clusters;
    ListenerDirector& listeners;
    SecretDirector& secrets;
  };
  // `clusters_answered` is called once, when the first answer for all clusters came or did not come
  // in time (at once when there are no dynamic ones). `bootstrap` outlives this.
  absl::Status Start(const config::Bootstrap& bootstrap, const Directors& directors,
                     std::function<void()> clusters_answered,
                     std::function<void()> listeners_answered);
  // Whatever was accepted is in force: the last good generation is written, where it is kept.
  void NothingWaits();
  // What waits to be written is written without a delay: the process is about to end.
  void Flush();
  bool connected() const { return client_ != nullptr && client_->connected(); }

 private:
  // In the order in which requests go out.
  std::array<TypeFeed*, 5> Feeds();
  absl::Status MakeAdsClient();
  // Whether resources can come from there: its cluster must be one of the bootstrap's.
  absl::Status CheckSource(const config::ConfigSource& source) const;
  absl::Status CheckListener(const generation::Listener& listener) const;
  TypeTarget TargetOf(ClusterDirector& clusters, std::function<void()> answered);
  TypeTarget TargetOf(ListenerDirector& listeners, std::function<void()> answered);

  const FeedSeams seams_;
  const config::Bootstrap* bootstrap_ = nullptr;  // Set by Start.
  TypeFeed clusters_;
  TypeFeed endpoints_;
  TypeFeed listeners_;
  TypeFeed routes_;
  TypeFeed secrets_;
  stats::Block<xds::ControlPlaneStats> control_plane_stats_;
  std::unique_ptr<xds::Transport> ads_transport_;
  std::unique_ptr<xds::Client> client_;  // Of ads_config.
  std::unique_ptr<LastGood> last_good_;  // Null: nothing is kept.
};

}  // namespace weir::server
