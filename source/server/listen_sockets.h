// The listening sockets of the process, by address: opened when a listener first asks, shared by
// all versions and names that ask again. Once no listener is to be served from them any more they
// refuse, and they are closed when the workers have accepted the rest and let go. A listener that
// asks with another backlog gets the same sockets, changed; what cannot be changed while the
// address is in use is an error.
//
// Main thread. Workers hold single sockets by shared_ptr while they accept from them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/base/hash_map.h"
#include "source/config/listener.h"
#include "source/net/network.h"

namespace weir::server {

// The sockets of one address while some listener wants them; they refuse when it dies.
class ListenGroup {
 public:
  // Not empty.
  explicit ListenGroup(std::vector<std::shared_ptr<net::ListenSocket>> sockets);
  ListenGroup(const ListenGroup&) = delete;
  ListenGroup& operator=(const ListenGroup&) = delete;
  ~ListenGroup();

  const net::Address& address() const { return sockets_.front()->address(); }
  // Each worker has one of its own, or all have the same.
  const std::shared_ptr<net::ListenSocket>& ForWorker(size_t index) const {
    return sockets_[index % sockets_.size()];
  }
  void SetBacklog(int backlog) const;

 private:
  const std::vector<std::shared_ptr<net::ListenSocket>> sockets_;
};

class ListenSockets {
 public:
  // Of one listener: a group for each of its addresses, none for one that is not bound.
  using Sockets = std::vector<std::shared_ptr<const ListenGroup>>;

  ListenSockets(net::Network& network, size_t workers) : network_(network), workers_(workers) {}

  // For each address one socket for each worker (for a UNIX socket: one for all). The error names
  // listener and address.
  absl::StatusOr<Sockets> Get(const config::Listener& listener);

 private:
  struct Open {
    net::ListenOptions options;
    std::weak_ptr<const ListenGroup> group;
    // Those of the group, which workers may hold longer.
    std::vector<std::weak_ptr<net::ListenSocket>> sockets;

    bool closed() const;
  };
  using SocketList = std::vector<std::shared_ptr<net::ListenSocket>>;

  using Group = std::shared_ptr<const ListenGroup>;

  absl::StatusOr<Group> GetOne(const config::ListenAddress& at);
  absl::StatusOr<SocketList> OpenNew(const config::ListenAddress& at);
  // The sockets of a group that has died, as far as they are still there; the rest is opened.
  absl::StatusOr<SocketList> Reopen(const config::ListenAddress& at, const Open& open);
  Group Remember(const config::ListenAddress& at, SocketList sockets);

  net::Network& network_;
  const size_t workers_;
  HashMap<Open> open_;  // By address.
};

}  // namespace weir::server
