// The xDS transport in memory: the test is the control plane.
//
//   FakeXdsTransport transport(loop);
//   ... a client opens a stream ...
//   FakeXdsTransport::Call* call = transport.open_call();   // null: no stream is open
//   call->TakeSent();        // what the client said since the last time
//   call->Deliver(bytes);    // events come from the loop
//   call->End(status);
//
// Loop's thread. Events are posted one turn each, in order.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/event/loop.h"
#include "source/xds/transport.h"

namespace weir::fakes {

class FakeXdsTransport final : public xds::Transport {
 public:
  // The server's end of one stream.
  class Call {
   public:
    Call(event::Loop& loop, xds::Variant variant, xds::TransportHandler& handler)
        : loop_(loop), variant_(variant), handler_(&handler) {}

    xds::Variant variant() const { return variant_; }
    // What the client sent, in order, since the last call.
    std::vector<std::string> TakeSent() { return std::exchange(sent_, {}); }
    void Deliver(std::string bytes) { Queue({.bytes = std::move(bytes)}); }
    void End(absl::Status status) { Queue({.end = true, .status = std::move(status)}); }

   private:
    friend class FakeXdsTransport;
    struct Event {
      std::string bytes;
      bool end = false;
      absl::Status status;
    };

    void Queue(Event event) {
      events_.push_back(std::move(event));
      PostNext();
    }
    void PostNext() {
      if (posted_ || events_.empty()) return;
      posted_ = true;
      loop_.Post([weak = self_] {
        const std::shared_ptr<Call> call = weak.lock();
        if (call == nullptr || call->handler_ == nullptr) return;
        call->RunNext();
      });
    }
    void RunNext() {
      posted_ = false;
      Event event = std::move(events_.front());
      events_.pop_front();
      if (event.end) {
        events_.clear();
        ended_ = true;
        std::exchange(handler_, nullptr)->OnClosed(event.status);
        return;
      }
      handler_->OnMessage(std::move(event.bytes));
      if (handler_ != nullptr) PostNext();
    }

    event::Loop& loop_;
    const xds::Variant variant_;
    xds::TransportHandler* handler_;  // Null: given up or ended.
    std::weak_ptr<Call> self_;
    std::vector<std::string> sent_;
    std::deque<Event> events_;
    bool posted_ = false;
    bool ended_ = false;
  };

  explicit FakeXdsTransport(event::Loop& loop) : loop_(loop) {}
  FakeXdsTransport(const FakeXdsTransport&) = delete;
  FakeXdsTransport& operator=(const FakeXdsTransport&) = delete;

  // The stream that is open now.
  Call* open_call() const {
    return call_ != nullptr && call_->handler_ != nullptr ? call_.get() : nullptr;
  }
  // Streams opened so far, refused ones too.
  size_t opened() const { return opened_; }
  // While set, every stream ends with this at once, as when nobody listens.
  void set_refuse(absl::Status status) { refuse_ = std::move(status); }

  std::unique_ptr<xds::TransportStream> Open(xds::Variant variant,
                                             xds::TransportHandler& handler) override {
    ++opened_;
    call_ = std::make_shared<Call>(loop_, variant, handler);
    call_->self_ = call_;
    if (!refuse_.ok()) call_->End(refuse_);
    return std::make_unique<Stream>(call_);
  }

 private:
  class Stream final : public xds::TransportStream {
   public:
    explicit Stream(std::shared_ptr<Call> call) : call_(std::move(call)) {}
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() override { call_->handler_ = nullptr; }
    void Send(std::string bytes) override {
      if (!call_->ended_) call_->sent_.push_back(std::move(bytes));
    }

   private:
    const std::shared_ptr<Call> call_;
  };

  event::Loop& loop_;
  std::shared_ptr<Call> call_;
  size_t opened_ = 0;
  absl::Status refuse_;
};

}  // namespace weir::fakes
