// What a Session waits for, and how long.

#include <utility>

#include "source/proxy/session.h"

namespace weir::proxy {

// Without a request the connection is idle, or its last bytes wait for a client that takes none.
void Session::UpdateIdleTimer() {
  const size_t unsent = codec_ == nullptr ? 0 : codec_->output().size();
  const size_t waiting = requests_.empty() ? unsent : 0;
  const bool changed = waiting != unsent_;
  unsent_ = waiting;
  const std::chrono::milliseconds timeout =
      unsent_ > 0 ? http().stream_flush_timeout : http().idle_timeout;
  if (!requests_.empty() || timeout.count() == 0) {
    idle_timer_.Disable();
  } else if (changed || !idle_timer_.enabled()) {
    idle_timer_.Enable(timeout);
  }
}

// Those who are told together are not to come back together.
event::Duration Session::DrainTime() const {
  const event::Duration least = http().drain_timeout;
  const double jitter = http().drain_timeout_jitter;
  if (jitter == 0) return least;
  const double more = static_cast<double>(least.count()) * jitter * context_.platform.random.Unit();
  return least + event::Duration(static_cast<event::Duration::rep>(more));
}

void Session::StopTimers() {
  idle_timer_.Disable();
  if (headers_timer_ != nullptr) headers_timer_->Disable();
  if (duration_timer_ != nullptr) duration_timer_->Disable();
  if (keepalive_ != nullptr) keepalive_->Stop();
}

void Session::UpdateTimers() {
  if (state_ != State::kOpen) return;
  UpdateIdleTimer();
  // A preface that is begun is timed like a head.
  const bool head_begun = codec_ == nullptr ? !in_.empty() : codec_->head_begun();
  if (!head_begun || http().request_headers_timeout.count() == 0) {
    if (headers_timer_ != nullptr) headers_timer_->Disable();
    return;
  }
  if (headers_timer_ == nullptr) {
    headers_timer_ =
        std::make_unique<event::Timer>(context_.platform.loop, [this] { OnHeadersTimeout(); });
  }
  // HTTP/2 may have begun another one since.
  const bool is_next = std::exchange(timed_head_, requests_seen_) != requests_seen_;
  if (is_next || !headers_timer_->enabled()) {
    headers_timer_->Enable(http().request_headers_timeout);
  }
}

void Session::OnIdle() {
  switch (state_) {
    case State::kOpen:
      if (!closing_soon_) context_.stats.downstream_cx_idle_timeout.Inc();
      // Of HTTP/1 nothing is on its way after so long a silence; HTTP/2 is told first.
      if (!is_http2()) closing_soon_ = true;
      Close(false);
      return;
    case State::kClosing:
    case State::kLingering:
      context_.stats.downstream_cx_delayed_close_timeout.Inc();
      FinishClosing();
      return;
    case State::kClosed:
      return;
  }
}

void Session::OnHeadersTimeout() {
  context_.stats.downstream_rq_header_timeout.Inc();
  if (codec_ != nullptr && !is_http2()) {
    codec_->output().Append(
        "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  }
  BeginClosing();
}

// Told at once, and closed after drain_timeout: a request that is on its way is still answered.
void Session::OnMaxDuration() {
  if (life_over_) return Close(false);
  life_over_ = closing_soon_ = true;
  context_.stats.downstream_cx_max_duration_reached.Inc();
  Drain();
  if (!is_http2() && http().http1_safe_max_connection_duration) return;
  duration_timer_->Enable(DrainTime());
}

}  // namespace weir::proxy
