// The tries of a RouterFilter: starting them, sending the request, and trying again.

#include <algorithm>
#include <utility>

#include "source/proxy/error_table.h"
#include "source/proxy/router_filter.h"
#include "source/proxy/upstream_name.h"
#include "source/router/cluster_choice.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::HeaderId;
using http::Side;
using http::StreamError;
using stream_info::ResponseFlag;

constexpr StreamError UpstreamError(ErrorKind kind) { return {kind, Side::kUpstream, false, ""}; }
constexpr StreamError GiveUp(std::string_view why) {
  return {ErrorKind::kLocalReset, Side::kUpstream, false, why};
}

}  // namespace

bool RouterFilter::AnyInFlight(const UpstreamAttempt* but) const {
  const auto counts = [but](const UpstreamAttempt& attempt) {
    return &attempt != but && attempt.in_flight();
  };
  return counts(first_) || std::any_of(more_.begin(), more_.end(),
                                       [&](const auto& attempt) { return counts(*attempt); });
}

// One that no codec knows. Null: wait for one whose stream is closing.
UpstreamAttempt* RouterFilter::FreeAttempt() {
  using AttemptState = UpstreamAttempt::State;
  bool closing = first_.state() == AttemptState::kClosing;
  if (first_.state() == AttemptState::kIdle) return &first_;
  for (auto& attempt : more_) {
    if (attempt->state() == AttemptState::kIdle) return attempt.get();
    closing = closing || attempt->state() == AttemptState::kClosing;
  }
  if (closing) return nullptr;
  more_.push_back(std::make_unique<UpstreamAttempt>(
      platform_.loop, platform_.blocks, static_cast<AttemptHandler&>(*this), memory_.response));
  return more_.back().get();
}

void RouterFilter::StartAttempt() {
  UpstreamAttempt* const attempt = FreeAttempt();
  next_try_due_ = attempt == nullptr;
  if (attempt == nullptr) return;  // OnAttemptIdle comes back to this.
  stream_info::UpstreamInfo& upstream = info_.upstream;
  if (retry_leased_in_ != nullptr) {
    if (retry_.policy()->refresh_cluster) RefreshCluster();
    // The cluster of today; one that was removed meanwhile is kept by the retry's lease and serves
    // on.
    upstream::Cluster* const today = platform_.clusters.Find(decision_.cluster);
    if (today != nullptr) cluster_ = today;
  }
  state_ = State::kTrying;
  ++upstream.attempts;
  upstream.cluster_name = decision_.cluster;
  PrepareAttemptHeaders();
  newest_ = attempt;
  attempt->waiting().Clear();
  attempt->waiting().MoveFrom(unsent_);
  options_.server_name = UpstreamName(cluster_->config()->get(), memory_.request);
  if (!router_->upstream_logs.empty()) {
    attempt->LogTo(std::make_unique<AttemptLog>(platform_.loop, config(), router_->upstream_logs,
                                                info_, memory_.request));
  }
  const upstream::Start start = attempt->Start(*cluster_, options_);
  if (start == upstream::Start::kFailed) {
    OnAttemptError(*attempt, attempt->start_error());
    return;
  }
  if (request_ended_ || asks_for_tunnel()) attempt->SetTimeouts(terms_.of_try);
  if (start == upstream::Start::kReady) OnAttemptReady(*attempt);
}

void RouterFilter::RefreshCluster() {
  router::Decision next = decision_;
  router::ChooseClusterAgain(
      *action_, {.head = memory_.request, .stream = &info_, .random = platform_.random.Next()},
      tried_clusters_, next);
  // One that is not there would fail the request for sure.
  if (platform_.clusters.Find(next.cluster) != nullptr) decision_ = next;
}

void RouterFilter::PrepareAttemptHeaders() {
  const uint32_t attempts = info_.upstream.attempts;
  const config::VirtualHost& host = *decision_.virtual_host;
  http::HeaderMap& headers = memory_.request.headers;
  if (host.include_request_attempt_count) {
    headers.SetNumber(HeaderId::kXEnvoyAttemptCount, attempts);
  }
  if (host.include_is_timeout_retry && attempts > 1) {
    headers.Set(HeaderId::kXEnvoyIsTimeoutRetry, last_timed_out_ ? "true" : "false");
  }
}

void RouterFilter::OnAttemptReady(UpstreamAttempt& attempt) {
  NoteUpstream(attempt);
  route_counts_.Inc(&RouteStats::upstream_rq_total);
  if (response_pauses_ > 0) attempt.stream().SetReadPaused(true);
  attempt.SetMaxDuration(
      terms_.max_duration.value_or(cluster_->config()->get().http_limits->max_stream_duration));
  Send(attempt);
}

