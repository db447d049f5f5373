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
// The secrets of a file, or of the bootstrap's own (kPath, kGiven); the error says why there are
// none.
using ReadSource = std::function<absl::StatusOr<Secrets>(const config::ConfigSource& source)>;

// Where the secrets are that the context names.
struct SecretSources {
  Secrets statics;
  ReadSource read;
  // Those that the control plane itself has streamed by now. Called on the main loop.
  config::SecretLookup streamed;
};

// Sets credentials and server name of `target`. Secrets are looked up for each stream: one that was
// replaced is shown by the next stream, and one that the control plane gives is used as soon as it
// has come, until when the context must do without. What gRPC cannot be told is refused by its
// field: a check that is left out would trust more servers than the bootstrap says.
absl::Status ApplyTls(const config::ExtensionConfig& transport_socket, SecretSources sources,
                      xds::GrpcTarget& target);

}  // namespace weir::exe
