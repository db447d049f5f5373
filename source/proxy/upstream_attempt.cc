#include "source/proxy/upstream_attempt.h"

#include "source/base/check.h"

namespace weir::proxy {

UpstreamAttempt::~UpstreamAttempt() {
  WEIR_CHECK(state_ == State::kIdle || state_ == State::kPending,
             "a request ended before the codec let go of its stream");
}

upstream::Start UpstreamAttempt::Start(upstream::Cluster& cluster,
                                       const upstream::StreamOptions& options) {
  WEIR_DCHECK(state_ == State::kIdle, "one try at a time");
  request_.emplace(*this, *this);
  const upstream::Start start = cluster.StartStream(*request_, options);
  if (start == upstream::Start::kReady) state_ = State::kOpen;
  if (start == upstream::Start::kPending) state_ = State::kPending;
  return start;
}

void UpstreamAttempt::Reset(const http::StreamError& error) {
  switch (state_) {
    case State::kIdle:
    case State::kClosing:
      return;
    case State::kPending:
      request_->Cancel();
      state_ = State::kIdle;
      return;
    case State::kOpen:
      state_ = State::kClosing;
      request_->stream()->Reset(error);
      return;
  }
}

void UpstreamAttempt::OnStreamReady() {
  state_ = State::kOpen;
  handler_.OnAttemptReady();
}

void UpstreamAttempt::OnStreamFailed(const http::StreamError& error) {
  state_ = State::kIdle;
  handler_.OnAttemptError(error);
}

void UpstreamAttempt::OnInformational() {
  if (state_ == State::kOpen) handler_.OnAttemptInformational();
}

void UpstreamAttempt::OnHeaders(bool end) {
  if (state_ == State::kOpen) handler_.OnAttemptHeaders(end);
}

void UpstreamAttempt::OnBody(buffer::Buffer& data, bool end) {
  if (state_ == State::kOpen) handler_.OnAttemptBody(data, end);
}

void UpstreamAttempt::OnTrailers(http::HeaderMap& trailers) {
  if (state_ == State::kOpen) handler_.OnAttemptTrailers(trailers);
}

void UpstreamAttempt::OnReset(const http::StreamError& error) {
  if (state_ != State::kOpen) return;
  state_ = State::kClosing;
  handler_.OnAttemptError(error);
}

void UpstreamAttempt::OnBackpressure(bool blocked) {
  if (state_ == State::kOpen) handler_.OnAttemptBackpressure(blocked);
}

void UpstreamAttempt::OnStreamClosed() {
  state_ = State::kIdle;
  handler_.OnAttemptIdle();
}

}  // namespace weir::proxy
