// Where gRPC finds the control plane that a bootstrap names.
#pragma once

#include "absl/status/statusor.h"
#include "source/config/bootstrap.h"
#include "source/xds/grpc_transport.h"

namespace weir::exe {

// The first endpoint of the static cluster that `source` names; the error says which name leads
// nowhere.
absl::StatusOr<xds::GrpcTarget> ControlPlaneTarget(const config::Bootstrap& bootstrap,
                                                   const config::GrpcSource& source);

}  // namespace weir::exe
