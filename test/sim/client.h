// A client before the proxy: works through its exchanges over one connection after the other.
//
//   kWaiting --send--> kSent --+--> kAnswered, kLocal      whole answer
//      ^                       +--> kCut                   the stream or connection broke
//      |                       +--> kGone                  the client left
//      +------------ the proxy said that it did not look at it
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "source/event/random.h"
#include "test/sim/checks.h"
#include "test/sim/end.h"
#include "test/sim/scene.h"

namespace weir::sim {

class Client {
 public:
  virtual ~Client() = default;
  // Nothing is left to send, nothing under way. When the server is ending, what was not sent stays
  // unsent.
  virtual bool finished() const = 0;
  // Closes what is open.
  virtual void Stop() = 0;
};

std::unique_ptr<Client> MakeClientH1(Scene& scene, const ClientPlan& plan, uint64_t seed);
std::unique_ptr<Client> MakeClientH2(Scene& scene, const ClientPlan& plan, uint64_t seed);
// Of a TCP proxy: one connection for each exchange.
std::unique_ptr<Client> MakeClientRaw(Scene& scene, const ClientPlan& plan, uint64_t seed);

// The proxy's delayed_close_timeout, by default: so long it waits for a client to hear its end. No
// proxy can wait for more, as it does not see what lies unread in the client's own kernel.
inline constexpr event::Duration kDelayedClose = std::chrono::seconds(1);

// What both kinds share: the queue of exchanges.
class ExchangeQueue {
 public:
  ExchangeQueue(Scene& scene, const ClientPlan& plan) {
    for (size_t index : plan.exchanges) waiting_.push_back(&scene.plan.exchanges[index]);
  }
  bool empty() const { return waiting_.empty(); }
  const Exchange& next() const { return *waiting_.front(); }
  // Takes the next one, which is sent now.
  Exchange& Take(Scene& scene) {
    Exchange& exchange = *waiting_.front();
    waiting_.pop_front();
    if (exchange.sent_at == event::MonotonicTime{}) ++scene.sent;
    exchange.outcome = Outcome::kSent;
    exchange.sent_at = scene.loop.Now();
    return exchange;
  }
  // The proxy did not look at it: it is sent once more. None of it may have been forwarded.
  void PutBack(Scene& scene, Exchange& exchange);

 private:
  std::deque<Exchange*> waiting_;
};

}  // namespace weir::sim
