#include "source/proxy/router_filter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/proxy/error_table.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::HeaderId;
using http::Side;
using http::StreamError;

constexpr StreamError UpstreamError(ErrorKind kind) { return {kind, Side::kUpstream, false, ""}; }

// `apply` for each level that has header changes, in the order in which xDS evaluates them.
template <typename Apply>
void ForEachLevel(const router::Decision& decision, const config::RouteTable& table, Apply apply) {
  if (table.most_specific_header_mutations_wins) {
    apply(table);
    apply(*decision.virtual_host);
    apply(*decision.route);
    if (decision.weighted != nullptr) apply(*decision.weighted);
  } else {
    if (decision.weighted != nullptr) apply(*decision.weighted);
    apply(*decision.route);
    apply(*decision.virtual_host);
    apply(table);
  }
}

void AppendCopy(buffer::Buffer& to, const buffer::Buffer& from) {
  std::array<iovec, 64> pieces;
  const size_t count = from.Gather(pieces);
  size_t copied = 0;
  for (size_t i = 0; i < count; ++i) {
    to.Append({static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len});
    copied += pieces[i].iov_len;
  }
  if (copied < from.size()) to.Append(std::string_view(from.ToString()).substr(copied));
}

}  // namespace

RouterFilter::RouterFilter(const Platform& platform, RouterHost& host, FilterChain& chain,
                           HttpStats& stats, const RouterSettings& settings)
    : platform_(platform),
      host_(host),
      chain_(chain),
      stats_(stats),
      settings_(settings),
      attempt_(*this),
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
  static const config::RedirectAction kToHttps{.scheme = "https"};
  static const config::Route kNoRoute;
  const config::RedirectAction& redirect =
      decision_.route == nullptr ? kToHttps
                                 : std::get<config::RedirectAction>(decision_.route->action);
  const config::Route& route = decision_.route == nullptr ? kNoRoute : *decision_.route;
  const std::string location = router::RedirectLocation(redirect, route, host_.memory().request);
  state_ = State::kDone;
  stats_.rq_redirect.Inc();
  host_.Answer({.status = redirect.status, .details = "direct_response", .location = location});
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
    head.headers.Set(HeaderId::kXEnvoyExpectedRqTimeoutMs, StrCat(action.timeout.count()));
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

// A request that may be tried again keeps a copy of its body, up to the buffer limit.
void RouterFilter::KeepForReplay(const buffer::Buffer& data) {
  if (!replay_.has_value()) return;
  if (state_ == State::kResponding || replay_->size() + data.size() > settings_.buffer_limit) {
    replay_.reset();
    return;
  }
  AppendCopy(*replay_, data);
}

// --- Tries
// ---------------------------------------------------------------------------------------------------

void RouterFilter::StartAttempt() {
  if (!idle()) return;  // The last try's stream is still closing: OnAttemptIdle starts this one.
  if (state_ == State::kWaiting) {
    // The cluster of today; one that was removed meanwhile is kept by the retry's lease and serves
    // on.
    upstream::Cluster* const today = platform_.clusters.Find(*decision_.cluster);
    if (today != nullptr) cluster_ = today;
    state_ = State::kTrying;
  }
  stream_info::UpstreamInfo& upstream = host_.info().upstream;
  ++upstream.attempts;
  if (decision_.virtual_host->include_request_attempt_count) {
    host_.memory().request.headers.Set(HeaderId::kXEnvoyAttemptCount, StrCat(upstream.attempts));
  }
  upstream.cluster_name = *decision_.cluster;
  head_sent_ = false;
  end_sent_ = false;
  const config::RetryPolicy* policy = action_->retry.has_value() ? &*action_->retry
                                      : decision_.virtual_host->retry.has_value()
                                          ? &*decision_.virtual_host->retry
                                          : nullptr;
  if (policy != nullptr && policy->per_try_timeout.has_value() &&
      policy->per_try_timeout->count() > 0) {
    per_try_timeout_.Enable(*policy->per_try_timeout);
  }
  switch (attempt_.Start(*cluster_, options_)) {
    case upstream::Start::kReady:
      OnAttemptReady();
      return;
    case upstream::Start::kPending:
      return;
    case upstream::Start::kFailed:
      OnAttemptError(attempt_.start_error());
      return;
  }
}

