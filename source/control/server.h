// weir-control as an object: the configuration, the engine's thread and one gRPC server for both
// services.
//
//   Create -> SetDirectory (when there is one) -> Listen -> ... -> Shutdown
//
// Any thread for SetDirectory; the others from the owner's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/control/configuration.h"
#include "source/control/engine_thread.h"
#include "source/event/clock.h"

namespace grpc {
class Server;
}

namespace weir::control {

class ConfigService;
class DiscoveryService;

class Server {
 public:
  struct Options {
    std::string store_path;  // Empty: in memory.
    validation::Validator validator;
  };
  // `clock` outlives the server.
  static absl::StatusOr<std::unique_ptr<Server>> Create(const event::Clock& clock, Options options);
  ~Server();

  Configuration& configuration() { return *configuration_; }

  // "127.0.0.1:18000"; port 0 takes a free one. The port.
  absl::StatusOr<int> Listen(const std::string& address);
  // Streams end, calls in flight have `grace` to finish.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  explicit Server(const event::Clock& clock);

  EngineThread engine_;
  std::unique_ptr<Configuration> configuration_;
  std::unique_ptr<DiscoveryService> discovery_;
  std::unique_ptr<ConfigService> config_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace weir::control
