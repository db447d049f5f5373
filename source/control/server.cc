#include "source/control/server.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/control/config_service.h"
#include "source/control/discovery_service.h"

namespace weir::control {

Server::Server(const event::Clock& clock) : engine_(clock) {}

Server::~Server() { Shutdown(std::chrono::milliseconds(0)); }

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const event::Clock& clock, Options options) {
  std::unique_ptr<Server> server(new Server(clock));
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store,
                        store::Store::Open(options.store_path));
  EngineThread& engine = server->engine_;
  Configuration::Options parts;
  parts.store = std::move(store);
  parts.validator = std::move(options.validator);
  parts.now = [&clock] { return clock.System(); };
  parts.publish = [&engine](engine::SnapshotPtr snapshot) {
    engine.SetSnapshot(std::move(snapshot));
  };
  parts.remember = [&engine](engine::SnapshotPtr earlier) {
    engine.RememberClusters(std::move(earlier));
  };
  WEIR_ASSIGN_OR_RETURN(server->configuration_, Configuration::Create(std::move(parts)));
  server->discovery_ = std::make_unique<DiscoveryService>(engine);
  server->config_ = std::make_unique<ConfigService>(*server->configuration_, engine, clock);
  return server;
}

absl::StatusOr<int> Server::Listen(const std::string& address) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(config_.get());
  builder.RegisterCallbackGenericService(discovery_.get());
  // A snapshot may be of any size.
  builder.SetMaxReceiveMessageSize(-1);
  builder.SetMaxSendMessageSize(-1);
  // Find dead clients, and let clients look for a dead server.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A second server on the address is an error, not a sharer.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    server_.reset();
    return Unavailable(StrCat("cannot listen on ", address, "; is the port in use?"));
  }
  return port;
}

void Server::Shutdown(std::chrono::milliseconds grace) {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + grace);
  server_.reset();
  engine_.Stop();
}

}  // namespace weir::control