// The host of a try, and its connection where there is one, are those of the stream.
void RouterFilter::NoteUpstream(const UpstreamAttempt& attempt) {
  attempt.Describe(info_.upstream);
}

// Hands the try what the request has so far.
void RouterFilter::Send(UpstreamAttempt& attempt) {
  if (attempt.state() != UpstreamAttempt::State::kOpen || attempt.end_sent()) return;
  if (!attempt.head_sent() && !PrepareHeadFor(attempt)) return;
  attempt.Send(memory_.request, request_ended_, trailers_.has_value() ? &*trailers_ : nullptr);
  stream_info::UpstreamInfo& upstream = info_.upstream;
  upstream.first_byte_sent = attempt.first_byte_sent();
  if (attempt.end_sent()) upstream.last_byte_sent = platform_.loop.Now();
  if (waiting_paused_) {
    waiting_paused_ = false;
    host_.PauseRequest(false);
  }
}

bool RouterFilter::PrepareHeadFor(UpstreamAttempt& attempt) {
  http::RequestHead& head = memory_.request;
  if (TakesHostOfUpstream() && !attempt.host()->hostname().empty()) {
    head.authority = head.headers.arena().Copy(attempt.host()->hostname());
  }
  if (manager_.scheme_of_upstream) {
    head.scheme = attempt.connection().tls == nullptr ? "http" : "https";
  }
  if (asks_for_tunnel() && !PrepareHandshake(attempt)) return false;
  if (tunnel_end_ != nullptr) WriteProxyHeader(attempt);
  return true;
}

void RouterFilter::UpdateRequestPause() {
  const bool blocked =
      first_.blocked() || std::any_of(more_.begin(), more_.end(),
                                      [](const auto& attempt) { return attempt->blocked(); });
  if (std::exchange(attempts_paused_, blocked) != blocked) host_.PauseRequest(blocked);
}

void RouterFilter::OnAttemptBackpressure(UpstreamAttempt&, bool) { UpdateRequestPause(); }

// --- Errors and the next try

void RouterFilter::OnAttemptError(UpstreamAttempt& attempt, const StreamError& error) {
  NoteUpstream(attempt);
  info_.upstream.transport_failure_reason =
      memory_.request.headers.arena().Copy(error.transport_reason);
  UpdateRequestPause();
  if (state_ != State::kTrying && !(state_ == State::kResponding && answering_ == &attempt)) return;
  last_timed_out_ = error.kind == ErrorKind::kPerTryTimeout;
  upstream::ClusterStats& stats = cluster_->stats();
  switch (error.kind) {
    case ErrorKind::kPerTryTimeout:
      stats.upstream_rq_per_try_timeout.Inc();
      if (terms_.hedge) return HedgeSlowTry(attempt, error);
      break;
    case ErrorKind::kPerTryIdleTimeout:
      stats.upstream_rq_per_try_idle_timeout.Inc();
      break;
    case ErrorKind::kMaxDuration:
      stats.upstream_rq_max_duration_reached.Inc();
      break;
    default:
      break;
  }
  attempt.Reset(error);  // One that failed by itself is over already.
  OnTryFailed(attempt, error);
}

// It may still answer, and does so beside the next one.
void RouterFilter::HedgeSlowTry(UpstreamAttempt& attempt, const StreamError& error) {
  if (!NextIsDue() && retry_.Wants(error) && Replayable()) TakeRetry(attempt, nullptr);
}

void RouterFilter::OnTryFailed(UpstreamAttempt& attempt, const StreamError& error) {
  if (state_ == State::kTrying) {
    const bool replayable = !NextIsDue() && (Replayable() || !attempt.head_sent());
    if (retry_.Wants(error) && replayable && TakeRetry(attempt, nullptr)) return;
    if (OthersToCome(attempt)) return;
    CountStatus(attempt, AnswerFor(error).status);
  }
  EndWith(error);
}

void RouterFilter::EndWith(const StreamError& error) {
  state_ = State::kDone;
  timeout_.Disable();
  StreamError seen = error;
  seen.side = Side::kUpstream;
  host_.Fail(seen);
}

// Lets the next try begin after a while; false when there is none left. `response`: the answer that
// is tried again, null for an error. `attempt` goes on when it is in flight.
bool RouterFilter::TakeRetry(UpstreamAttempt& attempt, const http::ResponseHead* response) {
  if (!MayRetry()) return false;
  SendAgain(attempt);
  AvoidHostOf(attempt);
  const event::Duration wait = RetryWait(response);
  if (response != nullptr) attempt.Reset(GiveUp("retry"));
  UpdateRequestPause();
  if (!AnyInFlight(nullptr)) state_ = State::kWaiting;
  back_off_.Enable(wait);
  return true;
}

