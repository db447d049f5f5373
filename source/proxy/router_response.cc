// The answer of a RouterFilter: the try that won, and redirects that are followed here.

#include <algorithm>
#include <utility>

#include "source/proxy/header_levels.h"
#include "source/proxy/router_filter.h"
#include "source/router/redirect_target.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::HeaderId;
using http::Side;
using router::RedirectVerdict;

constexpr http::StreamError GiveUp(std::string_view why) {
  return {ErrorKind::kLocalReset, Side::kUpstream, false, why};
}

uint64_t MillisecondsSince(event::MonotonicTime begin, event::MonotonicTime now) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now - begin).count());
}

}  // namespace

void RouterFilter::OnAttemptInformational(UpstreamAttempt& attempt) {
  // Beside others, a try speaks only once it has won.
  if (&attempt == newest_ && more_.empty()) host_.SendInformational();
}

void RouterFilter::OnAttemptHeaders(UpstreamAttempt& attempt, bool end) {
  if (state_ != State::kTrying) return;
  const http::ResponseHead& response = attempt.response();
  info_.upstream.first_byte_received = platform_.loop.Now();
  if (response.framing.kind == http::Framing::kTunnel && !FinishHandshake(attempt)) {
    attempt.Reset(GiveUp("websocket_accept_mismatch"));
    return OnTryFailed(attempt, {ErrorKind::kMalformed, Side::kUpstream, false, ""});
  }
  if (retry_.Wants(response)) {
    const uint16_t status = response.status;
    if (!NextIsDue() && Replayable() && TakeRetry(attempt, &response)) {
      if (config().dynamic_stats) cluster_->stats().upstream_rq_.Inc(status);
      return;
    }
    if (OthersToCome(attempt)) {
      // Another try may answer better.
      CountStatus(attempt, status);
      attempt.Reset(GiveUp("hedged"));
      return;
    }
  }
  if (action_->internal_redirect.has_value() && FollowRedirect(attempt)) return;
  Respond(attempt, end);
}

void RouterFilter::Respond(UpstreamAttempt& attempt, bool end) {
  http::ResponseHead& response = memory_.response;
  if (retry_.made() > 0 && response.status < 500) {
    cluster_->stats().upstream_rq_retry_success.Inc();
    route_counts_.Inc(&RouteStats::upstream_rq_retry_success);
  }
  EndRetryLease();
  state_ = State::kResponding;
  answering_ = newest_ = &attempt;
  if (response.framing.kind == http::Framing::kTunnel) timeout_.Disable();
  next_try_due_ = false;
  back_off_.Disable();
  if (!more_.empty()) {
    ResetOthers(&attempt);
    NoteUpstream(attempt);
  }
  replay_.reset();
  CountStatus(attempt, response.status);
  info_.response_code_details = "via_upstream";
  PrepareResponseHeaders(attempt);
  if (end) FinishResponse();
  chain_.ResponseHeaders(end);
}

void RouterFilter::PrepareResponseHeaders(const UpstreamAttempt& attempt) {
  http::HeaderMap& headers = memory_.response.headers;
  ChangeResponseHeaders();
  if (!config().suppress_envoy_headers) {
    headers.SetNumber(HeaderId::kXEnvoyUpstreamServiceTime,
                      MillisecondsSince(attempt.first_byte_sent(), platform_.loop.Now()));
  }
  if (decision_.virtual_host->include_attempt_count_in_response) {
    headers.SetNumber(HeaderId::kXEnvoyAttemptCount, info_.upstream.attempts);
  }
  if (new_cookie_.cookie != nullptr) {
    buffer::Arena& arena = headers.arena();
    headers.Add(HeaderId::kSetCookie, arena.Concat({new_cookie_.cookie->name, "=\"",
                                                    router::CookieValue(new_cookie_.value, arena),
                                                    "\"", new_cookie_.cookie->attributes}));
  }
}

