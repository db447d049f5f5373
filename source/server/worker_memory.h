// What the connections of one worker hold: an answer of Worker::Memory, handed to the main thread.
#pragma once

#include <cstddef>
#include <string>

#include "source/base/hash_map.h"
#include "source/buffer/ledger.h"
#include "source/net/address.h"

namespace weir::server {

// Of all connections to one side, and of each peer that makes us hold something.
struct HeldByPeers {
  struct Share {
    size_t connections = 0;
    buffer::Ledger held;
  };

  void Add(const net::Address& peer, size_t connections, const buffer::Ledger& held) {
    total.connections += connections;
    total.held += held;
    if (held.total() == 0) return;
    // A client is its address: each of its connections has another port.
    Share& share = by_peer[peer.is_ip() ? peer.ip().ToString() : peer.ToString()];
    share.connections += connections;
    share.held += held;
  }

  Share total;
  HashMap<Share> by_peer;
};

struct WorkerMemory {
  size_t block_bytes_in_use = 0;
  size_t block_bytes_free = 0;  // Kept for reuse.
  HeldByPeers downstream;
  HeldByPeers upstream;
};

}  // namespace weir::server
