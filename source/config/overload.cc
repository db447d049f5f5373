#include "source/config/overload.h"

#include <iterator>

namespace weir::config {
namespace {

// In the order of OverloadActionKind.
constexpr std::string_view kNames[] = {
    "envoy.overload_actions.stop_accepting_requests",
    "envoy.overload_actions.disable_http_keepalive",
    "envoy.overload_actions.stop_accepting_connections",
    "envoy.overload_actions.reject_incoming_connections",
    "envoy.overload_actions.shrink_heap",
    "envoy.overload_actions.reset_high_memory_stream",
};

}  // namespace

std::string_view NameOf(OverloadActionKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::optional<OverloadActionKind> OverloadActionNamed(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<OverloadActionKind>(i);
  }
  return std::nullopt;
}

}  // namespace weir::config
