// Where gRPC finds the control plane that a bootstrap names.
#pragma once

#include "absl/status/statusor.h"
#include "source/config/bootstrap.h"
#include "source/exe/control_plane_tls.h"
#include "source/xds/grpc_transport.h"

namespace weir::exe {

// The first endpoint of the static cluster that `source` names, met as its transport socket says;
// the error says which name leads nowhere, or what of the socket cannot be. The static secrets of
// `sources` are the bootstrap's.
absl::StatusOr<xds::GrpcTarget> ControlPlaneTarget(const config::Bootstrap& bootstrap,
                                                   const config::GrpcSource& source,
                                                   SecretSources sources);

}  // namespace weir::exe
