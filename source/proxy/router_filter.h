// The end of the filter chain: decides where a request goes, sends it there, tries again where the
// policy wants it, and brings the answer back into the chain.
//
// Owned by the RequestStream, on the worker's thread. Timeouts: the route's timeout runs from the
// end of the request to the end of the response, over all tries; per_try_timeout covers one try
// from its start.
#pragma once

#include <cstdint>
#include <optional>

#include "source/buffer/buffer.h"
#include "source/event/loop.h"
#include "source/filter/http_filter.h"
#include "source/proxy/filter_chain.h"
#include "source/proxy/platform.h"
#include "source/proxy/retry.h"
#include "source/proxy/upstream_attempt.h"
#include "source/router/route_index.h"

namespace weir::proxy {

// What the router needs of its request.
class RouterHost {
 public:
  // The route table the request has pinned; null: there is none (RDS never answered).
  virtual const router::RouteIndex* routes() = 0;
  virtual void SendInformational() = 0;
  // Ends the request with an answer made here, or, when a response has begun, by a reset.
  virtual void Fail(const http::StreamError& error) = 0;
  virtual void Answer(const filter::LocalReply& reply) = 0;
  // Counted: each true is followed by one false.
  virtual void PauseRequest(bool paused) = 0;
  // The router has become idle after the request was over.
  virtual void OnRouterIdle() = 0;
  virtual stream_info::StreamInfo& info() = 0;
  virtual RequestMemory& memory() = 0;

 protected:
  ~RouterHost() = default;
};

// What the connection manager's configuration says to the router.
struct RouterSettings {
  bool suppress_envoy_headers = false;
  size_t buffer_limit = 1024 * 1024;
};

class RouterFilter final : public RequestSink, private AttemptHandler {
 public:
  // `chain` takes the response; its head is the one in host.memory().
  RouterFilter(const Platform& platform, RouterHost& host, FilterChain& chain, HttpStats& stats,
               const RouterSettings& settings);
  RouterFilter(const RouterFilter&) = delete;
  RouterFilter& operator=(const RouterFilter&) = delete;

  void OnRequestHeaders(bool end) override;
  void OnRequestBody(buffer::Buffer& data, bool end) override;
  void OnRequestTrailers(http::HeaderMap& trailers) override;

  // The client takes the response more slowly than it comes (true), or has caught up. Counted by
  // reason.
  void PauseResponse(bool paused);
  // The request is over: what is under way upstream is given up.
  void Abort();
  // No codec knows this request any more.
  bool idle() const { return attempt_.state() == UpstreamAttempt::State::kIdle; }

  // The decision, once made; null route before.
  const router::Decision& decision() const { return decision_; }
  std::optional<std::chrono::milliseconds> stream_idle_timeout() const;

 private:
  // Routing a request.
  void Route(bool end);
  void Redirect();
  void Forward(const config::RouteAction& action, bool end);
  void PrepareHeaders(const config::RouteAction& action);

  // Tries.
  void StartAttempt();
  void SendOnAttempt();
  bool RetryAfter(const http::StreamError& error);
  bool TakeRetry();
  void EndRetryLease();
  void OnTimeout();
  void OnPerTryTimeout();
  void RequestEnded();
  void KeepForReplay(const buffer::Buffer& data);
  void FinishResponse();
  void CountStatus(uint16_t status);

  void OnAttemptReady() override;
  void OnAttemptInformational() override { host_.SendInformational(); }
  void OnAttemptHeaders(bool end) override;
  void OnAttemptBody(buffer::Buffer& data, bool end) override;
  void OnAttemptTrailers(http::HeaderMap& trailers) override;
  void OnAttemptError(const http::StreamError& error) override;
  void OnAttemptBackpressure(bool blocked) override;
  void OnAttemptIdle() override;

  // kDeciding -> kTrying <-> kWaiting (for a retry) -> kResponding -> kDone
  enum class State : uint8_t { kDeciding, kTrying, kWaiting, kResponding, kDone };

  const Platform& platform_;
  RouterHost& host_;
  FilterChain& chain_;
  HttpStats& stats_;
  const RouterSettings settings_;
  State state_ = State::kDeciding;
  router::Decision decision_;
  const config::RouteAction* action_ = nullptr;
  upstream::Cluster* cluster_ = nullptr;  // Alive while a try or a retry's lease is in it.
  upstream::StreamOptions options_;
  Retry retry_{nullptr};
  upstream::Cluster* retry_leased_in_ = nullptr;  // Kept alive by the lease.
  UpstreamAttempt attempt_;

  // The request as far as the present try has not taken it, and all of it while it may be tried
  // again.
  bool request_ended_ = false;
  bool head_sent_ = false;
  bool end_sent_ = false;
  buffer::Buffer waiting_;
  std::optional<buffer::Buffer> replay_;
  std::optional<http::HeaderMap> trailers_;
  bool waiting_paused_ = false;
  bool attempt_paused_ = false;
  uint32_t response_pauses_ = 0;

  event::Timer timeout_;
  event::Timer per_try_timeout_;
  event::Timer back_off_;
};

}  // namespace weir::proxy
