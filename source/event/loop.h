// The event loop as everything above sees it: time, timers, posts, the end of a turn, deferred
// death.
//
// One loop a thread. A turn: read the clock once, run what the kernel (or the simulator) reported,
// due timers and posted functions, then the turn-end tasks (writes are flushed there), then destroy
// what was deferred. All calls but Post are for the loop's own thread.
//
// No callback runs inside the call that started the operation: Arm, Post, AtTurnEnd and DeferDelete
// only note; what they ask for happens later in the turn or in a later one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "source/base/callback.h"
#include "source/event/clock.h"

namespace weir::event {

class Timer;

// What may be on the stack when it ends: handed to DeferDelete, destroyed at the end of the turn.
class DeferredDeletable {
 public:
  virtual ~DeferredDeletable() = default;
};

// Work for the end of this turn, each at most once a turn. The object embeds it and outlives it, or
// cancels by destroying it. Intrusive: queueing allocates nothing.
class TurnEndTask {
 public:
  template <typename Run>
  explicit TurnEndTask(Run run) : run_(std::move(run)) {}
  TurnEndTask(const TurnEndTask&) = delete;
  TurnEndTask& operator=(const TurnEndTask&) = delete;
  ~TurnEndTask() { Cancel(); }

  bool queued() const { return previous_ != nullptr; }
  void Cancel();

 private:
  friend class TurnEndQueue;
  Callback run_;
  TurnEndTask* previous_ = nullptr;  // Ring with the queue's head.
  TurnEndTask* next_ = nullptr;
};

class Loop {
 public:
  virtual ~Loop() = default;

  // The time at which this turn began; does not move within a turn.
  virtual MonotonicTime Now() const = 0;
  // Likewise, read when a turn first asks for it.
  virtual SystemTime WallNow() const = 0;

  // For Timer alone: (re)schedules or cancels it.
  virtual void Arm(Timer& timer, Duration delay) = 0;
  virtual void Disarm(Timer& timer) = 0;

  // Runs `task` on the loop's thread in a later turn, in the order posted. Any thread. A task
  // posted to a loop that has ended is destroyed without being run.
  virtual void Post(std::function<void()> task) = 0;
  virtual void AtTurnEnd(TurnEndTask& task) = 0;
  virtual void DeferDelete(std::unique_ptr<DeferredDeletable> object) = 0;
};

namespace loop_internal {
// Membership in a ring of timers; both null outside of one.
struct TimerLink {
  TimerLink* previous = nullptr;
  TimerLink* next = nullptr;
};
}  // namespace loop_internal

// A single-shot timer, embedded in what it serves. Destroying it cancels it. Loop's thread only.
// Granularity: kTick; a timer never fires early and at most one tick (and the turn's length) late.
class Timer : private loop_internal::TimerLink {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(1);

  template <typename Fire>
  Timer(Loop& loop, Fire fire) : loop_(loop), fire_(std::move(fire)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { Disable(); }

  // Fires once after `delay` (0: in the next turn). Armed already: moves it.
  void Enable(Duration delay) { loop_.Arm(*this, delay); }
  void Disable() {
    if (enabled()) loop_.Disarm(*this);
  }
  bool enabled() const { return previous != nullptr; }

 private:
  friend class TimerWheel;
  Loop& loop_;
  Callback fire_;
  uint64_t due_tick_ = 0;
};

}  // namespace weir::event
