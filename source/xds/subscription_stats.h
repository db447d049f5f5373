// The stats of a subscription and of the stream to the control plane, by Envoy's names.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "source/stats/stats.h"

namespace weir::xds {

// One for each type, in the scope that Envoy has: "cluster_manager.cds.", "listener_manager.lds.",
// "http.<prefix>.rds.<route>.", "cluster.<name>.".
struct SubscriptionStats {
  stats::Counter update_attempt;
  stats::Counter update_success;
  stats::Counter update_failure;
  stats::Counter update_rejected;
  stats::Counter init_fetch_timeout;
  stats::Gauge version;
  stats::Gauge update_time;
  stats::Histogram update_duration;
  stats::TextReadout version_text;

  static std::span<const stats::Field> Fields();
};

// "control_plane."
struct ControlPlaneStats {
  stats::Gauge connected_state;
  stats::Gauge pending_requests;
  stats::Counter rate_limit_enforced;
  stats::TextReadout identifier;

  static std::span<const stats::Field> Fields();
};

// What the gauge `version` shows for a version text: a hash, as gauges hold numbers. 0 for the
// empty text.
int64_t VersionHash(std::string_view version);

}  // namespace weir::xds
