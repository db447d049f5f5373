// The end of the filter chain: decides where a request goes, sends it there, tries again where the
// policy wants it, and brings the answer back into the chain.
//
//               request's head            a good answer           its end
//   kDeciding ----------------> kTrying ----------------> kResponding ---------> kDone
//      ^  |                      |   ^                     |    |                  ^
//      |  | answered here   none |   | the next            |    | cut off          |
//      |  |              in flight   | begins              |    +----------------->|
//      |  |                      v   |                     |                       |
//      |  |                     kWaiting                   |                       |
//      |  +-------------------- failed, timeout, Abort ---------------------------->|
//      +------- a redirect of the upstream is followed ----+
//
// kTrying: one try is in flight, or several: with hedge_on_per_try_timeout a slow one goes on
// beside the next, and the first good answer wins. kWaiting: none is, and the next is due.
//
// Owned by the RequestStream, on the worker's thread. Timeouts: the route's timeout runs from the
// end of the request to the end of the response, over all tries; per_try_timeout covers one try
// from its start, or from the end of the request where that comes later. A request for a tunnel
// counts as ended before it is granted; then the route's timeout holds no more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "source/buffer/buffer.h"
#include "source/config/http_filters.h"
#include "source/config/request_policies.h"
#include "source/event/loop.h"
#include "source/filter/http_filter.h"
#include "source/proxy/attempt_log.h"
#include "source/proxy/filter_chain.h"
#include "source/proxy/platform.h"
#include "source/proxy/request_context.h"
#include "source/proxy/retry.h"
#include "source/proxy/route_stats.h"
#include "source/proxy/shadow_request.h"
#include "source/proxy/upstream_attempt.h"
#include "source/router/redirect_target.h"
#include "source/router/request_hash.h"
#include "source/router/route_index.h"

namespace weir::proxy {

// What the router needs of its request.
class RouterHost {
 public:
  virtual void SendInformational() = 0;
  // Ends the request with an answer made here, or, when a response has begun, by a reset.
  virtual void Fail(const http::StreamError& error) = 0;
  virtual void Answer(const filter::LocalReply& reply) = 0;
  // Counted: each true is followed by one false.
  virtual void PauseRequest(bool paused) = 0;
  // The request, whose head has changed and whose whole body this is, passes the filters again.
  virtual void Restart(buffer::Buffer& body) = 0;
  // The router has become idle after the request was over.
  virtual void OnRouterIdle() = 0;

 protected:
  ~RouterHost() = default;
};

class RouterFilter final : public RequestSink, private AttemptHandler {
 public:
  // `chain` takes the response. The heads of both are in `memory`, which is the request's own as
  // `info` is.
  RouterFilter(const RequestContext& context, RouterHost& host, FilterChain& chain,
               RequestMemory& memory, stream_info::StreamInfo& info);
  RouterFilter(const RouterFilter&) = delete;
  RouterFilter& operator=(const RouterFilter&) = delete;
  ~RouterFilter();

  // Before Decide, for a request whose filters end with another router; it outlives this one.
  void Use(const generation::Router& router) { router_ = &router; }
  // What goes on in place of the head's path, unless a filter or the route changes that.
  void ForwardPath(std::string_view path) {
    path_shown_ = memory_.request.path;
    path_forwarded_ = path;
  }
  // First of all: finds the route in the table that the request has pinned. Null: there is none
  // (RDS never answered).
  void Decide(const router::RouteIndex* routes);

  void OnRequestHeaders(bool end) override;
  void OnRequestBody(buffer::Buffer& data, bool end) override;
  void OnRequestTrailers(http::HeaderMap& trailers) override;

  // The client takes the response more slowly than it comes (true), or has caught up. Counted by
  // reason.
  void PauseResponse(bool paused);
  // The request is over: what is under way upstream is given up.
  void Abort();
  // What waits for a try, or is kept for another one, and what the try has encoded.
  void AddHeld(buffer::Ledger& ledger);
  // No codec knows this request any more.
  bool idle() const;

  // A tunnel ends well when both sides have ended: Abort leaves its last bytes on their way. This
  // gives them up, too.
  void DropTail();

  // Applies the route's changes of response headers to the response's head.
  void ChangeResponseHeaders();

  // The decision, once made; null route before.
  const router::Decision& decision() const { return decision_; }
  // What the route says instead of the connection manager; nothing: it does not.
  std::optional<std::chrono::milliseconds> stream_idle_timeout() const;
  std::optional<std::chrono::milliseconds> stream_flush_timeout() const;
  std::optional<std::chrono::milliseconds> max_stream_duration() const;
  std::span<const config::Upgrade> upgrades() const;

