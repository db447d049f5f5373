// The tries of a RouterFilter: sending the request, taking the answer, and trying again.

#include <array>
#include <utility>

#include "source/proxy/error_table.h"
#include "source/proxy/header_levels.h"
#include "source/proxy/router_filter.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::HeaderId;
using http::Side;
using http::StreamError;

constexpr StreamError UpstreamError(ErrorKind kind) { return {kind, Side::kUpstream, false, ""}; }

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

// A request that may be tried again keeps a copy of its body, up to the buffer limit.
void RouterFilter::KeepForReplay(const buffer::Buffer& data) {
  if (!replay_.has_value()) return;
  if (state_ == State::kResponding || replay_->size() + data.size() > settings_.buffer_limit) {
    replay_.reset();
    return;
  }
  AppendCopy(*replay_, data);
}

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
    host_.memory().request.headers.SetNumber(HeaderId::kXEnvoyAttemptCount, upstream.attempts);
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
    response.headers.SetNumber(HeaderId::kXEnvoyUpstreamServiceTime,
                               static_cast<uint64_t>(waited.count()));
  }
  if (decision_.virtual_host->include_attempt_count_in_response) {
    response.headers.SetNumber(HeaderId::kXEnvoyAttemptCount, info.upstream.attempts);
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
  // Before the head was sent nothing was: what waits is the whole body so far, kept for replay or
  // not.
  if (head_sent_) {
    waiting_.Clear();
    AppendCopy(waiting_, *replay_);
  }
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

}  // namespace weir::proxy
