#include "source/event/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "source/base/check.h"

namespace weir::event {
namespace {

// A slot with more timers than this is not searched for its first one.
constexpr int kSearched = 16;

}  // namespace

TimerWheel::TimerWheel(MonotonicTime origin) : origin_(origin) {
  MakeEmpty(immediate_);
  for (Level& level : levels_) {
    for (TimerLink& slot : level.slots) MakeEmpty(slot);
  }
}

TimerWheel::~TimerWheel() {
  while (immediate_.next != &immediate_) Unlink(*immediate_.next);
  for (Level& level : levels_) {
    for (TimerLink& slot : level.slots) {
      while (slot.next != &slot) Unlink(*slot.next);
    }
  }
}

void TimerWheel::MakeEmpty(TimerLink& head) { head.previous = head.next = &head; }

void TimerWheel::PushBack(TimerLink& head, TimerLink& link) {
  link.previous = head.previous;
  link.next = &head;
  head.previous->next = &link;
  head.previous = &link;
}

void TimerWheel::Unlink(TimerLink& link) {
  link.previous->next = link.next;
  link.next->previous = link.previous;
  link.previous = link.next = nullptr;
}

// Moves all of `from` to `to`, which is empty.
void TimerWheel::Splice(TimerLink& from, TimerLink& to) {
  if (from.next == &from) return;
  to.next = from.next;
  to.previous = from.previous;
  to.next->previous = &to;
  to.previous->next = &to;
  MakeEmpty(from);
}

void TimerWheel::Arm(Timer& timer, MonotonicTime now, Duration delay) {
  if (timer.enabled()) {
    Unlink(timer);
  } else {
    ++size_;
  }
  if (delay <= Duration::zero()) {
    PushBack(immediate_, timer);
    return;
  }
  // Up, so that no timer fires early; the sum is bounded, so that it does not overflow.
  const Duration bounded = std::min<Duration>(delay, std::chrono::hours(24 * 365 * 100));
  const Duration since_origin = (now - origin_) + bounded;
  const int64_t ticks = (since_origin + Timer::kTick - Duration(1)) / Timer::kTick;
  timer.due_tick_ = std::max(static_cast<uint64_t>(std::max<int64_t>(ticks, 0)), current_ + 1);
  if (size_ == 1) {
    next_known_ = true;
    next_tick_ = timer.due_tick_;
  }
  next_tick_ = std::min(next_tick_, timer.due_tick_);
  Place(timer);
}

void TimerWheel::Place(Timer& timer) {
  const uint64_t difference = timer.due_tick_ ^ current_;
  int level = difference == 0 ? 0 : (std::bit_width(difference) - 1) / kDigitBits;
  uint64_t digit;
  if (level < kLevels) {
    digit = (timer.due_tick_ >> (level * kDigitBits)) & (kSlots - 1);
  } else {
    // Beyond this round of the highest level: its own slot of the next one, or the last one that is
    // not beyond that too.
    level = kLevels - 1;
    const int shift = level * kDigitBits;
    digit = std::min(timer.due_tick_ >> shift, (current_ >> shift) + kSlots - 1) & (kSlots - 1);
  }
  PushBack(levels_[level].slots[digit], timer);
  levels_[level].occupied |= uint64_t{1} << digit;
}

void TimerWheel::Disarm(Timer& timer) {
  if (!timer.enabled()) return;
  Unlink(timer);
  --size_;
}

std::optional<TimerWheel::SlotAt> TimerWheel::FirstSlot() {
  for (int level = 0; level < kLevels; ++level) {
    Level& at = levels_[level];
    const int shift = level * kDigitBits;
    const uint64_t present = (current_ >> shift) & (kSlots - 1);
    while (at.occupied != 0) {
      // Slots behind the present digit come first; those before it belong to the next round, which
      // only the highest level uses.
      const int ahead = std::countr_zero(std::rotr(at.occupied, static_cast<int>(present)));
      const uint64_t slot = (present + static_cast<uint64_t>(ahead)) & (kSlots - 1);
      if (at.slots[slot].next == &at.slots[slot]) {
        at.occupied &= ~(uint64_t{1} << slot);
        continue;
      }
      const uint64_t start = ((current_ >> shift) + static_cast<uint64_t>(ahead)) << shift;
      return SlotAt{level, slot, start};
    }
  }
  return std::nullopt;
}

std::optional<MonotonicTime> TimerWheel::NextDue() {
  if (size_ == 0) return std::nullopt;
  if (immediate_.next != &immediate_) return origin_ + current_ * Timer::kTick;
  if (!next_known_) {
    next_tick_ = FindNextTick();
    next_known_ = true;
  }
  return origin_ + next_tick_ * Timer::kTick;
}

uint64_t TimerWheel::FindNextTick() {
  const std::optional<SlotAt> first = FirstSlot();
  WEIR_CHECK(first.has_value(), "a timer is armed and in no slot");
  if (first->level == 0) return first->start;
  // All of a lower slot is due before any of a higher one, so the first of this slot is the first
  // of all.
  uint64_t least = UINT64_MAX;
  int seen = 0;
  TimerLink& head = levels_[first->level].slots[first->slot];
  for (TimerLink* link = head.next; link != &head; link = link->next) {
    if (++seen > kSearched) return first->start;
    least = std::min(least, TimerOf(link).due_tick_);
  }
  return std::max(first->start, least);
}

size_t TimerWheel::Fire(TimerLink& ring) {
  size_t fired = 0;
  while (ring.next != &ring) {
    Timer& timer = TimerOf(ring.next);
    Unlink(timer);
    --size_;
    ++fired;
    timer.fire_();
  }
  return fired;
}

size_t TimerWheel::Advance(MonotonicTime now) {
  const uint64_t target =
      now <= origin_ ? 0 : static_cast<uint64_t>((now - origin_) / Timer::kTick);
  TimerLink due;
  MakeEmpty(due);
  // Taken out first: what callbacks arm with no delay waits for the next turn.
  Splice(immediate_, due);
  size_t fired = Fire(due);
  if (next_known_ && target < next_tick_) return fired;
  next_known_ = false;
  while (size_ > 0) {
    const std::optional<SlotAt> first = FirstSlot();
    if (!first || first->start > target) break;
    current_ = std::max(current_, first->start);
    TimerLink& slot = levels_[first->level].slots[first->slot];
    levels_[first->level].occupied &= ~(uint64_t{1} << first->slot);
    Splice(slot, due);
    if (first->level == 0) {
      fired += Fire(due);
      continue;
    }
    while (due.next != &due) {
      Timer& timer = TimerOf(due.next);
      Unlink(timer);
      Place(timer);
    }
  }
  current_ = std::max(current_, target);
  return fired;
}

}  // namespace weir::event
