// How a bootstrap's TLS context towards its control plane becomes credentials of gRPC, whose TLS is
// OpenSSL's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/bootstrap.h"
#include "source/config/extension.h"
#include "source/xds/grpc_transport.h"

namespace weir::exe {

using Secrets = std::vector<std::shared_ptr<const config::Secret>>;
// The secrets of a file; the error says why it has none.
using ReadSecretFile = std::function<absl::StatusOr<Secrets>(const std::string& path)>;

// Sets credentials and server name of `target`. Secrets that the context names are static ones, or
// come from files, which are read again for each stream: so a certificate that was replaced is
// shown by the next one. What gRPC cannot be told is refused by its field: a check that is left out
// would trust more servers than the bootstrap says.
absl::Status ApplyTls(const config::ExtensionConfig& transport_socket, Secrets statics,
                      ReadSecretFile read, xds::GrpcTarget& target);

}  // namespace weir::exe
