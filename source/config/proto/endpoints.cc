#include "source/config/proto/endpoints.h"

#include "source/base/hash_map.h"
#include "source/base/status.h"
#include "source/config/proto/values.h"
#include "source/config/shared_parts.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::endpoint::v3;

// The labels of endpoints, each set of them once.
class Labels {
 public:
  explicit Labels(std::vector<Value>& into) : into_(into) {}

  // The place of what `metadata` says, from 1 on; 0 where it says nothing.
  uint32_t PlaceOf(const envoy::config::core::v3::Metadata& metadata) {
    const auto found = metadata.filter_metadata().find("envoy.transport_socket_match");
    if (found == metadata.filter_metadata().end()) return 0;
    const Value labels = DecodeStruct(found->second);
    std::string text;
    AppendJson(text, labels);
    const auto [place, added] = places_.emplace(std::move(text), into_.size() + 1);
    if (added) into_.push_back(labels);
    return place->second;
  }

 private:
  std::vector<Value>& into_;
  HashMap<uint32_t> places_;
};

void DecodeEndpoint(const pb::LbEndpoint& message, const Scope& scope, EndpointNames names,
                    uint32_t locality, Labels& labels, Endpoints& endpoints) {
  const Scope at = scope.Field("endpoint");
  if (!message.has_endpoint()) {
    scope.Error("an endpoint is missing");
    return;
  }
  Endpoint endpoint;
  if (const std::string& hostname = message.endpoint().hostname(); !hostname.empty()) {
    endpoint.hostname = hostname;
  }
  endpoint.weight =
      message.has_load_balancing_weight() ? message.load_balancing_weight().value() : 1;
  endpoint.health = static_cast<HealthStatus>(message.health_status());
  endpoint.locality = locality;
  endpoint.labels = labels.PlaceOf(message.metadata());
  const envoy::config::core::v3::Address& address = message.endpoint().address();
  std::string name;
  std::optional<net::Address> resolved = DecodeAddress(
      address, at.Field("address"), names == EndpointNames::kResolve ? &name : nullptr);
  if (resolved.has_value()) {
    endpoint.address = *std::move(resolved);
    if (names == EndpointNames::kResolve && address.has_pipe()) {
      at.Field("address").Error("a cluster of type STRICT_DNS cannot have a pipe");
    }
  } else if (!name.empty()) {
    const uint32_t port = address.socket_address().port_value();
    if (endpoint.hostname->empty()) endpoint.hostname = name;
    endpoint.address = DnsName{std::move(name), static_cast<uint16_t>(port)};
  } else {
    return;
  }
  endpoints.endpoints.push_back(std::move(endpoint));
}

void DecodeLocality(const pb::LocalityLbEndpoints& message, const Scope& scope, EndpointNames names,
                    Labels& labels, std::vector<Locality>& localities, Endpoints& endpoints) {
  if (message.priority() > 0) {
    scope.Field("priority")
        .Error("priorities above 0 are not supported", StrCat(message.priority()));
  }
  const auto number = static_cast<uint32_t>(localities.size());
  localities.push_back({.region = message.locality().region(),
                        .zone = message.locality().zone(),
                        .sub_zone = message.locality().sub_zone(),
                        .weight = message.load_balancing_weight().value(),
                        .labels = labels.PlaceOf(message.metadata())});
  uint64_t sum = 0;
  for (int i = 0; i < message.lb_endpoints_size(); ++i) {
    const pb::LbEndpoint& endpoint = message.lb_endpoints(i);
    DecodeEndpoint(endpoint, scope.Item("lb_endpoints", i), names, number, labels, endpoints);
    sum += endpoint.has_load_balancing_weight() ? endpoint.load_balancing_weight().value() : 1;
  }
  if (sum > UINT32_MAX) {
    scope.Field("lb_endpoints").Error("the sum of the weights is above 4294967295", StrCat(sum));
  }
}

}  // namespace

std::shared_ptr<const Endpoints> DecodeEndpoints(const pb::ClusterLoadAssignment& message,
                                                 const Scope& scope, EndpointNames names) {
  auto endpoints = std::make_shared<Endpoints>();
  endpoints->cluster_name = message.cluster_name();
  if (message.policy().has_overprovisioning_factor()) {
    endpoints->overprovisioning_factor = message.policy().overprovisioning_factor().value();
  }
  // Once, and no more than there are: they live long.
  size_t count = 0;
  for (const pb::LocalityLbEndpoints& locality : message.endpoints()) {
    count += static_cast<size_t>(locality.lb_endpoints_size());
  }
  endpoints->endpoints.reserve(count);
  std::vector<Locality> localities;
  localities.reserve(static_cast<size_t>(message.endpoints_size()));
  Labels labels(endpoints->labels);
  for (int i = 0; i < message.endpoints_size(); ++i) {
    DecodeLocality(message.endpoints(i), scope.Item("endpoints", i), names, labels, localities,
                   *endpoints);
  }
  endpoints->localities = std::move(localities);
  if (scope.context().parts != nullptr) scope.context().parts->ShareIn(*endpoints);
  return endpoints;
}

}  // namespace weir::config::proto
