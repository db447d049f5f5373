// One try of a request at one host: from the wish for a stream to the codec letting go of it.
//
//            Start              ready                    end of both sides
//   kIdle ----------> kPending -------> kOpen ------------------------------> kIdle
//     ^                  | failed         | reset by either side    closed      |
//     +------------------+                +-----------> kClosing --------------->+
//
// The same object serves tries one after the other. While kOpen or kClosing the codec knows it, so
// its owner must live on; `OnAttemptIdle` says when it need not any more. Worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "source/buffer/buffer.h"
#include "source/buffer/ledger.h"
#include "source/event/loop.h"
#include "source/http/codec.h"
#include "source/proxy/attempt_log.h"
#include "source/upstream/cluster.h"

namespace weir::proxy {

class UpstreamAttempt;

// What the owner hears of its try. None of these is called from inside Start, Send or Reset.
class AttemptHandler {
 public:
  virtual void OnAttemptReady(UpstreamAttempt& attempt) = 0;
  virtual void OnAttemptInformational(UpstreamAttempt& attempt) = 0;
  virtual void OnAttemptHeaders(UpstreamAttempt& attempt, bool end) = 0;
  virtual void OnAttemptBody(UpstreamAttempt& attempt, buffer::Buffer& data, bool end) = 0;
  virtual void OnAttemptTrailers(UpstreamAttempt& attempt, http::HeaderMap& trailers) = 0;
  // The try failed; or, with kPerTryTimeout, kPerTryIdleTimeout and kMaxDuration, it took too long
  // and goes on until it is reset.
  virtual void OnAttemptError(UpstreamAttempt& attempt, const http::StreamError& error) = 0;
  // The upstream takes the request more slowly than it comes (true), or has caught up.
  virtual void OnAttemptBackpressure(UpstreamAttempt& attempt, bool blocked) = 0;
  virtual void OnAttemptIdle(UpstreamAttempt& attempt) = 0;

 protected:
  ~AttemptHandler() = default;
};

// Limits of one try; 0: none.
struct AttemptTimeouts {
  event::Duration whole{0};  // Until the head of the answer.
  event::Duration idle{0};   // Without a byte in either direction.
};

class UpstreamAttempt final : public upstream::StreamRequestHandler,
                              public http::ClientStreamHandler {
 public:
  enum class State : uint8_t { kIdle, kPending, kOpen, kClosing };

  // `response` is where the head of every try's answer goes; it outlives the tries.
  UpstreamAttempt(event::Loop& loop, buffer::BlockPool& blocks, AttemptHandler& handler,
                  http::ResponseHead& response)
      : loop_(loop), handler_(handler), response_(response), waiting_(blocks) {}
  UpstreamAttempt(const UpstreamAttempt&) = delete;
  UpstreamAttempt& operator=(const UpstreamAttempt&) = delete;
  ~UpstreamAttempt();

  State state() const { return state_; }
  // The next Start's try writes these records. kIdle only.
  void LogTo(std::unique_ptr<AttemptLog> log) { log_ = std::move(log); }
  bool in_flight() const { return state_ == State::kPending || state_ == State::kOpen; }
  // kIdle only. kReady: the stream is open, send at once.
  upstream::Start Start(upstream::Cluster& cluster, const upstream::StreamOptions& options);
  // After kFailed.
  const http::StreamError& start_error() const { return request_->error(); }
  // kOpen only.
  http::ClientStream& stream() { return *request_->stream(); }
  // After a Start: the host tried, if one was chosen; the connection, once open.
  const upstream::HostRef& host() const { return request_->host(); }
  bool started() const { return request_.has_value(); }
  const upstream::ConnectionFacts& connection() const { return request_->connection(); }
  // After a Start: writes host and connection into `upstream`, as far as there are any.
  void Describe(stream_info::UpstreamInfo& upstream) const;

  // Bytes of the request that this try has not sent yet; the owner adds to them.
  buffer::Buffer& waiting() { return waiting_; }
  // Sends head, waiting bytes and end as far as they are there and not sent yet; nothing unless
  // kOpen. `ended`: what waits is the last, but for `trailers` (null: there are none).
  void Send(const http::RequestHead& head, bool ended, const http::HeaderMap* trailers);
  bool head_sent() const { return head_sent_; }
  bool end_sent() const { return end_sent_; }
  event::MonotonicTime first_byte_sent() const { return first_byte_sent_; }
  http::ResponseHead& response() { return response_; }

  // From now on the try has these limits; EndTimeouts takes them away, and the one on its life.
  void SetTimeouts(const AttemptTimeouts& timeouts);
  // The stream may live so long from now on; 0: no limit.
  void SetMaxDuration(event::Duration duration);
  void EndTimeouts();

  // Whether its stream blocks what is sent, as told by OnAttemptBackpressure.
  bool blocked() const { return blocked_; }

  void AddHeld(buffer::Ledger& ledger) {
    ledger.Add(buffer::LedgerKind::kBody, waiting_.size());
    if (state_ != State::kOpen) return;
    ledger.Add(buffer::LedgerKind::kOutput, stream().buffered());
    ledger.Add(buffer::LedgerKind::kInput, stream().undelivered());
  }

  // Gives the try up: nothing but OnAttemptIdle follows.
  void Reset(const http::StreamError& error);

  // upstream::StreamRequestHandler
  void OnStreamReady() override;
  void OnStreamFailed(const http::StreamError& error) override;
  // http::ClientStreamHandler
  http::ResponseHead& response_head() override { return response_; }
  void OnInformational() override;
  void OnHeaders(bool end) override;
  void OnBody(buffer::Buffer& data, bool end) override;
  void OnTrailers(http::HeaderMap& trailers) override;
  void OnReset(const http::StreamError& error) override;
  void OnBackpressure(bool blocked) override;
  void OnStreamClosed() override;

 private:
  void Progress();
  void Opened();
  void ResponseEnded(const http::HeaderMap* trailers = nullptr);
  // Writes the last record and forgets the log.
  void EndLog(const http::StreamError* error, const http::HeaderMap* trailers = nullptr);
  // Enables `timer`, made where there is none, to tell of an error of this kind.
  void EnableTimer(std::optional<event::Timer>& timer, event::Duration after, http::ErrorKind kind);

  event::Loop& loop_;
  AttemptHandler& handler_;
  http::ResponseHead& response_;
  State state_ = State::kIdle;
  bool head_sent_ = false;
  bool end_sent_ = false;
  bool blocked_ = false;
  bool response_ended_ = false;
  std::optional<upstream::StreamRequest> request_;  // Of the last Start.
  buffer::Buffer waiting_;
  event::MonotonicTime first_byte_sent_{};
  // Made when a try has such a limit for the first time.
  std::optional<event::Timer> timeout_;
  std::optional<event::Timer> idle_;
  std::optional<event::Timer> max_duration_;
  event::Duration idle_timeout_{0};
  std::unique_ptr<AttemptLog> log_;  // Null: no records, or the last one is written.
};

}  // namespace weir::proxy
