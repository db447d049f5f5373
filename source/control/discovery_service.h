// The discovery services over gRPC: bytes in, bytes out, nothing else.
//
// One generic callback service answers the aggregated stream and the single-type streams, in both
// variants, by the method's name. Reactors run on gRPC's threads; each message is handed to the
// engine's thread through EngineThread and each answer comes back from there. A stream reads its
// next message when the engine has taken the last one.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <map>
#include <memory>
#include <string>

#include "source/base/hash_map.h"
#include "source/base/mutex.h"
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

  // Ends the streams that began with one of these tokens. Any thread.
  void EndStreamsOf(const HashSet& token_ids);

 private:
  void NoteTokenOf(const std::shared_ptr<Sink>& stream, const std::string& token_id);

  EngineThread& engine_;
  const Authenticator* const callers_;
  Mutex mutex_;
  static constexpr size_t kFirstSweep = 64;
  // By the token that they began with; among them are those that ended since they were swept out.
  std::multimap<std::string, std::weak_ptr<Sink>, std::less<>> by_token_ WEIR_GUARDED_BY(mutex_);
  size_t sweep_at_ WEIR_GUARDED_BY(mutex_) = kFirstSweep;
};

}  // namespace weir::control
