#include "source/http/h2/keepalive.h"

#include <utility>

namespace weir::http::h2 {

Keepalive::Keepalive(event::Loop& loop, event::Random& random, const Settings& settings,
                     Pings& pings, std::function<void()> on_dead)
    : loop_(loop),
      random_(random),
      settings_(settings),
      pings_(pings),
      on_dead_(std::move(on_dead)),
      timer_(loop, [this] { OnTimer(); }),
      last_received_(loop.Now()) {
  AwaitInterval();
}

void Keepalive::OnReceived() {
  last_received_ = loop_.Now();
  if (!waiting_ || pings_.answered() == answered_) return;
  answered_ = pings_.answered();
  waiting_ = false;
  AwaitInterval();
}

void Keepalive::OnNewStream() {
  if (waiting_ || settings_.connection_idle_interval.count() == 0) return;
  if (loop_.Now() - last_received_ >= settings_.connection_idle_interval) Probe();
}

void Keepalive::Probe() {
  waiting_ = true;
  pings_.SendPing();
  timer_.Enable(settings_.timeout);
}

void Keepalive::AwaitInterval() {
  timer_.Disable();
  if (settings_.interval.count() == 0) return;
  const auto spread =
      static_cast<uint64_t>(settings_.interval.count()) * settings_.interval_jitter_percent / 100;
  const auto jitter = std::chrono::milliseconds(spread == 0 ? 0 : random_.Below(spread + 1));
  timer_.Enable(settings_.interval + jitter);
}

void Keepalive::OnTimer() {
  if (!std::exchange(waiting_, false)) return Probe();
  on_dead_();
}

}  // namespace weir::http::h2
