// What every transport promises, held against the fake and against gRPC with a server in this
// process.
#include "source/xds/transport.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "source/base/mutex.h"
#include "source/base/strings.h"
#include "source/event/epoll_loop.h"
#include "source/xds/grpc_transport.h"
#include "test/fakes/fake_xds_transport.h"
#include "test/fakes/sim_loop.h"

namespace weir::xds {
namespace {

using Strings = std::vector<std::string>;

// A transport with a server behind it.
class Rig {
 public:
  virtual ~Rig() = default;
  virtual Transport& transport() = 0;
  // Runs the loop until `done`; false when it took too long.
  virtual bool RunUntil(const std::function<bool()>& done) = 0;
  // Runs the loop as long as something may still come.
  virtual void Drain() = 0;
  // The server's end of the newest stream: what it got so far, and what it does.
  virtual Strings Received() = 0;
  virtual void Deliver(const std::string& bytes) = 0;
  virtual void End(const absl::Status& status) = 0;
  // Nobody answers any more.
  virtual void StopListening() = 0;
};

class FakeRig final : public Rig {
 public:
  Transport& transport() override { return transport_; }
  bool RunUntil(const std::function<bool()>& done) override { return loop_.RunUntilTrue(done); }
  void Drain() override { loop_.RunFor(std::chrono::seconds(1)); }
  Strings Received() override {
    if (auto* call = transport_.open_call()) {
      for (std::string& bytes : call->TakeSent()) received_.push_back(std::move(bytes));
    }
    return received_;
  }
  void Deliver(const std::string& bytes) override { transport_.open_call()->Deliver(bytes); }
  void End(const absl::Status& status) override { transport_.open_call()->End(status); }
  void StopListening() override { transport_.set_refuse(absl::UnavailableError("refused")); }

 private:
  fakes::SimLoop loop_;
  fakes::FakeXdsTransport transport_{loop_};
  Strings received_;
};

// One call on the server's side; gRPC's threads and the test's.
class ServerCall final : public grpc::ServerGenericBidiReactor {
 public:
  ServerCall() { StartRead(&incoming_); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    std::vector<grpc::Slice> slices;
    std::string bytes;
    (void)incoming_.Dump(&slices);
    for (const grpc::Slice& slice : slices)
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    MutexLock lock(mutex_);
    received_.push_back(std::move(bytes));
    if (!finished_) StartRead(&incoming_);
  }
  void OnWriteDone(bool) override {
    MutexLock lock(mutex_);
    writing_ = false;
    Go();
  }
  void OnCancel() override {
    MutexLock lock(mutex_);
    cancelled_ = true;
    if (!finish_.has_value()) finish_ = grpc::Status::CANCELLED;
    Go();
  }
  void OnDone() override {}  // The rig owns it until the server is gone.

  Strings received() {
    MutexLock lock(mutex_);
    return received_;
  }
  bool cancelled() {
    MutexLock lock(mutex_);
    return cancelled_;
  }
  void Write(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    MutexLock lock(mutex_);
    outgoing_.emplace_back(&slice, 1);
    Go();
  }
  void End(const grpc::Status& status) {
    MutexLock lock(mutex_);
    if (!finish_.has_value()) finish_ = status;
    Go();
  }

 private:
  void Go() WEIR_REQUIRES(mutex_) {
    if (writing_ || finished_) return;
    if (!outgoing_.empty() && !cancelled_) {
      writing_ = true;
      written_ = std::move(outgoing_.front());
      outgoing_.erase(outgoing_.begin());
      StartWrite(&written_);
    } else if (finish_.has_value()) {
      finished_ = true;
      Finish(*finish_);
    }
  }

  Mutex mutex_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer written_ WEIR_GUARDED_BY(mutex_);
  std::vector<grpc::ByteBuffer> outgoing_ WEIR_GUARDED_BY(mutex_);
  Strings received_ WEIR_GUARDED_BY(mutex_);
  std::optional<grpc::Status> finish_ WEIR_GUARDED_BY(mutex_);
  bool writing_ WEIR_GUARDED_BY(mutex_) = false;
  bool cancelled_ WEIR_GUARDED_BY(mutex_) = false;
  bool finished_ WEIR_GUARDED_BY(mutex_) = false;
};

class Service final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    MutexLock lock(mutex_);
    methods_.push_back(context->method());
    calls_.push_back(std::make_unique<ServerCall>());
    return calls_.back().get();
  }
  ServerCall* newest() {
    MutexLock lock(mutex_);
    return calls_.empty() ? nullptr : calls_.back().get();
  }
  Strings methods() {
    MutexLock lock(mutex_);
    return methods_;
  }

