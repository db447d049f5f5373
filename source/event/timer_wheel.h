// Timers on a wheel of wheels: arming, moving and cancelling cost constant time and no allocation.
//
// Time is counted in ticks of Timer::kTick. Six levels of 64 slots: a slot of level L spans 64^L
// ticks, and a timer lies in the level of the highest digit (base 64) in which its due tick differs
// from the present one. When the present reaches a slot of a higher level, its timers move down;
// those of level 0 fire. What is due beyond 64^6 ticks (two years) waits in the highest level and
// is looked at again.
//
// Used by composition in each Loop, on the loop's thread. Every slot has a bit that says that it
// may hold timers; a bit may be stale after a cancellation and is cleared when it is next looked
// at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "source/event/loop.h"

namespace weir::event {

class TimerWheel {
 public:
  explicit TimerWheel(MonotonicTime origin);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  // Timers that are still armed are let go without firing.
  ~TimerWheel();

  // `now` does not go back from call to call. A delay of 0 or less fires in the next Advance.
  void Arm(Timer& timer, MonotonicTime now, Duration delay);
  void Disarm(Timer& timer);

  // When Advance has something to do: the time of the first timer, or earlier where the first one
  // was cancelled or many lie close together (one more short turn). Nothing when no timer is armed.
  // Remembered until that time, so that a turn without due timers looks at no slot.
  std::optional<MonotonicTime> NextDue();

  // Fires all that is due at `now`, in the order of their ticks. What is armed meanwhile with a
  // delay of 0 waits for the next call. Returns how many fired.
  size_t Advance(MonotonicTime now);

  // Timers armed.
  size_t size() const { return size_; }

 private:
  using TimerLink = loop_internal::TimerLink;
  static constexpr int kLevels = 6;
  static constexpr int kDigitBits = 6;
  static constexpr uint64_t kSlots = 1u << kDigitBits;

  struct Level {
    uint64_t occupied = 0;
    std::array<TimerLink, kSlots> slots;
  };
  struct SlotAt {
    int level;
    uint64_t slot;
    uint64_t start;  // First tick of the slot.
  };

  static Timer& TimerOf(TimerLink* link) { return *static_cast<Timer*>(link); }
  static void MakeEmpty(TimerLink& head);
  static void PushBack(TimerLink& head, TimerLink& link);
  static void Unlink(TimerLink& link);
  static void Splice(TimerLink& from, TimerLink& to);

  void Place(Timer& timer);
  uint64_t FindNextTick();
  // The first slot that holds a timer, by time.
  std::optional<SlotAt> FirstSlot();
  size_t Fire(TimerLink& ring);

  const MonotonicTime origin_;
  uint64_t current_ = 0;  // Tick that was advanced to; lags behind the clock while nothing is due.
  // Not later than the first timer's tick; meaningful when next_known_.
  uint64_t next_tick_ = 0;
  bool next_known_ = false;
  size_t size_ = 0;
  TimerLink immediate_;
  std::array<Level, kLevels> levels_;
};

}  // namespace weir::event
