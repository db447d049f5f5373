// The overload manager (envoy.config.overload.v3.OverloadManager) as an immutable value. Defaults
// are Envoy's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/extension.h"

namespace weir::config {

// By name: "envoy.overload_actions." and so on.
enum class OverloadActionKind : uint8_t {
  kStopAcceptingRequests,
  kDisableHttpKeepalive,
  kStopAcceptingConnections,
  kRejectIncomingConnections,
  kShrinkHeap,
  kResetHighMemoryStream,
};
std::string_view NameOf(OverloadActionKind kind);
std::optional<OverloadActionKind> OverloadActionNamed(std::string_view name);

struct OverloadTrigger {
  std::string monitor;  // The name of one.
  // Pressures from which on it acts, and acts wholly. Equal: there is nothing between.
  double scaling_threshold = 1;
  double saturation_threshold = 1;
  friend bool operator==(const OverloadTrigger&, const OverloadTrigger&) = default;

  // How far it acts at this pressure: 0 to 1.
  double ScaleAt(double pressure) const {
    if (pressure >= saturation_threshold) return 1;
    if (pressure <= scaling_threshold) return 0;
    return (pressure - scaling_threshold) / (saturation_threshold - scaling_threshold);
  }
};

struct OverloadAction {
  OverloadActionKind kind = OverloadActionKind::kStopAcceptingRequests;
  std::vector<OverloadTrigger> triggers;  // At least one; the strongest counts.
  friend bool operator==(const OverloadAction&, const OverloadAction&) = default;
};

struct OverloadManager {
  std::chrono::milliseconds refresh_interval{1000};
  std::vector<NamedExtension> monitors;
  std::vector<OverloadAction> actions;
  std::chrono::milliseconds shrink_interval{10000};
  // Streams that hold less than two to this power are never reset for what they hold.
  uint32_t minimum_account_power = 20;
  friend bool operator==(const OverloadManager&, const OverloadManager&) = default;
};

}  // namespace weir::config
