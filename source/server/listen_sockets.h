// The listening sockets of the process, by address: opened when a listener first asks, shared by
// all versions and names that ask again, closed when nobody holds them. A listener that asks with
// another backlog gets the same sockets, changed; what cannot be changed while the address is in
// use is an error.
//
// Main thread. Workers hold sockets by shared_ptr while they accept from them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/base/hash_map.h"
#include "source/config/listener.h"
#include "source/net/network.h"

namespace weir::server {

class ListenSockets {
 public:
  using Sockets = std::vector<std::shared_ptr<net::ListenSocket>>;

  ListenSockets(net::Network& network, size_t workers) : network_(network), workers_(workers) {}

  // One socket for each worker (for a UNIX socket: one for all). The error names listener and
  // address.
  absl::StatusOr<Sockets> Get(const config::Listener& listener);

 private:
  struct Open {
    net::ListenOptions options;
    std::vector<std::weak_ptr<net::ListenSocket>> sockets;
  };

  absl::StatusOr<Sockets> OpenNew(const config::Listener& listener);
  // `sockets` are those of `open`, null where the worker has closed its own already.
  absl::Status Adapt(const config::Listener& listener, Open& open, Sockets& sockets);

  net::Network& network_;
  const size_t workers_;
  HashMap<Open> open_;  // By address.
};

}  // namespace weir::server
