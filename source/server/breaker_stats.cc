#include "source/server/breaker_stats.h"

#include <algorithm>
#include <limits>

namespace weir::server {
namespace {

using Limit = upstream::BreakerReading::Limit;

// Where there is no limit.
constexpr Limit kUnlimited{.taken = 0, .limit = UINT32_MAX};

struct Gauges {
  std::string_view open;
  std::string_view open_help;
  std::string_view remaining;
  std::string_view remaining_help;
};

constexpr Gauges kConnections{"cx_open", "1 at the limit of connections", "remaining_cx",
                              "Connections that may still be made"};
constexpr Gauges kPools{"cx_pool_open", "1 at the limit of connection pools", "remaining_cx_pools",
                        "Connection pools that may still be made"};
constexpr Gauges kPending{"rq_pending_open", "1 at the limit of requests that wait",
                          "remaining_pending", "Requests that may still wait"};
constexpr Gauges kRequests{"rq_open", "1 at the limit of requests", "remaining_rq",
                           "Requests that may still be sent"};
constexpr Gauges kRetries{"rq_retry_open", "1 at the limit of retries", "remaining_retries",
                          "Retries that may still be made"};

}  // namespace

std::vector<stats::Sample> BreakerSamples(const upstream::BreakerRegistry& breakers,
                                          event::MonotonicTime now) {
  std::vector<stats::Sample> samples;
  for (const upstream::BreakerReading& reading : breakers.Read(now)) {
    const stats::Scope scope{
        "cluster.", reading.stat_name,
        reading.high_priority ? "circuit_breakers.high." : "circuit_breakers.default."};
    const auto add = [&](const Gauges& gauges, const Limit& limit) {
      samples.push_back({scope, gauges.open, limit.open() ? 1 : 0, gauges.open_help});
      if (!reading.track_remaining) return;
      const uint64_t most = std::numeric_limits<int64_t>::max();
      samples.push_back({scope, gauges.remaining,
                         static_cast<int64_t>(std::min(limit.remaining(), most)),
                         gauges.remaining_help});
    };
    add(kConnections, reading.connections);
    add(kPools, reading.pools.value_or(kUnlimited));
    add(kPending, reading.pending_requests);
    add(kRequests, reading.requests);
    add(kRetries, reading.retries);
  }
  return samples;
}

}  // namespace weir::server
