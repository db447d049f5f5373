#include "source/proxy/upstream_attempt.h"

#include "source/base/check.h"

namespace weir::proxy {
namespace {

constexpr http::StreamError TooLong(http::ErrorKind kind) {
  return {kind, http::Side::kUpstream, false, ""};
}

}  // namespace

UpstreamAttempt::~UpstreamAttempt() {
  WEIR_CHECK(state_ == State::kIdle || state_ == State::kPending,
             "a request ended before the codec let go of its stream");
}

upstream::Start UpstreamAttempt::Start(upstream::Cluster& cluster,
                                       const upstream::StreamOptions& options) {
  WEIR_DCHECK(state_ == State::kIdle, "one try at a time");
  head_sent_ = false;
  end_sent_ = false;
  response_ended_ = false;
  request_.emplace(*this, *this);
  const upstream::Start start = cluster.StartStream(*request_, options);
  switch (start) {
    case upstream::Start::kReady:
      Opened();
      break;
    case upstream::Start::kPending:
      state_ = State::kPending;
      break;
    case upstream::Start::kFailed:
      EndLog(&start_error());
      break;
  }
  return start;
}

void UpstreamAttempt::Opened() {
  state_ = State::kOpen;
  if (log_ == nullptr) return;
  Describe(log_->upstream());
  log_->OnStream();
}

void UpstreamAttempt::Describe(stream_info::UpstreamInfo& upstream) const {
  if (host() == nullptr) return;
  upstream.has_host = true;
  upstream.address = host()->address();
  upstream.host_name = host()->hostname();
  if (state_ != State::kOpen) return;
  upstream.connected = true;
  upstream.local_address = connection().local_address;
  upstream.connection_id = connection().connection_id;
  upstream.protocol = connection().protocol;
  upstream.tls = connection().tls;
}

void UpstreamAttempt::Send(const http::RequestHead& head, bool ended,
                           const http::HeaderMap* trailers) {
  if (state_ != State::kOpen || end_sent_) return;
  const size_t waited = waiting_.size();
  const bool end_without_trailers = ended && trailers == nullptr;
  if (!head_sent_) {
    head_sent_ = true;
    first_byte_sent_ = loop_.Now();
    end_sent_ = end_without_trailers && waiting_.empty();
    stream().EncodeHeaders(head, end_sent_);
  }
  if (!end_sent_ && (!waiting_.empty() || end_without_trailers)) {
    end_sent_ = end_without_trailers;
    stream().EncodeBody(waiting_, end_sent_);
    waiting_.Clear();
  }
  if (!end_sent_ && ended) {
    end_sent_ = true;
    stream().EncodeTrailers(*trailers);
  }
  if (log_ != nullptr) {
    log_->OnSent(waited, end_sent_);
    if (end_sent_ && response_ended_) EndLog(nullptr);
  }
  Progress();
}

void UpstreamAttempt::SetTimeouts(const AttemptTimeouts& timeouts) {
  idle_timeout_ = timeouts.idle;
  EnableTimer(timeout_, timeouts.whole, http::ErrorKind::kPerTryTimeout);
  EnableTimer(idle_, timeouts.idle, http::ErrorKind::kPerTryIdleTimeout);
}

void UpstreamAttempt::SetMaxDuration(event::Duration duration) {
  EnableTimer(max_duration_, duration, http::ErrorKind::kMaxDuration);
}

void UpstreamAttempt::EnableTimer(std::optional<event::Timer>& timer, event::Duration after,
                                  http::ErrorKind kind) {
  if (after.count() == 0) return;
  if (!timer.has_value()) {
    timer.emplace(loop_, [this, kind] { handler_.OnAttemptError(*this, TooLong(kind)); });
  }
  timer->Enable(after);
}

void UpstreamAttempt::Progress() {
  if (idle_.has_value() && idle_->enabled()) idle_->Enable(idle_timeout_);
}

void UpstreamAttempt::EndTimeouts() {
  if (timeout_.has_value()) timeout_->Disable();
  if (idle_.has_value()) idle_->Disable();
  if (max_duration_.has_value()) max_duration_->Disable();
}

void UpstreamAttempt::Reset(const http::StreamError& error) {
  EndTimeouts();
  switch (state_) {
    case State::kIdle:
    case State::kClosing:
      return;
    case State::kPending:
      EndLog(&error);
      request_->Cancel();
      state_ = State::kIdle;
      return;
    case State::kOpen:
      EndLog(&error);
      state_ = State::kClosing;
      blocked_ = false;
      request_->stream()->Reset(error);
      return;
  }
}

void UpstreamAttempt::OnStreamReady() {
  Opened();
  handler_.OnAttemptReady(*this);
}

void UpstreamAttempt::OnStreamFailed(const http::StreamError& error) {
  state_ = State::kIdle;
  EndTimeouts();
  EndLog(&error);
  handler_.OnAttemptError(*this, error);
}

void UpstreamAttempt::OnInformational() {
  if (state_ != State::kOpen) return;
  Progress();
  handler_.OnAttemptInformational(*this);
}

void UpstreamAttempt::OnHeaders(bool end) {
  if (state_ != State::kOpen) return;
  if (timeout_.has_value()) timeout_->Disable();
  Progress();
  if (log_ != nullptr) log_->OnResponse(response_);
  if (end) ResponseEnded();
  handler_.OnAttemptHeaders(*this, end);
}

void UpstreamAttempt::OnBody(buffer::Buffer& data, bool end) {
  if (state_ != State::kOpen) return;
  Progress();
  if (log_ != nullptr) log_->OnReceived(data.size());
  if (end) ResponseEnded();
  handler_.OnAttemptBody(*this, data, end);
}

void UpstreamAttempt::OnTrailers(http::HeaderMap& trailers) {
  if (state_ != State::kOpen) return;
  ResponseEnded(&trailers);
  handler_.OnAttemptTrailers(*this, trailers);
}

void UpstreamAttempt::OnReset(const http::StreamError& error) {
  if (state_ != State::kOpen) return;
  state_ = State::kClosing;
  blocked_ = false;
  EndTimeouts();
  EndLog(&error);
  handler_.OnAttemptError(*this, error);
}

// While the request goes on the try does, too: a tunnel's, or until its owner gives it up.
void UpstreamAttempt::ResponseEnded(const http::HeaderMap* trailers) {
  response_ended_ = true;
  if (end_sent_) EndLog(nullptr, trailers);
}

void UpstreamAttempt::EndLog(const http::StreamError* error, const http::HeaderMap* trailers) {
  if (log_ == nullptr) return;
  Describe(log_->upstream());
  std::exchange(log_, nullptr)->OnEnd(error, trailers);
}

void UpstreamAttempt::OnBackpressure(bool blocked) {
  if (state_ != State::kOpen) return;
  blocked_ = blocked;
  handler_.OnAttemptBackpressure(*this, blocked);
}

void UpstreamAttempt::OnStreamClosed() {
  state_ = State::kIdle;
  blocked_ = false;
  EndTimeouts();
  EndLog(nullptr);
  handler_.OnAttemptIdle(*this);
}

}  // namespace weir::proxy
