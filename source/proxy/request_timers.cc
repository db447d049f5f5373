// What a request waits for, and how long.

#include "source/proxy/request_stream.h"

namespace weir::proxy {

using http::ErrorKind;
using http::Side;
using stream_info::ResponseFlag;

namespace {

// What a client has to take of its answer in a stream_flush_timeout.
constexpr size_t kLeastTaken = 1024;

}  // namespace

// What the route says instead of the connection manager.
void RequestStream::ApplyRouteTimeouts() {
  if (const auto idle = router_.stream_idle_timeout()) {
    idle_timeout_ = *idle;
    idle_.Disable();
    Progress();
  }
  const auto longest = router_.max_stream_duration();
  if (!longest.has_value()) return;
  if (longest->count() > 0) {
    max_duration_.Enable(*longest);
  } else {
    max_duration_.Disable();
  }
}

bool RequestStream::is_young() const {
  const auto age =
      std::chrono::duration_cast<std::chrono::seconds>(platform_.loop.Now() - info_.start);
  return age <= config_.premature_reset_min_stream_lifetime;
}

void RequestStream::Progress() {
  progress_at_ = platform_.loop.Now();
  if (idle_timeout_.count() > 0 && !idle_.enabled()) idle_.Enable(idle_timeout_);
}

void RequestStream::OnIdleTimeout() {
  if (stream_ == nullptr) return router_.DropTail();
  if (unsent_ > 0) {
    // An octet now and then keeps nothing: who takes so little would hold the rest for ever.
    const bool moves = stream_->buffered() + kLeastTaken <= unsent_;
    return moves ? AwaitFlush() : OnFlushTimeout();
  }
  const event::Duration idle = platform_.loop.Now() - progress_at_;
  if (idle < idle_timeout_) {
    idle_.Enable(idle_timeout_ - idle);
    return;
  }
  stats_.downstream_rq_idle_timeout.Inc();
  Fail({ErrorKind::kIdleTimeout, Side::kDownstream, false, "stream_idle_timeout"});
}

// The answer is there, and the client does not take it.
void RequestStream::OnFlushTimeout() {
  platform_.http2_stats.Get({}).tx_flush_timeout.Inc();
  stats_.downstream_rq_idle_timeout.Inc();
  info_.flags.Set(ResponseFlag::kStreamIdleTimeout);
  ResetDownstream({ErrorKind::kIdleTimeout, Side::kDownstream, false, "stream_idle_timeout"});
}

void RequestStream::OnRequestTimeout() {
  stats_.downstream_rq_timeout.Inc();
  Fail({ErrorKind::kRequestTimeout, Side::kDownstream, false, "request_overall_timeout"});
}

void RequestStream::OnMaxDuration() {
  stats_.downstream_rq_max_duration_reached.Inc();
  Fail({ErrorKind::kMaxDuration, Side::kDownstream, false, "max_duration_timeout"});
}

}  // namespace weir::proxy
