// The listeners that are wanted, and which of them are warm: a listener enters the next generation
// once the route tables that its connection managers name and the secrets of its chains are known,
// or their initial_fetch_timeout has passed. Until then its former version, if any, stays in force.
// Also the route tables themselves.
//
// Main thread. `changed` is called whenever active(), routes() or sockets() are others than before.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/admin/view.h"
#include "source/base/hash_map.h"
#include "source/base/persistent_map.h"
#include "source/event/loop.h"
#include "source/generation/snapshot.h"
#include "source/server/listen_sockets.h"
#include "source/server/subscriber.h"
#include "source/server/transport_maker.h"

namespace weir::server {

class ListenerDirector final : private SecretUser {
 public:
  using Listeners = PersistentMap<std::shared_ptr<const generation::Listener>>;
  using Routes = PersistentMap<std::shared_ptr<const router::RouteIndex>>;

  // `drain_time`: how long connections of what was removed may still ask for their routes.
  ListenerDirector(event::Loop& loop, event::Duration drain_time, ListenSockets& sockets,
                   Subscriber& routes, TransportMaker& transports, std::function<void()> changed);
  ListenerDirector(const ListenerDirector&) = delete;
  ListenerDirector& operator=(const ListenerDirector&) = delete;
  ~ListenerDirector();

  // A listener whose address is bound.
  struct Bound {
    // Null: equal to the one that is known, and not bound again.
    std::shared_ptr<const generation::Listener> listener;
    ListenSockets::Sockets sockets;
  };
  // Binds the address where it is new; nothing else changes. Static listeners cannot be replaced or
  // removed by dynamic ones.
  absl::StatusOr<Bound> Bind(std::shared_ptr<const generation::Listener> listener);
  void Set(Bound bound);
  absl::Status SetStatic(std::shared_ptr<const generation::Listener> listener);
  void Remove(const std::string& name);
  // Route tables by their key (see config::ResourceKey).
  void SetRoutes(const std::string& key, std::shared_ptr<const router::RouteIndex> routes);
  void RoutesTimedOut(const std::string& key);
  // Nobody asks for them any more; they stay for connections that drain.
  void ForgetRoutes(const std::string& key);

  // Lets go of the sockets of all listeners (`inbound_only`: of those of inbound traffic), for
  // good: they stay in force for the connections that they have, and no listener of that direction
  // is taken any more.
  void Stop(bool inbound_only);

  // Holds back listeners until the first clusters are warm; called once.
  void Open();

  const Listeners& active() const { return active_; }
  const Routes& routes() const { return routes_; }
  const HashMap<ListenSockets::Sockets>& sockets() const { return active_sockets_; }
  std::vector<std::string> Warming() const;
  // What each of them waits for.
  std::vector<admin::Waiting> Waiting() const;
  struct Counts {
    uint64_t added = 0, modified = 0, removed = 0, in_place_updated = 0;
    uint64_t create_success = 0, create_failure = 0, stopped = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Known {
    bool is_static = false;
    std::shared_ptr<const generation::Listener> active, waiting;
    ListenSockets::Sockets waiting_sockets;
  };

  // SecretUser
  absl::StatusOr<std::function<void()>> Renew(const HashSet& keys,
                                              const config::SecretLookup& secrets) override;

  // The newest version, whether in force or not; null when there is none.
  const generation::Listener* Newest(const std::string& name) const;
  bool IsStopped(const config::Listener& listener) const;
  absl::StatusOr<Bound> BindNew(std::shared_ptr<const generation::Listener> listener);
  void TryWarm(Known& known);
  // They are known, or will not come in time.
  bool HasRoutes(const std::string& key) const;
  bool IsWarm(const generation::Listener& listener) const;
  std::shared_ptr<const generation::Listener> WithTransports(
      std::shared_ptr<const generation::Listener> listener);
  void ApplySecrets(const HashSet& keys);
  void Subscribe(const generation::Listener& listener);
  void Unsubscribe(const generation::Listener& listener);

  void DropForgotten();

  event::Loop& loop_;
  const event::Duration drain_time_;
  ListenSockets& sockets_;
  Subscriber& subscriber_;
  TransportMaker& transports_;
  const std::function<void()> changed_;
  bool open_ = false;
  bool stopped_ = false;  // All of them.
  bool inbound_stopped_ = false;
  HashMap<std::unique_ptr<Known>> known_;
  HashSet timed_out_;  // Route tables that never came.
  Listeners active_;
  Routes routes_;
  HashMap<event::MonotonicTime> forgotten_;  // Of the routes, and until when they stay.
  event::Timer forget_;
  HashMap<ListenSockets::Sockets> active_sockets_;
  Counts counts_;
};

}  // namespace weir::server