 private:
  const config::Router& config() const { return router_->config; }
  // Of the decision; null: the request goes nowhere.
  const config::RouteAction* decided_action() const {
    if (decision_.kind != router::Decision::Kind::kRoute) return nullptr;
    return &std::get<config::RouteAction>(decision_.route->action);
  }
  enum class State : uint8_t { kDeciding, kTrying, kWaiting, kResponding, kDone };

  // What holds for this request: the route's configuration with the request's own wishes.
  struct Terms {
    std::chrono::milliseconds timeout{0};  // 0: none
    AttemptTimeouts of_try;
    std::optional<std::chrono::milliseconds> max_duration;  // Of a try; nothing: the cluster's.
    std::string_view alt_stat_name;                         // Empty: none.
    bool hedge = false;
    bool alternative_response = false;
  };

  // router_filter.cc: from the decision to the first try.
  void MatchRoute();
  void Redirect();
  void RespondDirectly(const config::DirectResponse& direct);
  void Forward(const config::RouteAction& action, bool end);
  void ClusterNotFound(const config::RouteAction& action);
  void FindRouteStats();
  void PrepareHeaders(const config::RouteAction& action);
  void AnnounceTimeout(const config::RouteAction& action);
  // auto_host_rewrite: the authority is that of the host of each try.
  bool TakesHostOfUpstream() const;
  void RequestEnded();
  void StartTimeouts();
  // Nothing of such a request follows its head before the answer: timeouts run from there.
  bool asks_for_tunnel() const { return memory_.request.framing.kind == http::Framing::kTunnel; }
  void KeepForReplay(const buffer::Buffer& data);
  uint64_t ReplayLimit() const;

  // router_policies.cc
  // strict_check_headers; false: it was answered here.
  bool CheckOverrides();
  void SetTerms(const config::RouteAction& action);
  const config::RetryPolicy* RetryPolicyFor(const config::RouteAction& action) const;  // Or null.
  const std::vector<config::MirrorPolicy>& MirrorsFor(const config::RouteAction& action) const;
  void ComputeHash(const config::RouteAction& action);

  // router_mirrors.cc
  void StartShadows(const config::RouteAction& action, bool end);

  // router_tries.cc
  void StartAttempt();
  UpstreamAttempt* FreeAttempt();
  // Another try's cluster, where the retry policy wants it chosen anew.
  void RefreshCluster();
  void PrepareAttemptHeaders();
  void Send(UpstreamAttempt& attempt);
  // What of the head depends on the try's host and connection; false: it was answered here.
  bool PrepareHeadFor(UpstreamAttempt& attempt);
  void NoteUpstream(const UpstreamAttempt& attempt);
  // A try but for `but` (null: any).
  bool AnyInFlight(const UpstreamAttempt* but) const;
  // Whether another try than `attempt` is in flight or due, so that another answer may come.
  bool OthersToCome(const UpstreamAttempt& attempt) const {
    return AnyInFlight(&attempt) || NextIsDue();
  }
  bool NextIsDue() const { return back_off_.enabled() || next_try_due_; }
  // Where bytes of the request go that no try has sent.
  buffer::Buffer& Unsent() {
    return state_ == State::kWaiting || next_try_due_ ? unsent_ : newest_->waiting();
  }
  bool Replayable() const { return replay_.has_value(); }
  bool TakeRetry(UpstreamAttempt& attempt, const http::ResponseHead* response);
  bool MayRetry();
  void SendAgain(UpstreamAttempt& attempt);
  void AvoidHostOf(const UpstreamAttempt& attempt);
  event::Duration RetryWait(const http::ResponseHead* response);
  void HedgeSlowTry(UpstreamAttempt& attempt, const http::StreamError& error);
  void OnTryFailed(UpstreamAttempt& attempt, const http::StreamError& error);
  void EndWith(const http::StreamError& error);
  void ResetOthers(const UpstreamAttempt* but);
  void EndRetryLease();
  void OnTimeout();
  void UpdateRequestPause();

  // router_response.cc: the answer that won.
  void Respond(UpstreamAttempt& attempt, bool end);
  void PrepareResponseHeaders(const UpstreamAttempt& attempt);
  void FinishResponse();
  void CountStatus(const UpstreamAttempt& attempt, uint16_t status);
  // Unless dynamic_stats are off.
  void CountCode(uint16_t status);
  void CountTime();
  // Null: the request brings no name for them.
  upstream::AltStats* AltStats();
  bool FollowRedirect(UpstreamAttempt& attempt);
  bool EnterRedirect(std::string_view location);
  void CountRefusal(router::RedirectVerdict verdict);
  void BeginAgain();

