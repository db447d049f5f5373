#include "source/proxy/route_stats.h"

namespace weir::proxy {

#define C(member, help) WEIR_STAT_FIELD(RouteStats, kCounter, member, help)

std::span<const stats::Field> RouteStats::Fields() {
  static constexpr stats::Field kFields[] = {
      C(upstream_rq_total, "Tries given to a connection"),
      C(upstream_rq_completed, "Answers"),
      C(upstream_rq_timeout, "Requests that took longer than the route's timeout"),
      C(upstream_rq_retry, "Retries"),
      C(upstream_rq_retry_success, "Retries that succeeded"),
      C(upstream_rq_retry_overflow, "Retries refused by max_retries or the retry budget"),
      C(upstream_rq_retry_limit_exceeded, "Requests that had no retry left"),
      C(upstream_rq_retry_backoff_exponential, "Retries that waited for a random while"),
      C(upstream_rq_retry_backoff_ratelimited, "Retries that waited as the upstream asked"),
      WEIR_STAT_FIELD(RouteStats, kStatusCounters, upstream_rq_, "Answers by status"),
      WEIR_STAT_FIELD(RouteStats, kHistogram, upstream_rq_time, "Milliseconds to the whole answer"),
  };
  return kFields;
}

#undef C

}  // namespace weir::proxy