void RouterFilter::ChangeResponseHeaders() {
  http::ResponseHead& response = memory_.response;
  const format::FormatContext context{
      .info = info_, .request = &memory_.request, .response = &response};
  ForEachLevel(decision_, routes_->table(), [&](const auto& level) {
    if (!level.response_headers.empty()) level.response_headers.Apply(response.headers, context);
  });
}

void RouterFilter::OnAttemptBody(UpstreamAttempt& attempt, buffer::Buffer& data, bool end) {
  if (state_ != State::kResponding || answering_ != &attempt) return;
  if (end) ResponseEnded();
  chain_.ResponseBody(data, end);
}

void RouterFilter::OnAttemptTrailers(UpstreamAttempt& attempt, http::HeaderMap& trailers) {
  if (state_ != State::kResponding || answering_ != &attempt) return;
  ResponseEnded();
  chain_.ResponseTrailers(trailers);
}

// The upstream's answer is complete: no timeout and no error of the try matters any more.
void RouterFilter::FinishResponse() {
  state_ = State::kDone;
  tunnel_over_ = memory_.response.framing.kind == http::Framing::kTunnel;
  tunnel_half_open_ = false;
  stream_info::UpstreamInfo& upstream = info_.upstream;
  upstream.last_byte_received = platform_.loop.Now();
  timeout_.Disable();
  answering_->EndTimeouts();
  if (config().dynamic_stats) CountTime();
  // An answer before the end of the request: the rest is not sent.
  if (!answering_->end_sent()) answering_->Reset(GiveUp("early_response"));
}

void RouterFilter::CountTime() {
  const uint64_t took = MillisecondsSince(answering_->first_byte_sent(), platform_.loop.Now());
  cluster_->stats().upstream_rq_time.Record(took);
  route_counts_.Took(took);
  if (upstream::AltStats* const alt = AltStats()) alt->upstream_rq_time.Record(took);
}

upstream::AltStats* RouterFilter::AltStats() {
  return terms_.alt_stat_name.empty() ? nullptr : cluster_->alt_stats(terms_.alt_stat_name);
}

void RouterFilter::CountStatus(const UpstreamAttempt& attempt, uint16_t status) {
  if (config().dynamic_stats) CountCode(status);
  if (!attempt.started() || attempt.host() == nullptr) return;
  upstream::HostStats& host = attempt.host()->stats();
  (status < 500 ? host.rq_success : host.rq_error).Inc();
}

void RouterFilter::CountCode(uint16_t status) {
  cluster_->stats().upstream_rq_.Inc(status);
  cluster_->stats().upstream_rq_completed.Inc();
  route_counts_.Completed(status);
  if (upstream::AltStats* const alt = AltStats()) {
    alt->upstream_rq_.Inc(status);
    alt->upstream_rq_completed.Inc();
  }
}

// --- Redirects that are followed here

// Sends the request where the upstream's answer points, through the filters again. False: the
// client gets the answer.
bool RouterFilter::FollowRedirect(UpstreamAttempt& attempt) {
  const config::InternalRedirect& policy = *action_->internal_redirect;
  http::ResponseHead& response = memory_.response;
  const uint16_t status = response.status;
  if (std::find(policy.codes.begin(), policy.codes.end(), status) == policy.codes.end()) {
    return false;
  }
  upstream::ClusterStats& stats = cluster_->stats();
  const auto location = response.headers.Get(HeaderId::kLocation);
  // Only a request that is here whole can be sent again.
  const bool whole = request_ended_ && Replayable() && !trailers_.has_value();
  if (!whole || !location.has_value() || !EnterRedirect(*location)) {
    stats.upstream_internal_redirect_failed_total.Inc();
    return false;
  }
  stats.upstream_internal_redirect_succeeded_total.Inc();
  CountStatus(attempt, status);
  for (const std::string& name : policy.fields_to_copy) {
    const auto value = response.headers.Get(name);
    http::HeaderMap& headers = memory_.request.headers;
    if (value.has_value()) {
      headers.Set(name, *value);
    } else {
      headers.Remove(name);
    }
  }
  buffer::Buffer body(platform_.blocks);
  if (status == 303 && memory_.request.method != "HEAD") {
    // RFC 9110, 15.4.4: what was done is looked at by a GET.
    memory_.request.method = "GET";
    memory_.request.framing = {};
  } else {
    body.MoveFrom(*replay_);
  }
  attempt.Reset(GiveUp("internal_redirect"));
  ResetOthers(nullptr);
  BeginAgain();
  host_.Restart(body);
  return true;
}

