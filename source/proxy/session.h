// One downstream HTTP connection: byte stream, codec, and the requests on it.
//
//   kOpen ----------> kClosing ----------> kLingering ---------> kClosed
//     |  last answer,    output flushed:      client ended, or       ^
//     |  error, limit    write side shut      delayed_close_timeout  |
//     +--------------------------------------------------------------+  reset, failure, deadline
//
// What is torn (CodecState::kTorn) lingers without the end of our side, and is reset then.
//
// Reads go on until the stream says that there is no more; everything encoded in a turn is written
// once at its end. Owned by the worker's connection; worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/http/codec.h"
#include "source/http/h1/codec.h"
#include "source/http/h2/codec.h"
#include "source/http/h2/keepalive.h"
#include "source/net/byte_stream.h"
#include "source/proxy/platform.h"
#include "source/proxy/request_stream.h"

namespace weir::proxy {

class SessionOwner {
 public:
  // The session is over and may be destroyed (from the loop's deferred-delete list).
  virtual void OnSessionEnd() = 0;

 protected:
  ~SessionOwner() = default;
};

// What a session is made for.
struct SessionConfig {
  const generation::Chain& chain;     // With a connection manager. Its owner pins it.
  size_t buffer_limit = 1024 * 1024;  // Of the listener.
};

class Session final : public net::ByteStreamHandler,
                      public http::ServerCodecHandler,
                      public RequestOwner {
 public:
  Session(const Platform& platform, SessionConfig config, std::unique_ptr<net::ByteStream> stream,
          stream_info::ConnectionInfo& connection, SessionOwner& owner);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // Begins, with the bytes that listener filters have read already.
  void Start(buffer::Buffer initial);
  // Tells the client to go elsewhere: HTTP/2 by GOAWAY now, HTTP/1 with the next answer. An idle
  // HTTP/1 connection is left open: closing it would race with a request on its way.
  void Drain();
  // Ends what is idle, and what is busy after its last answer; with `now` the busy ones too. An
  // idle client that would otherwise lose a request on its way has drain_timeout to be heard.
  void Close(bool now);

  bool idle() const { return requests_.empty(); }
  // What it and its requests hold.
  void AddHeld(buffer::Ledger& ledger);
  // Calls visit(RequestStream&, const buffer::Ledger& held) for each request. What the connection
  // holds itself counts for the request that is alone on it.
  template <typename Visit>
  void ForEachRequest(Visit visit) {
    for (RequestStream& request : requests_) {
      buffer::Ledger held;
      request.AddHeld(held);
      if (&requests_.front() == &requests_.back()) AddOwn(held);
      visit(request, held);
    }
  }
  const generation::Chain& chain() const { return context_.chain; }

  // net::ByteStreamHandler
  void OnConnected() override {}
  void OnReadable() override { Read(); }
  void OnWritable() override {
    write_blocked_ = false;
    QueueTurnEnd();
  }
  void OnFailed(std::string_view reason) override;
  // http::ServerCodecHandler
  http::ServerStreamHandler& OnRequestStart(http::ServerStream& stream) override;
  void OnConnectionError(const http::StreamError& error) override;
  bool OverlooksUpgrade(std::string_view protocol) override;
  std::string_view OnRefused(const http::StreamError& error, http::ResponseHead& head,
                             std::string_view body) override;
  void OnOutput() override;
  // RequestOwner
  void BeforeResponse(bool last) override;
  void OnReadResumed() override {
    decode_again_ = true;
    QueueTurnEnd();
  }
  const router::RouteIndex* RoutesOf(const generation::WorkerGeneration::Pin& pin) override;
  void OnRequestDone(RequestStream& stream) override;

 private:
  enum class State : uint8_t { kOpen, kClosing, kLingering, kClosed };

  void AddOwn(buffer::Ledger& ledger) const;
  const config::HttpConnectionManager& http() const { return context_.http(); }
  void QueueTurnEnd() { context_.platform.loop.AtTurnEnd(turn_end_); }
  void Read();
  bool ReadOnce();
  void Discard();
  bool ChooseCodec();
  void MakeCodec(bool http2);
  void MakeHttp2Codec(const http::CodecLimits& limits, std::string_view scheme);
  void Decode();
  void OnPeerEnd();
  void OnTurnEnd();
  void AdvanceCodec();
  void ShutWriteSideWhenSent();
  void Flush();
  void UpdateTimers();
  bool MayHearFirst() const;
  bool is_http2() const {
    return codec_ != nullptr && codec_->protocol() == http::Protocol::kHttp2;
  }
  bool IsTorn() const { return codec_state_ == http::CodecState::kTorn; }
  void UpdateIdleTimer();
  void BeginClosing();
  void StopTimers();
  void FinishClosing();
  void Abort(const http::StreamError& error, bool remote, net::ByteStream::CloseMode mode);
  void OnIdle();
  void OnHeadersTimeout();
  void OnMaxDuration();
  // drain_timeout with its jitter.
  event::Duration DrainTime() const;

  std::unique_ptr<net::ByteStream> stream_;
  stream_info::ConnectionInfo& connection_;
  SessionOwner& owner_;
  const RequestContext context_;
  // Of the codec, which refers to them.
  std::variant<std::monostate, std::shared_ptr<const http::h1::Options>,
               std::shared_ptr<const http::h2::Options>>
      codec_options_;
  std::unique_ptr<http::ServerCodec> codec_;        // Null until the protocol is known.
  std::unique_ptr<http::h2::Keepalive> keepalive_;  // Null without one.
  IntrusiveList<RequestStream> requests_;  // Owned: one from OnRequestStart to OnRequestDone.
  buffer::Buffer in_;
  State state_ = State::kOpen;
  http::CodecState codec_state_ = http::CodecState::kOpen;
  bool read_stopped_ = false;  // Unread bytes may wait in the kernel.
  bool decode_again_ = false;  // The codec may hold events back that it may give now.
  bool ending_requests_ = false;
  bool peer_ended_ = false;
  bool write_blocked_ = false;  // The transport is full: OnWritable comes.
  bool output_blocked_ = false;
  bool write_shut_ = false;  // Of a tunnel whose other direction goes on.
  bool draining_ = false;
  bool life_over_ = false;     // max_connection_duration was reached.
  bool closing_soon_ = false;  // Asked to close while idle: at most drain_timeout is waited.
  bool drain_counted_ = false;
  uint32_t requests_seen_ = 0;
  uint32_t timed_head_ = 0;  // requests_seen_ when headers_timer_ was enabled.
  size_t unsent_ = 0;        // Of answers to requests that are over, when it was last looked at.
  // The table of the generation last asked for.
  uint64_t routes_of_generation_ = 0;
  const router::RouteIndex* routes_ = nullptr;
  event::TurnEndTask turn_end_;
  event::Timer idle_timer_;  // Idle, or lingering.
  // Those that most connections do without are made when they are first armed.
  std::unique_ptr<event::Timer> headers_timer_;
  std::unique_ptr<event::Timer> duration_timer_;
};

}  // namespace weir::proxy
