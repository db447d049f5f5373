// weir.control.v1.ConfigService over gRPC: each call is handed to Configuration or EngineThread.
//
// Runs on gRPC's callback threads; checks of a push run there, not on the engine's thread.
#pragma once

#include "source/control/authenticator.h"
#include "source/control/configuration.h"
#include "source/control/engine_thread.h"
#include "source/event/clock.h"
#include "weir/control/v1/control.grpc.pb.h"

namespace weir::control {

class ConfigService final : public v1::ConfigService::CallbackService {
 public:
  // All outlive the service. `callers` null: everybody is let in.
  ConfigService(Configuration& configuration, EngineThread& engine, const event::Clock& clock,
                const Authenticator* callers)
      : configuration_(configuration), engine_(engine), clock_(clock), callers_(callers) {}

  grpc::ServerUnaryReactor* Push(grpc::CallbackServerContext* context,
                                 const v1::PushRequest* request,
                                 v1::PushResponse* response) override;
  grpc::ServerUnaryReactor* Validate(grpc::CallbackServerContext* context,
                                     const v1::ValidateRequest* request,
                                     v1::ValidateResponse* response) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const v1::GetRequest* request,
                                v1::GetResponse* response) override;
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const v1::DeleteRequest* request,
                                   v1::DeleteResponse* response) override;
  grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* context,
                                   const v1::StatusRequest* request,
                                   v1::StatusResponse* response) override;

 private:
  // Runs `answer` for callers who may, and ends the call.
  template <typename Answer>
  grpc::ServerUnaryReactor* AnswerIfAllowed(grpc::CallbackServerContext* context, Answer answer);

  Configuration& configuration_;
  EngineThread& engine_;
  const event::Clock& clock_;
  const Authenticator* const callers_;
};

// The nodes of `status`; monotonic times become wall times by `clock`.
void AddNodes(const std::vector<engine::NodeStatus>& nodes, const event::Clock& clock,
              v1::StatusResponse& response);

}  // namespace weir::control