 private:
  Mutex mutex_;
  std::vector<std::unique_ptr<ServerCall>> calls_ WEIR_GUARDED_BY(mutex_);
  Strings methods_ WEIR_GUARDED_BY(mutex_);
};

class GrpcRig final : public Rig {
 public:
  GrpcRig() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.SetMaxReceiveMessageSize(-1);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    loop_ = *event::EpollLoop::Create(clock_);
    transport_ =
        std::make_unique<GrpcTransport>(*loop_, GrpcTarget{.target = StrCat("127.0.0.1:", port)});
  }
  ~GrpcRig() override {
    transport_.reset();
    StopListening();
  }

  Transport& transport() override { return *transport_; }
  bool RunUntil(const std::function<bool()>& done) override {
    const auto deadline = clock_.Monotonic() + std::chrono::seconds(30);
    while (!done()) {
      if (clock_.Monotonic() > deadline) return false;
      loop_->RunOnce(std::chrono::milliseconds(2));
    }
    return true;
  }
  void Drain() override {
    if (service_.newest() != nullptr) {
      RunUntil([this] { return service_.newest()->cancelled(); });
    }
    for (int i = 0; i < 10; ++i) loop_->RunOnce(std::chrono::milliseconds(2));
  }
  Strings Received() override {
    ServerCall* call = service_.newest();
    return call == nullptr ? Strings{} : call->received();
  }
  void Deliver(const std::string& bytes) override { service_.newest()->Write(bytes); }
  void End(const absl::Status& status) override {
    service_.newest()->End(grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                                        std::string(ToStd(status.message()))));
  }
  void StopListening() override {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
  }

  Service& service() { return service_; }

 private:
  const event::SystemClock clock_;
  Service service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<event::EpollLoop> loop_;
  std::unique_ptr<GrpcTransport> transport_;
};

class Recorder final : public TransportHandler {
 public:
  void OnMessage(std::string bytes) override {
    inside = true;
    messages.push_back(std::move(bytes));
    if (on_message) on_message();
    inside = false;
  }
  void OnClosed(absl::Status status) override { closed.push_back(std::move(status)); }

  bool inside = false;
  Strings messages;
  std::vector<absl::Status> closed;
  std::function<void()> on_message;
};

class TransportTest : public ::testing::TestWithParam<bool> {
 protected:
  TransportTest() {
    if (GetParam()) {
      rig_ = std::make_unique<GrpcRig>();
    } else {
      rig_ = std::make_unique<FakeRig>();
    }
  }
  // A stream that the server has heard of.
  void OpenStream() {
    stream_ = rig_->transport().Open(Variant::kDelta, handler_);
    stream_->Send("hello");
    ASSERT_TRUE(rig_->RunUntil([this] { return rig_->Received() == Strings{"hello"}; }));
  }

  std::unique_ptr<Rig> rig_;
  Recorder handler_;
  std::unique_ptr<TransportStream> stream_;
};

TEST_P(TransportTest, CarriesMessagesBothWaysInOrder) {
  stream_ = rig_->transport().Open(Variant::kSotw, handler_);
  const Strings sent = {"one", "", "two", std::string("\0\xff", 2)};
  for (const std::string& bytes : sent) stream_->Send(bytes);
  ASSERT_TRUE(rig_->RunUntil([&] { return rig_->Received() == sent; }));
  for (const std::string& bytes : sent) rig_->Deliver(bytes);
  EXPECT_TRUE(handler_.messages.empty());
  ASSERT_TRUE(rig_->RunUntil([&] { return handler_.messages.size() == sent.size(); }));
  EXPECT_EQ(handler_.messages, sent);
  EXPECT_TRUE(handler_.closed.empty());
}

TEST_P(TransportTest, CarriesMessagesOfAnySize) {
  OpenStream();
  const std::string large(size_t{9} * 1024 * 1024, 'x');
  rig_->Deliver(large);
  ASSERT_TRUE(rig_->RunUntil([&] { return handler_.messages.size() == 1; }));
  EXPECT_EQ(handler_.messages[0], large);
}

TEST_P(TransportTest, TellsTheEndOnceAfterTheMessages) {
  OpenStream();
  rig_->Deliver("last");
  rig_->End(absl::PermissionDeniedError("who are you"));
  ASSERT_TRUE(rig_->RunUntil([&] { return !handler_.closed.empty(); }));
  EXPECT_EQ(handler_.messages, Strings{"last"});
  EXPECT_EQ(handler_.closed, std::vector<absl::Status>{absl::PermissionDeniedError("who are you")});
  stream_->Send("into the void");
  stream_.reset();
}

