#include "source/proxy/router_filter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "source/base/log.h"
#include "source/proxy/error_table.h"
#include "source/proxy/header_levels.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::HeaderId;
using http::Side;
using http::StreamError;

constexpr StreamError UpstreamError(ErrorKind kind) { return {kind, Side::kUpstream, false, ""}; }

}  // namespace

RouterFilter::RouterFilter(const Platform& platform, RouterHost& host, FilterChain& chain,
                           HttpStats& stats, const RouterSettings& settings)
    : platform_(platform),
      host_(host),
      chain_(chain),
      stats_(stats),
      settings_(settings),
      attempt_(*this, host.memory().response),
      waiting_(platform.blocks),
      timeout_(platform.loop, [this] { OnTimeout(); }),
      per_try_timeout_(platform.loop, [this] { OnPerTryTimeout(); }),
      back_off_(platform.loop, [this] { StartAttempt(); }) {}

std::optional<std::chrono::milliseconds> RouterFilter::stream_idle_timeout() const {
  return action_ == nullptr ? std::nullopt : action_->idle_timeout;
}

// --- The request
// ---------------------------------------------------------------------------------------------

void RouterFilter::OnRequestHeaders(bool end) {
  request_ended_ = end;
  Route(end);
}

void RouterFilter::Route(bool end) {
  stats_.rq_total.Inc();
  const router::RouteIndex* const routes = host_.routes();
  http::RequestHead& head = host_.memory().request;
  stream_info::StreamInfo& info = host_.info();
  options_.random = platform_.random.Next();
  if (routes != nullptr) {
    const auto proto = head.headers.Get(HeaderId::kXForwardedProto);
    decision_ = routes->Match({.head = head,
                               .downstream_secure = proto.has_value() && *proto == "https",
                               .internal_request = head.headers.Has(HeaderId::kXEnvoyInternal),
                               .random = options_.random});
  }
  if (decision_.virtual_host != nullptr) info.virtual_host_name = decision_.virtual_host->name;
  if (decision_.route != nullptr) info.route_name = decision_.route->name;
  using Kind = router::Decision::Kind;
  switch (decision_.kind) {
    case Kind::kNoVirtualHost:
    case Kind::kNoRoute:
      state_ = State::kDone;
      stats_.no_route.Inc();
      host_.Fail({ErrorKind::kNoRoute, Side::kDownstream, false, ""});
      return;
    case Kind::kRedirect:
      Redirect();
      return;
    case Kind::kDirectResponse: {
      const auto& direct = std::get<config::DirectResponse>(decision_.route->action);
      state_ = State::kDone;
      stats_.rq_direct_response.Inc();
      host_.Answer({.status = direct.status, .body = direct.body, .details = "direct_response"});
      return;
    }
    case Kind::kRoute:
      Forward(std::get<config::RouteAction>(decision_.route->action), end);
      return;
  }
}

void RouterFilter::Redirect() {
  const http::RequestHead& head = host_.memory().request;
  uint16_t status = 301;
  std::string location;
  if (decision_.route == nullptr) {
    location = router::HttpsLocation(head);
  } else {
    const auto& redirect = std::get<config::RedirectAction>(decision_.route->action);
    status = redirect.status;
    location = router::RedirectLocation(redirect, *decision_.route, head);
  }
  state_ = State::kDone;
  stats_.rq_redirect.Inc();
  host_.Answer({.status = status, .details = "direct_response", .location = location});
}