// Gives the request's head the target and finds its route; where that is not to be, all is as
// before.
bool RouterFilter::EnterRedirect(std::string_view location) {
  http::RequestHead& head = memory_.request;
  const config::InternalRedirect& policy = *action_->internal_redirect;
  const auto target = router::ParseTarget(location, head.headers.arena());
  if (!target.has_value()) {
    stats_.passthrough_internal_redirect_bad_location.Inc();
    return false;
  }
  const auto proto = head.headers.Get(HeaderId::kXForwardedProto);
  const std::string_view scheme = proto.value_or(head.scheme);
  const auto made = static_cast<uint32_t>(redirected_from_.size());
  RedirectVerdict verdict = router::JudgeTarget(policy, scheme, target->scheme, made);
  if (verdict == RedirectVerdict::kFollow) {
    const router::Decision before = decision_;
    const std::string_view authority = std::exchange(head.authority, target->authority);
    const std::string_view path = std::exchange(head.path, target->path);
    redirected_from_.push_back(before.route);
    MatchRoute();
    const bool found = decision_.kind != router::Decision::Kind::kNoVirtualHost &&
                       decision_.kind != router::Decision::Kind::kNoRoute;
    verdict = router::JudgeRoute(policy, scheme, target->scheme, found ? decision_.route : nullptr,
                                 redirected_from_);
    if (verdict == RedirectVerdict::kFollow) {
      head.scheme = target->scheme;
      head.headers.Set(HeaderId::kXForwardedProto, target->scheme);
      return true;
    }
    head.authority = authority;
    head.path = path;
    redirected_from_.pop_back();
    decision_ = before;
    info_.route_name = before.route->name;
    info_.virtual_host_name = before.virtual_host->name;
  }
  CountRefusal(verdict);
  return false;
}

void RouterFilter::CountRefusal(RedirectVerdict verdict) {
  switch (verdict) {
    case RedirectVerdict::kUnsafeScheme:
      stats_.passthrough_internal_redirect_unsafe_scheme.Inc();
      return;
    case RedirectVerdict::kTooMany:
      stats_.passthrough_internal_redirect_too_many_redirects.Inc();
      return;
    case RedirectVerdict::kNoRoute:
      stats_.passthrough_internal_redirect_no_route.Inc();
      return;
    case RedirectVerdict::kPredicate:
      stats_.passthrough_internal_redirect_predicate.Inc();
      return;
    case RedirectVerdict::kFollow:
      return;
  }
}

// Everything of the first way through is over, but for the decision and where the request has been.
void RouterFilter::BeginAgain() {
  state_ = State::kDeciding;
  action_ = nullptr;
  route_counts_ = {};
  info_.virtual_cluster_name = {};
  info_.upstream.attempts = 0;
  EndRetryLease();
  retry_ = {};
  replay_.reset();
  unsent_.Clear();
  new_cookie_ = {};
  next_try_due_ = false;
  last_timed_out_ = false;
  previous_hosts_.clear();
  tried_clusters_.clear();
  const uint64_t random = options_.random;
  options_ = {.random = random};
  for (auto& shadow : shadows_) platform_.shadows.Adopt(std::move(shadow));
  shadows_.clear();
  timeout_.Disable();
  back_off_.Disable();
  UpdateRequestPause();
}

}  // namespace weir::proxy
