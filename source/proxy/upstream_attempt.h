// One try of a request at one host: from the wish for a stream to the codec letting go of it.
//
//            Start              ready                    end of both sides
//   kIdle ----------> kPending -------> kOpen ------------------------------> kIdle
//     ^                  | failed         | reset by either side    closed      |
//     +------------------+                +-----------> kClosing --------------->+
//
// The same object serves the tries of a request one after the other. While kOpen or kClosing the
// codec knows it, so the request must live on; `OnAttemptIdle` says when it need not any more.
// Worker's thread.
#pragma once

#include <cstdint>
#include <optional>

#include "source/buffer/buffer.h"
#include "source/http/codec.h"
#include "source/upstream/cluster.h"

namespace weir::proxy {

// What the router hears of its try. None of these is called from inside Start or Reset.
class AttemptHandler {
 public:
  virtual void OnAttemptReady() = 0;
  virtual void OnAttemptInformational() = 0;
  virtual void OnAttemptHeaders(bool end) = 0;
  virtual void OnAttemptBody(buffer::Buffer& data, bool end) = 0;
  virtual void OnAttemptTrailers(http::HeaderMap& trailers) = 0;
  virtual void OnAttemptError(const http::StreamError& error) = 0;
  // The upstream takes the request more slowly than it comes (true), or has caught up.
  virtual void OnAttemptBackpressure(bool blocked) = 0;
  virtual void OnAttemptIdle() = 0;

 protected:
  ~AttemptHandler() = default;
};

class UpstreamAttempt final : public upstream::StreamRequestHandler,
                              public http::ClientStreamHandler {
 public:
  enum class State : uint8_t { kIdle, kPending, kOpen, kClosing };

  // `response` is where the head of every try's answer goes; it outlives the tries.
  UpstreamAttempt(AttemptHandler& handler, http::ResponseHead& response)
      : handler_(handler), response_(response) {}
  UpstreamAttempt(const UpstreamAttempt&) = delete;
  UpstreamAttempt& operator=(const UpstreamAttempt&) = delete;
  ~UpstreamAttempt();

  State state() const { return state_; }
  // kIdle only. kReady: the stream is open, encode at once.
  upstream::Start Start(upstream::Cluster& cluster, const upstream::StreamOptions& options);
  // After kFailed.
  const http::StreamError& start_error() const { return request_->error(); }
  // kOpen only.
  http::ClientStream& stream() { return *request_->stream(); }
  // After a Start: the host tried, if one was chosen; the connection, once open.
  const upstream::HostRef& host() const { return request_->host(); }
  const upstream::ConnectionFacts& connection() const { return request_->connection(); }

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
  AttemptHandler& handler_;
  http::ResponseHead& response_;
  State state_ = State::kIdle;
  std::optional<upstream::StreamRequest> request_;  // Of the last Start.
};

}  // namespace weir::proxy