void RouterFilter::OnAttemptReady() {
  stream_info::UpstreamInfo& upstream = host_.info().upstream;
  const upstream::ConnectionFacts& connection = attempt_.connection();
  upstream.has_host = true;
  upstream.address = attempt_.host()->address();
  upstream.host_name = attempt_.host()->hostname();
  upstream.connected = true;
  upstream.local_address = connection.local_address;
  upstream.connection_id = connection.connection_id;
  upstream.protocol = connection.protocol;
  if (response_pauses_ > 0) attempt_.stream().SetReadPaused(true);
  SendOnAttempt();
}

// Hands the try what the request has so far.
void RouterFilter::SendOnAttempt() {
  if (attempt_.state() != UpstreamAttempt::State::kOpen || end_sent_) return;
  stream_info::UpstreamInfo& upstream = host_.info().upstream;
  const bool end_without_trailers = request_ended_ && !trailers_.has_value();
  if (!head_sent_) {
    head_sent_ = true;
    upstream.first_byte_sent = platform_.loop.Now();
    end_sent_ = end_without_trailers && waiting_.empty();
    attempt_.stream().EncodeHeaders(host_.memory().request, end_sent_);
  }
  if (!end_sent_ && (!waiting_.empty() || end_without_trailers)) {
    end_sent_ = end_without_trailers;
    attempt_.stream().EncodeBody(waiting_, end_sent_);
    waiting_.Clear();
  }
  if (!end_sent_ && request_ended_) {
    end_sent_ = true;
    attempt_.stream().EncodeTrailers(*trailers_);
  }
  if (end_sent_) upstream.last_byte_sent = platform_.loop.Now();
  if (waiting_paused_) {
    waiting_paused_ = false;
    host_.PauseRequest(false);
  }
}

void RouterFilter::OnAttemptBackpressure(bool blocked) {
  if (blocked == attempt_paused_) return;
  attempt_paused_ = blocked;
  host_.PauseRequest(blocked);
}

void RouterFilter::OnAttemptHeaders(bool end) {
  http::ResponseHead& response = host_.memory().response;
  stream_info::StreamInfo& info = host_.info();
  info.upstream.first_byte_received = platform_.loop.Now();
  per_try_timeout_.Disable();
  if (state_ != State::kTrying) return;
  if (retry_.Wants(response) && replay_.has_value() && TakeRetry()) {
    cluster_->stats().upstream_rq_.Inc(response.status);
    attempt_.Reset({ErrorKind::kLocalReset, Side::kUpstream, false, "retry"});
    return;
  }
  if (retry_.made() > 0 && response.status < 500) cluster_->stats().upstream_rq_retry_success.Inc();
  EndRetryLease();
  state_ = State::kResponding;
  replay_.reset();
  CountStatus(response.status);
  info.response_code_details = "via_upstream";
  const format::FormatContext context{
      .info = info, .request = &host_.memory().request, .response = &response};
  ForEachLevel(decision_, host_.routes()->table(), [&](const auto& level) {
    if (!level.response_headers.empty()) level.response_headers.Apply(response.headers, context);
  });
  if (!settings_.suppress_envoy_headers) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        platform_.loop.Now() - info.upstream.first_byte_sent);
    response.headers.Set(HeaderId::kXEnvoyUpstreamServiceTime, StrCat(waited.count()));
  }
  if (decision_.virtual_host->include_attempt_count_in_response) {
    response.headers.Set(HeaderId::kXEnvoyAttemptCount, StrCat(info.upstream.attempts));
  }
  if (end) FinishResponse();
  chain_.ResponseHeaders(end);
}

void RouterFilter::OnAttemptBody(buffer::Buffer& data, bool end) {
  if (state_ != State::kResponding) return;
  if (end) FinishResponse();
  chain_.ResponseBody(data, end);
}

void RouterFilter::OnAttemptTrailers(http::HeaderMap& trailers) {
  if (state_ != State::kResponding) return;
  FinishResponse();
  chain_.ResponseTrailers(trailers);
}

// The upstream's answer is complete: no timeout and no error of the try matters any more.
void RouterFilter::FinishResponse() {
  state_ = State::kDone;
  stream_info::UpstreamInfo& upstream = host_.info().upstream;
  upstream.last_byte_received = platform_.loop.Now();
  timeout_.Disable();
  per_try_timeout_.Disable();
  cluster_->stats().upstream_rq_time.Record(
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                platform_.loop.Now() - upstream.first_byte_sent)
                                .count()));
  // An answer before the end of the request: the rest is not sent.
  if (!end_sent_)
    attempt_.Reset({ErrorKind::kLocalReset, Side::kUpstream, false, "early_response"});
}

