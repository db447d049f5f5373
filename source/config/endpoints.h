// The endpoints of a cluster (envoy.config.endpoint.v3.ClusterLoadAssignment) as an immutable
// value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "source/base/value.h"
#include "source/config/shared.h"
#include "source/net/address.h"

namespace weir::config {

// envoy.config.core.v3.HealthStatus
enum class HealthStatus : uint8_t {
  kUnknown,
  kHealthy,
  kUnhealthy,
  kDraining,
  kTimeout,
  kDegraded
};
// "HEALTHY" and so on, as xDS writes it.
std::string_view NameOf(HealthStatus health);

// A name to resolve, for STRICT_DNS.
struct DnsName {
  std::string host;
  uint16_t port = 0;
  friend bool operator==(const DnsName&, const DnsName&) = default;
};

struct Endpoint {
  std::variant<net::Address, Shared<DnsName>> address;
  Shared<std::string> hostname;
  uint32_t weight = 1;  // 1 and up.
  HealthStatus health = HealthStatus::kUnknown;
  uint32_t locality = 0;  // Index in Endpoints::localities.
  // Of what metadata says under "envoy.transport_socket_match": place in Endpoints::labels, from 1
  // on; 0: nothing.
  uint32_t labels = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;

  // Null where there is an address.
  const DnsName* dns_name() const {
    const auto* const name = std::get_if<Shared<DnsName>>(&address);
    return name == nullptr ? nullptr : &**name;
  }
};

struct Locality {
  std::string region, zone, sub_zone;
  uint32_t weight = 0;  // 0: not given. Kept for /clusters; no effect on balancing.
  uint32_t labels = 0;  // As an endpoint's, for all of them.
  friend bool operator==(const Locality&, const Locality&) = default;
};

struct Endpoints {
  std::string cluster_name;
  Shared<std::vector<Locality>> localities;
  std::vector<Endpoint> endpoints;
  std::vector<Value> labels;               // Structs, each once.
  uint32_t overprovisioning_factor = 140;  // percent
  friend bool operator==(const Endpoints&, const Endpoints&) = default;
};

}  // namespace weir::config
