// A listener on one worker: accepts from the worker's sockets, one for each address, and owns the
// connections that came by them.
//
// A new version of the listener takes effect for connections accepted from then on; open
// connections whose chain the new version does not have any more are drained, the others are left
// alone. Worker's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "source/net/network.h"
#include "source/proxy/platform.h"
#include "source/server/closing_sockets.h"
#include "source/server/connection.h"
#include "source/server/connection_limit.h"
#include "source/server/listener_stats.h"

namespace weir::server {

class WorkerListener final : public net::AcceptHandler, public ConnectionOwner {
 public:
  // What connections run on: those of inbound traffic may drain alone, and those of listeners that
  // bypass the overload manager know none.
  struct Platforms {
    const proxy::Platform& plain;
    const proxy::Platform& inbound;
    const proxy::Platform& bypassing;
    const proxy::Platform& bypassing_inbound;

    const proxy::Platform& For(const config::Listener& listener) const;
  };

  // `drain_time`: how long drained connections may go on. `next_connection_id` is the worker's
  // counter.
  WorkerListener(const Platforms& platforms, net::Network& network, stats::Registry& registry,
                 event::Duration drain_time, uint64_t& next_connection_id,
                 std::shared_ptr<const generation::Listener> listener);
  WorkerListener(const WorkerListener&) = delete;
  WorkerListener& operator=(const WorkerListener&) = delete;
  ~WorkerListener();

  // `sockets` are the worker's; those of before where an address did not change.
  void Update(std::shared_ptr<const generation::Listener> listener,
              std::vector<std::shared_ptr<net::ListenSocket>> sockets);
  // Takes what the kernel has queued and who is about to be, then lets go of the sockets.
  void StopAccepting();
  // Stops for good: every connection is told to end, those that are still to come as well.
  void Retire();
  // While none are to be accepted, what comes stays queued in the kernel.
  void OnOverloadChange();
  // Before the first connection. Null: none.
  void set_connection_limit(std::shared_ptr<ConnectionLimit> limit) { limit_ = std::move(limit); }
  // Tells every connection to end; those that have not after the drain time are closed.
  void Drain();
  // Closes what is idle at once and the rest with its last answer, or, with `now`, all.
  void CloseAll(bool now);

  bool empty() const { return connections_.empty() && closing_.empty(); }
  size_t connection_count() const { return connections_.size(); }
  const generation::Listener& listener() const { return *listener_; }
  // Calls visit(const Connection&).
  template <typename Visit>
  void ForEachConnection(Visit visit) const {
    for (const auto& connection : connections_) visit(*connection);
  }
  // Called from the loop when, after StopAccepting, the last connection has ended and no socket is
  // left.
  void set_on_empty(std::function<void()> on_empty) { on_empty_ = std::move(on_empty); }

 private:
  // net::AcceptHandler
  void OnAccept(std::unique_ptr<net::ByteStream> stream) override;
  void OnAcceptError(std::string_view reason) override;
  // ConnectionOwner
  void OnNoChain() override { stats_->no_filter_chain_match.Inc(); }
  void OnInspectionTimeout() override { stats_->downstream_pre_cx_timeout.Inc(); }
  void OnHandshakeTimeout() override {
    stats_->downstream_cx_transport_socket_connect_timeout.Inc();
  }
  net::TransportStats& transport_stats() override;
  void OnConnectionEnd(Connection& connection) override;

  struct Accepting {
    std::shared_ptr<net::ListenSocket> socket;
    std::unique_ptr<net::Acceptor> acceptor;  // Null while paused.
  };
  void StartAccepting(Accepting& on);
  void DrainOne(Connection& connection);
  void EndWhenEmpty();
  // Gives a new connection its place within the limit. False: it is closed at once.
  bool Admits(bool& counted);

  const Platforms platforms_;
  net::Network& network_;
  stats::Registry& registry_;
  const event::Duration drain_time_;
  uint64_t& next_connection_id_;
  stats::Block<ListenerStats> stats_;
  std::optional<stats::Block<net::TransportStats>> transport_stats_;  // Once there is a transport.
  std::shared_ptr<const generation::Listener> listener_;
  std::vector<Accepting> accepting_;
  bool retired_ = false;
  std::shared_ptr<ConnectionLimit> limit_;                // Null: none.
  std::vector<std::unique_ptr<Connection>> connections_;  // Each knows its place.
  std::vector<Connection*> drained_;                      // Told to end, for the deadline.
  event::Timer drain_deadline_;
  ClosingSockets closing_;
  std::function<void()> on_empty_;
};

}  // namespace weir::server
