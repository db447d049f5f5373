#include "source/control/discovery_service.h"

#include <grpcpp/alarm.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "source/base/mutex.h"
#include "source/base/strings.h"

namespace weir::control {
namespace {

struct Service {
  std::string_view package_and_name;
  std::string_view suffix;  // StreamX and DeltaX.
  std::string_view type_url;
};
constexpr std::array kServices = {
    Service{"/envoy.service.discovery.v3.AggregatedDiscoveryService/", "AggregatedResources", ""},
    Service{"/envoy.service.cluster.v3.ClusterDiscoveryService/", "Clusters", engine::kClusterType},
    Service{"/envoy.service.endpoint.v3.EndpointDiscoveryService/", "Endpoints",
            engine::kEndpointType},
    Service{"/envoy.service.listener.v3.ListenerDiscoveryService/", "Listeners",
            engine::kListenerType},
    Service{"/envoy.service.route.v3.RouteDiscoveryService/", "Routes", engine::kRouteType},
    Service{"/envoy.service.secret.v3.SecretDiscoveryService/", "Secrets", engine::kSecretType},
};

std::optional<engine::StreamOptions> OptionsOf(std::string_view method) {
  for (const Service& service : kServices) {
    if (!method.starts_with(service.package_and_name)) continue;
    method.remove_prefix(service.package_and_name.size());
    engine::StreamOptions options;
    options.only_type = service.type_url;
    if (method == StrCat("Stream", service.suffix)) return options;
    options.variant = engine::Variant::kDelta;
    if (method == StrCat("Delta", service.suffix)) return options;
  }
  return std::nullopt;
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// The body without a copy: the slice holds on to it.
grpc::Slice Shared(std::shared_ptr<const std::string> body) {
  auto* holder = new std::shared_ptr<const std::string>(std::move(body));
  void* data = const_cast<char*>((*holder)->data());
  return grpc::Slice(
      data, (*holder)->size(),
      [](void* user) { delete static_cast<std::shared_ptr<const std::string>*>(user); }, holder);
}

// Ends a stream before its first message.
class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

class StreamReactor final : public grpc::ServerGenericBidiReactor, public Sink {
 public:
  static std::shared_ptr<StreamReactor> Start(EngineThread& engine, engine::StreamOptions options,
                                              std::string peer) {
    std::shared_ptr<StreamReactor> reactor(new StreamReactor(engine));
    reactor->self_ = reactor;
    engine.Open(reactor, std::move(options), std::move(peer));
    reactor->StartRead(&incoming(*reactor));
    return reactor;
  }
  // When that has passed the caller has to show anew who it is.
  static void EndAfter(const std::shared_ptr<StreamReactor>& reactor,
                       std::chrono::nanoseconds time) {
    using std::chrono::system_clock;
    reactor->end_.Set(
        system_clock::now() + std::chrono::duration_cast<system_clock::duration>(time),
        [weak = std::weak_ptr<StreamReactor>(reactor)](bool passed) {
          const std::shared_ptr<StreamReactor> open = passed ? weak.lock() : nullptr;
          if (open != nullptr) {
            open->Close(absl::UnauthenticatedError("the token has ended"));
          }
        });
  }

  // gRPC's threads.
  void OnReadDone(bool ok) override {
    if (!ok) {
      Close(absl::OkStatus());
      return;
    }
    engine_.Receive(this, Bytes(incoming_));
  }
  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
    current_.Clear();  // There may be a key in it, and the next message may be long in coming.
    if (ok) {
      WriteNext();
    } else {
      FinishOnce(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream is broken"));
    }
  }
  void OnCancel() override { Close(absl::CancelledError("cancelled")); }
  void OnDone() override {
    engine_.Close(this);
    // The engine's thread lets go of its reference in its turn.
    const std::shared_ptr<StreamReactor> last = std::move(self_);
  }

  // Engine's thread.
  void Send(engine::EncodedResponse bytes) override {
    std::array<grpc::Slice, 2> slices = {Shared(std::move(bytes.body)), grpc::Slice(bytes.tail)};
    MutexLock lock(mutex_);
    if (finished_) return;
    outgoing_.emplace_back(slices.data(), slices.size());
    WriteNext();
  }
  void Taken() override {
    MutexLock lock(mutex_);
    if (!finished_) StartRead(&incoming_);
  }
  // Any thread.
  void Close(const absl::Status& status) override {
    MutexLock lock(mutex_);
    FinishOnce(ToGrpc(status));
  }

 private:
  explicit StreamReactor(EngineThread& engine) : engine_(engine) {}
  static grpc::ByteBuffer& incoming(StreamReactor& reactor) { return reactor.incoming_; }

  void WriteNext() WEIR_REQUIRES(mutex_) {
    if (writing_ || finished_ || outgoing_.empty()) return;
    current_ = std::move(outgoing_.front());
    outgoing_.pop_front();
    writing_ = true;
    StartWrite(&current_);
  }
  void FinishOnce(const grpc::Status& status) WEIR_REQUIRES(mutex_) {
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  EngineThread& engine_;
  std::shared_ptr<StreamReactor> self_;  // Until OnDone.
  grpc::ByteBuffer incoming_;
  grpc::Alarm end_;  // Of the caller's token.
  Mutex mutex_;
  std::deque<grpc::ByteBuffer> outgoing_ WEIR_GUARDED_BY(mutex_);
  grpc::ByteBuffer current_ WEIR_GUARDED_BY(mutex_);
  bool writing_ WEIR_GUARDED_BY(mutex_) = false;
  bool finished_ WEIR_GUARDED_BY(mutex_) = false;
};

}  // namespace

grpc::ServerGenericBidiReactor* DiscoveryService::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  std::optional<engine::StreamOptions> options = OptionsOf(context->method());
  if (!options) {
    return new Refusal(
        {grpc::StatusCode::UNIMPLEMENTED, StrCat("no such method: ", context->method())});
  }
  absl::StatusOr<Authenticator::Caller> caller = Authenticator::Caller();
  if (callers_ != nullptr) caller = callers_->CallerOf(*context);
  if (!caller.ok()) return new Refusal(ToGrpc(caller.status()));
  options->identity = std::move(caller->path);
  const std::shared_ptr<StreamReactor> stream =
      StreamReactor::Start(engine_, *std::move(options), context->peer());
  if (caller->valid_for) StreamReactor::EndAfter(stream, *caller->valid_for);
  if (!caller->token_id.empty()) NoteTokenOf(stream, caller->token_id);
  return stream.get();
}

void DiscoveryService::NoteTokenOf(const std::shared_ptr<Sink>& stream,
                                   const std::string& token_id) {
  {
    MutexLock lock(mutex_);
    by_token_.emplace(token_id, stream);
    if (by_token_.size() >= sweep_at_) {
      std::erase_if(by_token_, [](const auto& entry) { return entry.second.expired(); });
      sweep_at_ = std::max(kFirstSweep, 2 * by_token_.size());
    }
  }
  // It may have been revoked since the caller was looked at.
  if (callers_->IsRevoked(token_id)) stream->Close(absl::UnauthenticatedError(kTokenRevoked));
}

void DiscoveryService::EndStreamsOf(const HashSet& token_ids) {
  std::vector<std::shared_ptr<Sink>> streams;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, stream] : by_token_) {
      if (token_ids.contains(id)) streams.push_back(stream.lock());
    }
  }
  for (const std::shared_ptr<Sink>& stream : streams) {
    if (stream != nullptr) stream->Close(absl::UnauthenticatedError(kTokenRevoked));
  }
}

}  // namespace weir::control