// Takes a place among the cluster's retries.
bool RouterFilter::MayRetry() {
  upstream::ClusterStats& stats = cluster_->stats();
  if (!retry_.any_left()) {
    info_.flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
    stats.upstream_rq_retry_limit_exceeded.Inc();
    route_counts_.Inc(&RouteStats::upstream_rq_retry_limit_exceeded);
    return false;
  }
  EndRetryLease();
  if (!cluster_->BeginRetry(options_.high_priority)) {
    info_.flags.Set(ResponseFlag::kUpstreamOverflow);
    route_counts_.Inc(&RouteStats::upstream_rq_retry_overflow);
    return false;
  }
  retry_leased_in_ = cluster_;
  stats.upstream_rq_retry.Inc();
  route_counts_.Inc(&RouteStats::upstream_rq_retry);
  return true;
}

// What the request's body is for the next try.
void RouterFilter::SendAgain(UpstreamAttempt& attempt) {
  if (replay_.has_value()) {
    unsent_.Clear();
    unsent_.AppendShared(*replay_);
  } else {
    unsent_.MoveFrom(attempt.waiting());  // Nothing of it was sent.
  }
}

void RouterFilter::AvoidHostOf(const UpstreamAttempt& attempt) {
  if (!retry_.policy()->avoid_previous_hosts || attempt.host() == nullptr) return;
  previous_hosts_.push_back(attempt.host());
  options_.previous_hosts = previous_hosts_;
  options_.host_attempts = retry_.policy()->host_attempts;
}

// As the answer asks, or as the policy's back-off has it.
event::Duration RouterFilter::RetryWait(const http::ResponseHead* response) {
  upstream::ClusterStats& stats = cluster_->stats();
  const uint64_t random = platform_.random.Next();
  if (response != nullptr) {
    if (const auto asked = retry_.TakeAsAsked(*response, platform_.loop.WallNow(), random)) {
      stats.upstream_rq_retry_backoff_ratelimited.Inc();
      route_counts_.Inc(&RouteStats::upstream_rq_retry_backoff_ratelimited);
      return *asked;
    }
  }
  stats.upstream_rq_retry_backoff_exponential.Inc();
  route_counts_.Inc(&RouteStats::upstream_rq_retry_backoff_exponential);
  return retry_.Take(random);
}

void RouterFilter::EndRetryLease() {
  upstream::Cluster* const cluster = std::exchange(retry_leased_in_, nullptr);
  if (cluster != nullptr) cluster->EndRetry(options_.high_priority);
}

void RouterFilter::ResetOthers(const UpstreamAttempt* but) {
  if (&first_ != but) first_.Reset(GiveUp("given_up"));
  for (auto& attempt : more_) {
    if (attempt.get() != but) attempt->Reset(GiveUp("given_up"));
  }
}

void RouterFilter::OnTimeout() {
  if (state_ == State::kDone) return;
  const bool responding = state_ == State::kResponding;
  state_ = State::kDone;
  next_try_due_ = false;
  back_off_.Disable();
  if (AnyInFlight(nullptr)) {
    UpstreamAttempt& attempt = responding ? *answering_ : *newest_;
    cluster_->stats().upstream_rq_timeout.Inc();
    route_counts_.Inc(&RouteStats::upstream_rq_timeout);
    if (!responding) CountStatus(attempt, 504);
    if (attempt.started() && attempt.host() != nullptr) attempt.host()->stats().rq_timeout.Inc();
  }
  ResetOthers(nullptr);
  UpdateRequestPause();
  if (terms_.alternative_response && !responding) {
    info_.flags.Set(ResponseFlag::kUpstreamRequestTimeout);
    const StreamError error = UpstreamError(ErrorKind::kUpstreamTimeout);
    host_.Answer({.status = 204, .details = AnswerFor(error).details});
    return;
  }
  host_.Fail(UpstreamError(ErrorKind::kUpstreamTimeout));
}

void RouterFilter::OnAttemptIdle(UpstreamAttempt&) {
  UpdateRequestPause();
  if (next_try_due_) {
    StartAttempt();
    return;
  }
  if (state_ == State::kDone && idle()) {
    EndRetryLease();
    host_.OnRouterIdle();
  }
}

void RouterFilter::AddHeld(buffer::Ledger& ledger) {
  ledger.Add(buffer::LedgerKind::kBody, unsent_.size());
  if (replay_.has_value()) ledger.Add(buffer::LedgerKind::kBody, replay_->size());
  if (trailers_.has_value()) ledger.Add(buffer::LedgerKind::kHeaders, trailers_->byte_size());
  first_.AddHeld(ledger);
  for (const auto& attempt : more_) attempt->AddHeld(ledger);
}

}  // namespace weir::proxy
