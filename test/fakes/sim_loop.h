// The loop in virtual time: a whole proxy runs on it in one thread, and a seed repeats the run.
//
//   SimLoop loop(seed);
//   SimNetwork network(loop);
//   ... build what is tested on `loop` and `network` ...
//   loop.RunFor(std::chrono::seconds(5));     // takes no real time
//
// Time moves only inside RunFor and RunUntil, and jumps from one timer to the next. A turn is as in
// EpollLoop: due timers and posts, turn-end tasks, deferred deaths. One thread; all parts of a
// simulation (workers, main thread, clients) share the one loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "source/event/clock.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/event/timer_wheel.h"
#include "source/event/turn_end_queue.h"

namespace weir::fakes {

class SimLoop final : public event::Loop, public event::Clock {
 public:
  // Virtual time starts one hour after the monotonic epoch, and on 2024-01-01 00:00:00 UTC.
  explicit SimLoop(uint64_t seed = 1);
  SimLoop(const SimLoop&) = delete;
  SimLoop& operator=(const SimLoop&) = delete;
  ~SimLoop() override;

  // One turn at the present time. False when there was nothing to do in it.
  bool RunTurn();
  // All that happens up to and at `time`; the clock then stands at `time`.
  void RunUntil(event::MonotonicTime time);
  void RunFor(event::Duration duration) { RunUntil(now_ + duration); }
  // Turns without moving the clock, until nothing is left to do at the present time.
  void RunReady();
  // Until no post, task or timer is left, or the clock has moved by `limit`. True when idle was
  // reached. Things with periodic timers (health checks, stats flushes) never get idle.
  bool RunUntilIdle(event::Duration limit = std::chrono::hours(1));
  // Until `done` is true after some turn, or the clock has moved by `limit`. Returns the last
  // `done()`.
  bool RunUntilTrue(const std::function<bool()>& done,
                    event::Duration limit = std::chrono::minutes(1));

  // Randomness of the simulation itself (network, order of things); what is tested gets its own.
  event::Random& random() { return random_; }
  uint64_t turns() const { return turns_; }
  // Timers armed now: for "an idle connection has at most one timer".
  size_t armed_timers() const { return timers_.size(); }

  // Loop:
  event::MonotonicTime Now() const override { return now_; }
  event::SystemTime WallNow() const override;
  void Arm(event::Timer& timer, event::Duration delay) override { timers_.Arm(timer, now_, delay); }
  void Disarm(event::Timer& timer) override { timers_.Disarm(timer); }
  void Post(std::function<void()> task) override;
  void AtTurnEnd(event::TurnEndTask& task) override { turn_end_.Add(task); }
  void DeferDelete(std::unique_ptr<event::DeferredDeletable> object) override;

  // Clock, for what takes one: the same virtual time.
  event::MonotonicTime Monotonic() const override { return now_; }
  event::SystemTime System() const override { return WallNow(); }

 private:
  bool HasWorkNow();
  // Moves the clock to the next timer, at most to `limit`. False when there is none until then.
  bool JumpToNextTimer(event::MonotonicTime limit);

  const event::MonotonicTime start_;
  event::MonotonicTime now_;
  event::Random random_;
  uint64_t turns_ = 0;
  bool ended_ = false;
  event::TimerWheel timers_;
  event::TurnEndQueue turn_end_;
  event::DeferredDeleteList deferred_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace weir::fakes