void RouterFilter::CountStatus(uint16_t status) {
  cluster_->stats().upstream_rq_.Inc(status);
  cluster_->stats().upstream_rq_completed.Inc();
  if (attempt_.host() == nullptr) return;
  upstream::HostStats& host = attempt_.host()->stats();
  (status < 500 ? host.rq_success : host.rq_error).Inc();
}

void RouterFilter::OnAttemptError(const StreamError& error) {
  per_try_timeout_.Disable();
  stream_info::StreamInfo& info = host_.info();
  if (attempt_.host() != nullptr) {
    info.upstream.has_host = true;
    info.upstream.address = attempt_.host()->address();
    info.upstream.host_name = attempt_.host()->hostname();
  }
  if (state_ == State::kTrying && RetryAfter(error)) return;
  if (state_ != State::kTrying && state_ != State::kResponding) return;
  if (state_ == State::kTrying) CountStatus(AnswerFor(error).status);
  state_ = State::kDone;
  timeout_.Disable();
  StreamError seen = error;
  seen.side = Side::kUpstream;
  host_.Fail(seen);
}

// Whether the error is answered by another try.
bool RouterFilter::RetryAfter(const StreamError& error) {
  if (!retry_.Wants(error)) return false;
  const bool replayable = replay_.has_value() || !head_sent_;
  return replayable && TakeRetry();
}

bool RouterFilter::TakeRetry() {
  if (!retry_.any_left()) {
    host_.info().flags.Set(stream_info::ResponseFlag::kUpstreamRetryLimitExceeded);
    cluster_->stats().upstream_rq_retry_limit_exceeded.Inc();
    return false;
  }
  EndRetryLease();
  if (!cluster_->BeginRetry(options_.high_priority)) return false;
  retry_leased_in_ = cluster_;
  cluster_->stats().upstream_rq_retry.Inc();
  cluster_->stats().upstream_rq_retry_backoff_exponential.Inc();
  state_ = State::kWaiting;
  waiting_.Clear();
  if (replay_.has_value()) AppendCopy(waiting_, *replay_);
  if (attempt_paused_) OnAttemptBackpressure(false);
  options_.previous_host = attempt_.host().get();
  back_off_.Enable(retry_.Take(platform_.random.Next()));
  return true;
}

void RouterFilter::EndRetryLease() {
  upstream::Cluster* const cluster = std::exchange(retry_leased_in_, nullptr);
  if (cluster != nullptr) cluster->EndRetry(options_.high_priority);
}

void RouterFilter::OnTimeout() {
  if (state_ == State::kDone) return;
  const bool responding = state_ == State::kResponding;
  state_ = State::kDone;
  back_off_.Disable();
  per_try_timeout_.Disable();
  if (cluster_ != nullptr && attempt_.state() != UpstreamAttempt::State::kIdle) {
    cluster_->stats().upstream_rq_timeout.Inc();
    if (!responding) CountStatus(504);
    if (attempt_.host() != nullptr) attempt_.host()->stats().rq_timeout.Inc();
  }
  attempt_.Reset(UpstreamError(ErrorKind::kUpstreamTimeout));
  host_.Fail(UpstreamError(ErrorKind::kUpstreamTimeout));
}

void RouterFilter::OnPerTryTimeout() {
  if (state_ != State::kTrying) return;
  cluster_->stats().upstream_rq_per_try_timeout.Inc();
  const StreamError error = UpstreamError(ErrorKind::kPerTryTimeout);
  attempt_.Reset(error);
  if (RetryAfter(error)) return;
  state_ = State::kDone;
  timeout_.Disable();
  CountStatus(504);
  host_.Fail(error);
}

void RouterFilter::OnAttemptIdle() {
  if (attempt_paused_) OnAttemptBackpressure(false);
  if (state_ == State::kWaiting && !back_off_.enabled()) {
    StartAttempt();
    return;
  }
  if (state_ == State::kDone) {
    EndRetryLease();
    host_.OnRouterIdle();
  }
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