TEST_P(TransportTest, AnEndInOrderIsOk) {
  OpenStream();
  rig_->End(absl::OkStatus());
  ASSERT_TRUE(rig_->RunUntil([&] { return !handler_.closed.empty(); }));
  EXPECT_TRUE(handler_.closed[0].ok());
}

TEST_P(TransportTest, NothingComesAfterTheStreamWasDestroyed) {
  OpenStream();
  rig_->Deliver("too late");
  stream_.reset();
  rig_->Drain();
  EXPECT_TRUE(handler_.messages.empty());
  EXPECT_TRUE(handler_.closed.empty());
}

TEST_P(TransportTest, AStreamMayBeDestroyedFromItsOwnEvent) {
  OpenStream();
  handler_.on_message = [this] { stream_.reset(); };
  rig_->Deliver("one");
  rig_->Deliver("two");
  ASSERT_TRUE(rig_->RunUntil([&] { return stream_ == nullptr; }));
  rig_->Drain();
  EXPECT_EQ(handler_.messages, Strings{"one"});
  EXPECT_TRUE(handler_.closed.empty());
}

TEST_P(TransportTest, ASendFromInsideAnEventGoesOut) {
  OpenStream();
  handler_.on_message = [this] { stream_->Send("answer"); };
  rig_->Deliver("question");
  EXPECT_TRUE(rig_->RunUntil([&] { return rig_->Received() == Strings({"hello", "answer"}); }));
}

TEST_P(TransportTest, WhenNobodyListensTheStreamEndsUnavailable) {
  rig_->StopListening();
  stream_ = rig_->transport().Open(Variant::kSotw, handler_);
  stream_->Send("hello");
  EXPECT_TRUE(handler_.closed.empty());
  ASSERT_TRUE(rig_->RunUntil([&] { return !handler_.closed.empty(); }));
  EXPECT_EQ(handler_.closed[0].code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(handler_.closed.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Transports, TransportTest, ::testing::Values(false, true),
                         [](const auto& tested) { return tested.param ? "Grpc" : "Fake"; });

// A loop on a thread of its own that is always ahead: what is posted has run and is gone, or is at
// that, when Post returns.
class PromptLoop final : public event::Loop {
 public:
  ~PromptLoop() override {
    for (std::thread& thread : threads_) thread.join();
  }
  event::MonotonicTime Now() const override { return {}; }
  event::SystemTime WallNow() const override { return {}; }
  void Arm(event::Timer&, event::Duration) override {}
  void Disarm(event::Timer&) override {}
  void AtTurnEnd(event::TurnEndTask&) override {}
  void DeferDelete(std::unique_ptr<event::DeferredDeletable>) override {}
  void Post(std::function<void()> task) override {
    threads_.emplace_back([this, task = std::move(task)]() mutable {
      {
        MutexLock turn(turn_);
        task();
        task = nullptr;
      }
      MutexLock lock(mutex_);
      gone_ = true;
      changed_.Signal();
    });
    // What is posted may, in going, wait for the thread that is here.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    MutexLock lock(mutex_);
    while (!gone_ && changed_.WaitUntil(mutex_, deadline)) continue;
  }
  // As if from the loop's thread: nothing that was posted runs meanwhile.
  void Do(const std::function<void()>& work) {
    MutexLock turn(turn_);
    work();
  }

 private:
  Mutex turn_;
  Mutex mutex_;
  CondVar changed_;
  bool gone_ WEIR_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// The process ends when a thread of gRPC is left with the last reference.
TEST(GrpcTransportTest, GrpcsThreadsDestroyNoCall) {
  Recorder handler;
  PromptLoop loop;
  GrpcTransport transport(loop, GrpcTarget{.target = "127.0.0.1:1"});
  // The test's own reference goes first: it is given up, and the end comes from gRPC.
  loop.Do([&] { transport.Open(Variant::kSotw, handler).reset(); });
}

TEST(GrpcTransportTest, CallsTheMethodsOfAds) {
  GrpcRig rig;
  Recorder handler;
  for (const Variant variant : {Variant::kSotw, Variant::kDelta}) {
    const size_t before = rig.service().methods().size();
    const auto stream = rig.transport().Open(variant, handler);
    stream->Send("x");
    ASSERT_TRUE(rig.RunUntil([&] { return rig.service().methods().size() > before; }));
  }
  EXPECT_EQ(
      rig.service().methods(),
      (Strings{"/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
               "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"}));
}

}  // namespace
}  // namespace weir::xds
