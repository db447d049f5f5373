// PINGs that find connections whose peer is gone (Http2ProtocolOptions.connection_keepalive).
//
// Every `interval`, lengthened by a random part of at most `interval_jitter_percent` of it, a PING;
// the next interval begins with its answer. With `connection_idle_interval` also before a new
// stream on a connection that was silent for so long. A PING that is not answered within `timeout`
// ends the connection: `on_dead` is called from the loop and leaves this object alive. Belongs to
// the connection's owner; its loop's thread.
#pragma once

#include <chrono>
#include <functional>

#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/http/h2/codec.h"

namespace weir::http::h2 {

class Keepalive {
 public:
  struct Settings {
    std::chrono::milliseconds interval{};                  // 0: no PINGs by time.
    std::chrono::milliseconds timeout{};                   // 0: no keep-alive at all.
    std::chrono::milliseconds connection_idle_interval{};  // 0: none before streams.
    uint32_t interval_jitter_percent = 15;
  };

  // `pings` is the codec's, which outlives this.
  Keepalive(event::Loop& loop, event::Random& random, const Settings& settings, Pings& pings,
            std::function<void()> on_dead);

  // After bytes of the peer were decoded.
  void OnReceived();
  // Before a stream is opened.
  void OnNewStream();
  // The connection is ending.
  void Stop() { timer_.Disable(); }

 private:
  void Probe();
  void AwaitInterval();
  void OnTimer();

  event::Loop& loop_;
  event::Random& random_;
  const Settings settings_;
  Pings& pings_;
  const std::function<void()> on_dead_;
  event::Timer timer_;  // The interval, or with waiting_ the timeout.
  event::MonotonicTime last_received_;
  uint64_t answered_ = 0;  // As last seen.
  bool waiting_ = false;
};

}  // namespace weir::http::h2
