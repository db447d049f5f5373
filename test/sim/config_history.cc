#include "test/sim/config_history.h"

#include <algorithm>

namespace weir::sim {
namespace {

bool Has(const std::vector<size_t>& list, size_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

void ConfigHistory::Add(ConfigState state, event::MonotonicTime now) {
  entries_.push_back({std::move(state), now});
}

void ConfigHistory::Settle(uint32_t number, event::MonotonicTime now) {
  for (Entry& entry : entries_) {
    if (entry.state.number < number) entry.until = std::min(entry.until, now);
  }
}

bool ConfigHistory::Allows(size_t group, size_t cluster, size_t endpoint,
                           event::MonotonicTime since, event::MonotonicTime now) const {
  bool routed = false, listed = false;
  for (const Entry& entry : entries_) {
    if (!entry.Overlaps(since, now)) continue;
    routed = routed || Has(entry.state.targets[group].clusters, cluster);
    listed = listed || Has(entry.state.clusters[cluster].endpoints, endpoint);
  }
  return routed && listed;
}

bool ConfigHistory::AllowsProtocol(size_t cluster, bool http2, event::MonotonicTime since,
                                   event::MonotonicTime now) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.Overlaps(since, now) && entry.state.clusters[cluster].http2 == http2;
  });
}

bool ConfigHistory::InForce(uint32_t number, event::MonotonicTime since,
                            event::MonotonicTime now) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.state.number == number && entry.Overlaps(since, now);
  });
}

bool ConfigHistory::Leads(uint32_t number, size_t group, size_t cluster) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.state.number == number && Has(entry.state.targets[group].clusters, cluster);
  });
}

}  // namespace weir::sim
