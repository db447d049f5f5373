#include "source/xds/grpc_transport.h"

#include <cstring>
#include <deque>

#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/channel_arguments.h"
#include "source/base/check.h"
#include "source/base/mutex.h"
#include "source/base/strings.h"

namespace weir::xds {
namespace {

// The service of a type. Its methods are Stream and Delta, followed by the plural.
struct Service {
  std::string_view type_url;
  std::string_view name;
  std::string_view plural;
};
constexpr Service kServices[] = {
    {"", "discovery.v3.AggregatedDiscoveryService", "AggregatedResources"},
    {"type.googleapis.com/envoy.config.cluster.v3.Cluster", "cluster.v3.ClusterDiscoveryService",
     "Clusters"},
    {"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
     "endpoint.v3.EndpointDiscoveryService", "Endpoints"},
    {"type.googleapis.com/envoy.config.listener.v3.Listener",
     "listener.v3.ListenerDiscoveryService", "Listeners"},
    {"type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
     "route.v3.RouteDiscoveryService", "Routes"},
    {"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
     "secret.v3.SecretDiscoveryService", "Secrets"},
    {"type.googleapis.com/envoy.service.runtime.v3.Runtime", "runtime.v3.RuntimeDiscoveryService",
     "Runtime"},
};

std::string MethodOf(Variant variant, std::string_view type_url) {
  for (const Service& service : kServices) {
    if (service.type_url != type_url) continue;
    return StrCat("/envoy.service.", service.name, "/",
                  variant == Variant::kSotw ? "Stream" : "Delta", service.plural);
  }
  WEIR_CHECK(false, "a type with a service of its own");
  return "";
}

std::shared_ptr<grpc::Channel> MakeChannel(const GrpcTarget& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!target.server_name.empty()) arguments.SetSslTargetNameOverride(target.server_name);
  if (target.keepalive_interval.count() > 0) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS,
                     static_cast<int>(target.keepalive_interval.count()));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                     static_cast<int>(target.keepalive_timeout.count()));
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  }
  return grpc::CreateCustomChannel(
      target.target,
      target.make_credentials ? target.make_credentials() : grpc::InsecureChannelCredentials(),
      arguments);
}

grpc::ByteBuffer ToByteBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// Nothing stays in `buffer`, nor where its bytes were: slices are parts of a block into which gRPC
// receives until it is full, and secrets would stand there for as long.
std::string TakeBytes(grpc::ByteBuffer& buffer) {
  std::string bytes;
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    // Of this message alone, which has no other reader.
    explicit_bzero(const_cast<uint8_t*>(slice.begin()), slice.size());
  }
  buffer.Clear();
  return bytes;
}

}  // namespace

// How many calls gRPC still holds.
struct GrpcTransport::Living {
  Mutex mutex;
  CondVar changed;
  int calls WEIR_GUARDED_BY(mutex) = 0;

  void Add() {
    MutexLock lock(mutex);
    ++calls;
  }
  void Remove() {
    MutexLock lock(mutex);
    --calls;
    changed.SignalAll();
  }
  void AwaitNone() {
    MutexLock lock(mutex);
    while (calls > 0) changed.Wait(mutex);
  }
};