  // router_tunnel.cc
  // The connect_config of `action` that the request falls under; null: it goes on as HTTP.
  const config::TunnelEnd* TunnelEndOf(const config::RouteAction& action) const;
  // Puts the PROXY header, where one is wanted, before what the host of the try hears.
  void WriteProxyHeader(UpstreamAttempt& attempt);
  bool IsWebSocket() const;
  // The head as the version of the try's connection has it; false: it was answered here.
  bool PrepareHandshake(const UpstreamAttempt& attempt);
  // The same for the answer; false: the upstream has not seen the key.
  bool FinishHandshake(const UpstreamAttempt& attempt);
  // The upstream has sent all: the end of the answer, but for a tunnel that the client's side
  // keeps open.
  void ResponseEnded();

  void OnAttemptReady(UpstreamAttempt& attempt) override;
  void OnAttemptInformational(UpstreamAttempt& attempt) override;
  void OnAttemptHeaders(UpstreamAttempt& attempt, bool end) override;
  void OnAttemptBody(UpstreamAttempt& attempt, buffer::Buffer& data, bool end) override;
  void OnAttemptTrailers(UpstreamAttempt& attempt, http::HeaderMap& trailers) override;
  void OnAttemptError(UpstreamAttempt& attempt, const http::StreamError& error) override;
  void OnAttemptBackpressure(UpstreamAttempt& attempt, bool blocked) override;
  void OnAttemptIdle(UpstreamAttempt& attempt) override;

  const Platform& platform_;
  RouterHost& host_;
  RequestMemory& memory_;
  stream_info::StreamInfo& info_;
  FilterChain& chain_;
  HttpStats& stats_;
  const config::HttpConnectionManager& manager_;
  const generation::Router* router_;
  const size_t buffer_limit_;
  State state_ = State::kDeciding;
  const router::RouteIndex* routes_ = nullptr;
  router::Decision decision_;
  const config::RouteAction* action_ = nullptr;
  RouteCounts route_counts_;
  const config::TunnelEnd* tunnel_end_ = nullptr;  // Null: what is sent is HTTP.
  upstream::Cluster* cluster_ = nullptr;           // Alive while a try or a retry's lease is in it.
  upstream::ConfigRef cluster_config_;             // As it was when the request came.
  const config::RequestPolicies* cluster_policies_ = nullptr;  // Its. Null: as the route has it.
  Terms terms_;
  upstream::StreamOptions options_;
  Retry retry_;
  upstream::Cluster* retry_leased_in_ = nullptr;  // Kept alive by the lease.
  std::string_view path_shown_, path_forwarded_;  // See ForwardPath.
  router::NewCookie new_cookie_;                  // For the response.

  // Tries. The heads of their answers share the place of the response: a codec fills it at once
  // and tells of it before another one can.
  UpstreamAttempt first_;
  std::vector<std::unique_ptr<UpstreamAttempt>> more_;  // Beside the first; mostly none.
  UpstreamAttempt* newest_ = &first_;                   // Takes what comes of the request.
  UpstreamAttempt* answering_ = nullptr;                // kResponding, kDone
  bool next_try_due_ = false;                           // As soon as an UpstreamAttempt is free.
  bool last_timed_out_ = false;
  std::vector<upstream::HostRef> previous_hosts_;
  std::vector<const config::WeightedCluster*> tried_clusters_;  // For refresh_cluster_on_retry.

  // The request as far as no try has it, and all of it while it may be sent again.
  bool request_ended_ = false;
  buffer::Buffer unsent_;  // kWaiting, and between two tries.
  std::optional<buffer::Buffer> replay_;
  std::optional<http::HeaderMap> trailers_;
  bool waiting_paused_ = false;   // The newest try holds too much.
  bool attempts_paused_ = false;  // A try's stream is blocked.
  uint32_t response_pauses_ = 0;
  bool tunnel_half_open_ = false;   // The upstream's side of it has ended.
  bool tunnel_over_ = false;        // Both have.
  std::string_view websocket_key_;  // The client's, or for a client of HTTP/2 the newest try's.

  std::vector<std::unique_ptr<ShadowRequest>> shadows_;
  std::vector<const config::Route*> redirected_from_;

  event::Timer timeout_;
  event::Timer back_off_;
};

}  // namespace weir::proxy
