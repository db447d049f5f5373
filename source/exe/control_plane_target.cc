#include "source/exe/control_plane_target.h"

#include <utility>
#include <variant>

#include "source/base/status.h"

namespace weir::exe {

absl::StatusOr<xds::GrpcTarget> ControlPlaneTarget(const config::Bootstrap& bootstrap,
                                                   const config::GrpcSource& source,
                                                   SecretSources sources) {
  for (const auto& cluster : bootstrap.clusters) {
    if (cluster->name != source.cluster) continue;
    if (cluster->endpoints == nullptr || cluster->endpoints->endpoints.empty()) {
      return InvalidArgument(
          StrCat("the control plane: cluster \"", source.cluster, "\" has no endpoint"));
    }
    xds::GrpcTarget target;
    const config::Endpoint& endpoint = cluster->endpoints->endpoints.front();
    if (const config::DnsName* const dns = endpoint.dns_name()) {
      target.target = StrCat("dns:///", dns->host, ":", dns->port);
    } else {
      const net::Address& address = std::get<net::Address>(endpoint.address);
      target.target = address.is_ip() ? address.ToString() : StrCat("unix:", address.path());
    }
    target.authority = source.authority;
    target.initial_metadata = source.initial_metadata;
    if (cluster->transport_socket != nullptr) {
      sources.statics = bootstrap.secrets;
      absl::Status applied = ApplyTls(*cluster->transport_socket, std::move(sources), target);
      if (!applied.ok()) {
        return Annotate(applied, StrCat("the control plane: cluster \"", source.cluster, "\""));
      }
    }
    return target;
  }
  return InvalidArgument(StrCat("the control plane: cluster \"", source.cluster,
                                "\" is none of static_resources.clusters"));
}

}  // namespace weir::exe
