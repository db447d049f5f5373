// Which configurations may be in force when. A configuration may be in force from the moment when
// the control plane has it, until a later one is settled: sent, acknowledged and installed.
#pragma once

#include <vector>

#include "source/event/clock.h"
#include "test/sim/config_state.h"

namespace weir::sim {

class ConfigHistory {
 public:
  void Add(ConfigState state, event::MonotonicTime now);
  // The configuration `number` is surely in force from `now` on.
  void Settle(uint32_t number, event::MonotonicTime now);
  const ConfigState& newest() const { return entries_.back().state; }

  // Whether a request of `group` that was under way from `since` to `now` may have reached endpoint
  // `endpoint` of `cluster`.
  bool Allows(size_t group, size_t cluster, size_t endpoint, event::MonotonicTime since,
              event::MonotonicTime now) const;
  // Whether `cluster` may have been spoken to by HTTP/2, or HTTP/1, in that time.
  bool AllowsProtocol(size_t cluster, bool http2, event::MonotonicTime since,
                      event::MonotonicTime now) const;
  // Whether configuration `number` may have been in force in that time.
  bool InForce(uint32_t number, event::MonotonicTime since, event::MonotonicTime now) const;
  // Whether its routes may have led to `cluster`.
  bool Leads(uint32_t number, size_t group, size_t cluster) const;

 private:
  struct Entry {
    ConfigState state;
    event::MonotonicTime from;
    event::MonotonicTime until = event::MonotonicTime::max();

    bool Overlaps(event::MonotonicTime since, event::MonotonicTime now) const {
      return from <= now && until >= since;
    }
  };

  std::vector<Entry> entries_;
};

}  // namespace weir::sim
