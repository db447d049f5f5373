#include "source/config/endpoints.h"

namespace weir::config {

std::string_view NameOf(HealthStatus health) {
  switch (health) {
    case HealthStatus::kUnknown:
      return "UNKNOWN";
    case HealthStatus::kHealthy:
      return "HEALTHY";
    case HealthStatus::kUnhealthy:
      return "UNHEALTHY";
    case HealthStatus::kDraining:
      return "DRAINING";
    case HealthStatus::kTimeout:
      return "TIMEOUT";
    case HealthStatus::kDegraded:
      return "DEGRADED";
  }
  return "UNKNOWN";
}

}  // namespace weir::config
