// What all actors of a run share. One thread; lives as long as the run.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "source/buffer/block_pool.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"
#include "test/sim/config_history.h"
#include "test/sim/journal.h"
#include "test/sim/plan.h"

namespace weir::sim {

// When the network misbehaved, and where.
class FaultLog {
 public:
  void Add(bool clients, event::MonotonicTime from, event::MonotonicTime until) {
    windows_.push_back({clients, from, until});
  }
  // Whether a fault at the upstreams, or at the clients' side, fell into that time.
  bool Touches(bool clients, event::MonotonicTime since, event::MonotonicTime until) const {
    for (const Window& window : windows_) {
      if (window.clients == clients && window.from <= until && window.until >= since) return true;
    }
    return false;
  }

 private:
  struct Window {
    bool clients;
    event::MonotonicTime from;
    event::MonotonicTime until;
  };
  std::vector<Window> windows_;
};

// What an upstream held of the proxy's, for the limits of circuit breakers: a lower bound of what
// the proxy knew to be open.
struct HeldWindow {
  size_t cluster;
  bool connection;  // Else a request.
  event::MonotonicTime from;
  event::MonotonicTime until;
};

struct Scene {
  fakes::SimLoop& loop;
  fakes::SimNetwork& network;
  buffer::BlockPool& blocks;
  Plan& plan;
  Journal& journal;
  ConfigHistory history;
  FaultLog faults;
  std::vector<HeldWindow> held;
  // When a head, or bytes, of a request or an answer last came to their end, or a request ended.
  event::MonotonicTime moved_at{};
  size_t sent = 0;      // Requests.
  bool ending = false;  // The server was told to end: no new connection can be had.
  event::MonotonicTime ending_at = event::MonotonicTime::max();

  // Null when there is no such exchange.
  Exchange* FindExchange(uint64_t id) {
    return id == 0 || id > plan.exchanges.size() ? nullptr : &plan.exchanges[id - 1];
  }
};

}  // namespace weir::sim