// One call as gRPC sees it. gRPC's threads run the On... methods; what they learn goes to the loop.
// A hold keeps gRPC from ending the call while the loop may still start operations on it.
class GrpcTransport::Call final
    : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
      public std::enable_shared_from_this<Call> {
 public:
  Call(event::Loop& loop, std::shared_ptr<Living> living, TransportHandler& handler)
      : loop_(loop), living_(std::move(living)), handler_(&handler) {}

  // Loop's thread:
  void Start(const GrpcTarget& target, Variant variant) {
    living_->Add();
    self_ = shared_from_this();
    if (!target.authority.empty()) context_.set_authority(target.authority);
    for (const auto& [key, value] : target.initial_metadata) context_.AddMetadata(key, value);
    stub_ = std::make_unique<grpc::GenericStub>(MakeChannel(target));
    stub_->PrepareBidiStreamingCall(&context_, MethodOf(variant, target.type_url),
                                    grpc::StubOptions(), this);
    AddHold();
    StartRead(&incoming_);
    StartCall();
  }

  void Send(const std::string& bytes) {
    {
      MutexLock lock(mutex_);
      if (let_go_) return;
      outgoing_.push_back(ToByteBuffer(bytes));
      if (writing_) return;
      TakeNextToWrite();
      AddHold();  // Until the write is started: the other hold may go as soon as the lock does.
    }
    StartWrite(&written_);
    RemoveHold();
  }

  void GiveUp() {
    handler_ = nullptr;
    context_.TryCancel();
    LetGo();
  }

  // gRPC's threads:
  void OnReadDone(bool ok) override {
    if (!ok) {
      LetGo();
      return;
    }
    loop_.Post([self = shared_from_this()] { self->Deliver(); });
  }

  void OnWriteDone(bool ok) override {
    {
      MutexLock lock(mutex_);
      writing_ = false;
      if (!ok || let_go_ || outgoing_.empty()) return;
      TakeNextToWrite();
    }
    StartWrite(&written_);
  }

  // The call's end, and with it the channel's, is the loop's business: a channel that goes on a
  // thread of gRPC makes that thread wait for itself, and the process aborts. So gRPC's reference
  // moves to the loop, and nothing of this object is used after that.
  void OnDone(const grpc::Status& status) override {
    absl::Status closed(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
    const std::shared_ptr<Living> living = living_;
    loop_.Post([self = std::move(self_), closed = std::move(closed)] {
      if (self->handler_ != nullptr) std::exchange(self->handler_, nullptr)->OnClosed(closed);
    });
    living->Remove();
  }

 private:
  // The bytes are taken on the loop's thread, whose stack the parsing of them overwrites. A thread
  // of gRPC would wait for the next message with vector registers full of this one saved on its
  // stack, and those hold a whole key.
  void Deliver() {
    std::string bytes = TakeBytes(incoming_);
    if (handler_ != nullptr) handler_->OnMessage(std::move(bytes));
    {
      MutexLock lock(mutex_);
      if (let_go_) return;
      AddHold();
    }
    StartRead(&incoming_);
    RemoveHold();
  }

  void TakeNextToWrite() WEIR_REQUIRES(mutex_) {
    writing_ = true;
    written_ = std::move(outgoing_.front());
    outgoing_.pop_front();
  }

  // The loop starts nothing any more.
  void LetGo() {
    {
      MutexLock lock(mutex_);
      if (std::exchange(let_go_, true)) return;
      outgoing_.clear();
    }
    RemoveHold();
  }

  event::Loop& loop_;
  const std::shared_ptr<Living> living_;
  TransportHandler* handler_;  // Loop's thread. Null: given up or told of the end.
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::ByteBuffer incoming_;   // gRPC's while a read is under way.
  grpc::ByteBuffer written_;    // gRPC's while a write is.
  std::shared_ptr<Call> self_;  // gRPC's reference, until OnDone.
  Mutex mutex_;
  std::deque<grpc::ByteBuffer> outgoing_ WEIR_GUARDED_BY(mutex_);
  bool writing_ WEIR_GUARDED_BY(mutex_) = false;
  bool let_go_ WEIR_GUARDED_BY(mutex_) = false;
};

class GrpcTransport::Stream final : public TransportStream {
 public:
  explicit Stream(std::shared_ptr<Call> call) : call_(std::move(call)) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() override { call_->GiveUp(); }

  void Send(std::string bytes) override { call_->Send(bytes); }

 private:
  const std::shared_ptr<Call> call_;
};

GrpcTransport::GrpcTransport(event::Loop& loop, GrpcTarget target)
    : loop_(loop), target_(std::move(target)), living_(std::make_shared<Living>()) {}

GrpcTransport::~GrpcTransport() { living_->AwaitNone(); }

std::unique_ptr<TransportStream> GrpcTransport::Open(Variant variant, TransportHandler& handler) {
  auto call = std::make_shared<Call>(loop_, living_, handler);
  call->Start(target_, variant);
  return std::make_unique<Stream>(std::move(call));
}

}  // namespace weir::xds
