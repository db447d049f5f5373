#include "source/xds/subscription_stats.h"

#include "source/base/strings.h"

namespace weir::xds {

std::span<const stats::Field> SubscriptionStats::Fields() {
  static constexpr stats::Field kFields[] = {
      WEIR_STAT_FIELD(SubscriptionStats, kCounter, update_attempt,
                      "Requests sent to the control plane."),
      WEIR_STAT_FIELD(SubscriptionStats, kCounter, update_success, "Responses accepted whole."),
      WEIR_STAT_FIELD(SubscriptionStats, kCounter, update_failure,
                      "Streams lost or files unreadable."),
      WEIR_STAT_FIELD(SubscriptionStats, kCounter, update_rejected,
                      "Responses with a refused resource."),
      WEIR_STAT_FIELD(SubscriptionStats, kCounter, init_fetch_timeout,
                      "Resources that did not come within their initial_fetch_timeout."),
      WEIR_STAT_FIELD(SubscriptionStats, kGauge, version, "Hash of the version last accepted."),
      WEIR_STAT_FIELD(SubscriptionStats, kGauge, update_time,
                      "When the last response was accepted, in milliseconds since 1970."),
      WEIR_STAT_FIELD(SubscriptionStats, kHistogram, update_duration,
                      "Milliseconds from a response to its verdict."),
      WEIR_STAT_FIELD(SubscriptionStats, kText, version_text, "The version last accepted."),
  };
  return kFields;
}

std::span<const stats::Field> ControlPlaneStats::Fields() {
  static constexpr stats::Field kFields[] = {
      WEIR_STAT_FIELD(ControlPlaneStats, kGauge, connected_state,
                      "1 while a stream is open on which the control plane has spoken."),
      WEIR_STAT_FIELD(ControlPlaneStats, kGauge, pending_requests,
                      "Requests held back by a rate limit."),
      WEIR_STAT_FIELD(ControlPlaneStats, kCounter, rate_limit_enforced,
                      "Times that a request was held back by a rate limit."),
      WEIR_STAT_FIELD(ControlPlaneStats, kText, identifier, "What the control plane calls itself."),
  };
  return kFields;
}

int64_t VersionHash(std::string_view version) {
  if (version.empty()) return 0;
  // FNV-1a, 64 bits; without the sign, as gauges are shown as positive numbers.
  uint64_t hash = 14695981039346656037u;
  for (const char c : version) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211u;
  }
  return static_cast<int64_t>(hash >> 1);
}

}  // namespace weir::xds
