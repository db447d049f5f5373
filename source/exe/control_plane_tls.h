// How a bootstrap's TLS context towards its control plane becomes credentials of gRPC, whose TLS is
// OpenSSL's.
#pragma once

#include "absl/status/status.h"
#include "source/config/extension.h"
#include "source/xds/grpc_transport.h"

namespace weir::exe {

// Sets credentials and server name of `target`. What gRPC cannot be told is refused by its field:
// a check that is left out would trust more servers than the bootstrap says.
absl::Status ApplyTls(const config::ExtensionConfig& transport_socket, xds::GrpcTarget& target);

}  // namespace weir::exe
