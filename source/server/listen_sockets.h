// The listening sockets of the process, by address: opened when a listener first asks, shared by
// all versions and names that ask again, closed when nobody holds them.
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
  net::Network& network_;
  const size_t workers_;
  HashMap<std::vector<std::weak_ptr<net::ListenSocket>>> open_;  // By address and options.
};

}  // namespace weir::server
