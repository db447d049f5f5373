// weir-control as an object: the configuration, the engine's thread and one gRPC server for both
// services.
//
//   Create -> SetDirectory (when there is one) -> Listen -> ... -> Shutdown
//
// Any thread for SetDirectory; the others from the owner's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/secret_bytes.h"
#include "source/control/authenticator.h"
#include "source/control/ca/authority.h"
#include "source/control/ca/workload_identities.h"
#include "source/control/configuration.h"
#include "source/control/engine_thread.h"
#include "source/event/clock.h"
#include "source/event/random.h"

namespace grpc {
class Server;
}

namespace weir::control {

class ConfigService;
class DiscoveryService;

// With it, clients say who they are and nodes get certificates.
struct MeshOptions {
  ca::Authority authority;
  SecretBytes token_key;
  event::Random random;
};

// Files of the server's own certificate, as PEM; read again within a second after they change.
struct TlsFiles {
  std::string key;
  std::string certificate;
  std::string trusted;  // For clients' certificates.
};

class Server {
 public:
  struct Options {
    std::string store_path;  // Empty: in memory.
    validation::Validator validator;
    std::optional<MeshOptions> mesh;
  };
  // `clock` outlives the server.
  static absl::StatusOr<std::unique_ptr<Server>> Create(const event::Clock& clock, Options options);
  ~Server();

  Configuration& configuration() { return *configuration_; }

  // Of a server with a mesh: what holds from now on, also for the streams that are open.
  void SetAuthority(const ca::Authority& authority);
  void SetIdentities(ca::IdentityRules rules);
  void SetRevokedTokens(const HashSet& ids);

  // "127.0.0.1:18000"; port 0 takes a free one. The port. Without `tls` in clear text; with it
  // clients may show certificates.
  absl::StatusOr<int> Listen(const std::string& address,
                             const std::optional<TlsFiles>& tls = std::nullopt);
  // Streams end, calls in flight have `grace` to finish.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  Server(const event::Clock& clock, std::optional<MeshOptions> mesh);

  std::unique_ptr<ca::WorkloadIdentities> identities_;  // Engine's thread. Null: no mesh.
  std::unique_ptr<Authenticator> callers_;              // Null: no mesh.
  EngineThread engine_;
  std::unique_ptr<Configuration> configuration_;
  std::unique_ptr<DiscoveryService> discovery_;
  std::unique_ptr<ConfigService> config_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace weir::control