void RouterFilter::Forward(const config::RouteAction& action, bool end) {
  action_ = &action;
  cluster_ = platform_.clusters.Find(*decision_.cluster);
  if (cluster_ == nullptr) {
    state_ = State::kDone;
    stats_.no_cluster.Inc();
    if (action.cluster_not_found_code == 503) {
      host_.Fail(UpstreamError(ErrorKind::kNoCluster));
    } else {
      host_.info().flags.Set(stream_info::ResponseFlag::kNoClusterFound);
      host_.Answer({.status = action.cluster_not_found_code, .details = "cluster_not_found"});
    }
    return;
  }
  const std::optional<config::RetryPolicy>& policy =
      action.retry.has_value() ? action.retry : decision_.virtual_host->retry;
  retry_ = Retry(policy.has_value() ? &*policy : nullptr);
  if (retry_.enabled()) replay_.emplace(platform_.blocks);
  options_.high_priority = action.high_priority;
  options_.downstream_protocol = host_.memory().request.version;
  PrepareHeaders(action);
  state_ = State::kTrying;
  if (end) RequestEnded();
  StartAttempt();
}

void RouterFilter::PrepareHeaders(const config::RouteAction& action) {
  http::RequestHead& head = host_.memory().request;
  const format::FormatContext context{.info = host_.info(), .request = &head};
  ForEachLevel(decision_, host_.routes()->table(), [&](const auto& level) {
    if (!level.request_headers.empty()) level.request_headers.Apply(head.headers, context);
  });
  const std::string_view path = router::RewritePath(*decision_.route, head);
  if (path != head.path) {
    if (!settings_.suppress_envoy_headers) {
      head.headers.Set(HeaderId::kXEnvoyOriginalPath, head.path);
    }
    head.path = path;
  }
  const std::string& host_rewrite =
      decision_.weighted != nullptr && !decision_.weighted->host_rewrite.empty()
          ? decision_.weighted->host_rewrite
          : action.host_rewrite;
  if (!host_rewrite.empty()) {
    if (action.append_x_forwarded_host) head.headers.Add(HeaderId::kXForwardedHost, head.authority);
    head.authority = host_rewrite;
  }
  if (!settings_.suppress_envoy_headers && action.timeout.count() > 0) {
    head.headers.SetNumber(HeaderId::kXEnvoyExpectedRqTimeoutMs,
                           static_cast<uint64_t>(action.timeout.count()));
  }
}

void RouterFilter::OnRequestBody(buffer::Buffer& data, bool end) {
  if (state_ == State::kDone || state_ == State::kDeciding) return;
  KeepForReplay(data);
  waiting_.MoveFrom(data);
  if (end) RequestEnded();
  SendOnAttempt();
  // Nobody takes the bytes yet: stop reading when there are too many.
  if (waiting_.size() >= settings_.buffer_limit && !waiting_paused_) {
    waiting_paused_ = true;
    host_.PauseRequest(true);
  }
}

void RouterFilter::OnRequestTrailers(http::HeaderMap& trailers) {
  if (state_ == State::kDone || state_ == State::kDeciding) return;
  trailers_.emplace(host_.memory().arena);
  trailers_->CopyFrom(trailers);
  RequestEnded();
  SendOnAttempt();
}

void RouterFilter::RequestEnded() {
  request_ended_ = true;
  if (action_->timeout.count() > 0) timeout_.Enable(action_->timeout);
}

// --- The response's way back
// ---------------------------------------------------------------------------------

void RouterFilter::PauseResponse(bool paused) {
  const bool was_paused = response_pauses_ > 0;
  response_pauses_ += paused ? 1 : -1u;
  const bool now_paused = response_pauses_ > 0;
  if (was_paused == now_paused || attempt_.state() != UpstreamAttempt::State::kOpen) return;
  attempt_.stream().SetReadPaused(now_paused);
}

void RouterFilter::Abort() {
  if (state_ != State::kDone && cluster_ != nullptr &&
      attempt_.state() != UpstreamAttempt::State::kIdle) {
    cluster_->stats().upstream_rq_cancelled.Inc();
  }
  state_ = State::kDone;
  timeout_.Disable();
  per_try_timeout_.Disable();
  back_off_.Disable();
  EndRetryLease();
  attempt_.Reset({ErrorKind::kLocalReset, Side::kUpstream, false, "downstream_gone"});
}

}  // namespace weir::proxy
