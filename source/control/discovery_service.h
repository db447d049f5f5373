// The discovery services over gRPC: bytes in, bytes out, nothing else.
//
// One generic callback service answers the aggregated stream and the single-type streams, in both
// variants, by the method's name. Reactors run on gRPC's threads; each message is handed to the
// engine's thread through EngineThread and each answer comes back from there. A stream reads its
// next message when the engine has taken the last one.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include "source/control/authenticator.h"
#include "source/control/engine_thread.h"

namespace weir::control {

class DiscoveryService final : public grpc::CallbackGenericService {
 public:
  // Both outlive the service. `callers` null: everybody is let in.
  DiscoveryService(EngineThread& engine, const Authenticator* callers)
      : engine_(engine), callers_(callers) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  EngineThread& engine_;
  const Authenticator* const callers_;
};

}  // namespace weir::control
