// One limit of one cluster, shared by all workers: a count of what was drawn, and a slot for each
// lease.
//
// What a lease holds in reserve lies in its slot, where others can take it back. The owner takes
// from it without a locked instruction (a biased lock): it raises `busy`, looks whether the slot is
// frozen, changes the reserve, lowers `busy`. Who takes back freezes the slot, makes every running
// thread of the process pass a memory barrier (membarrier(2)) and waits until `busy` is down: then
// either it saw `busy`, or the owner sees the freeze. Where the kernel has no such call, every
// limit is one shared counter.
//
//   drawn_ = what is taken + what lies in reserves <= limit_
//
// but after a limit has fallen: then the slots stay frozen (all that is given back comes here,
// nothing is given out) until drawn_ has fallen below it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "source/base/mutex.h"

namespace weir::upstream {

// One cache line: the owner's alone until somebody takes back.
struct alignas(64) LeaseSlot {
  std::atomic<uint32_t> busy{0};
  std::atomic<uint32_t> frozen{1};
  std::atomic<uint64_t> reserve{0};
  // Guarded by SharedLimit's mutex.
  std::function<void()> wake;
  bool waits = false;  // For a unit that is given back anywhere.
};

class SharedLimit {
 public:
  SharedLimit(uint64_t limit, uint32_t workers);
  SharedLimit(const SharedLimit&) = delete;
  SharedLimit& operator=(const SharedLimit&) = delete;

  void SetLimit(uint64_t limit);

  LeaseSlot* AddSlot();
  // The slot's reserve comes back; what its owner has taken was given before.
  void RemoveSlot(LeaseSlot* slot);

  // Draws one for the owner of `slot`, with some more for its reserve where there is much; takes
  // reserves of others back where there is nothing. False at the limit.
  bool Draw(LeaseSlot& slot);
  void Return(uint64_t units);
  // More than this in a reserve is returned.
  uint64_t most_in_reserve() const { return 2 * portion_.load(std::memory_order_relaxed); }

  // See Lease. Called under the mutex: `wake` must take no lease.
  void SetWake(LeaseSlot& slot, std::function<void()> wake);
  void Await(LeaseSlot& slot);
  void StopWaiting(LeaseSlot& slot);
  uint32_t waiters() const { return waiters_.load(std::memory_order_relaxed); }

  uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // What is in use: reserves are not. Exact only while nobody takes or gives.
  uint64_t Taken();
  uint64_t drawn() const { return drawn_.load(std::memory_order_relaxed); }

 private:
  uint64_t TryDraw(uint64_t most);
  void KeepInReserve(LeaseSlot& slot, uint64_t units, uint64_t version);
  // Whether units are given out one by one, from drawn_ alone.
  bool OneByOne() const { return shared_.load() || above_.load() || waiters_.load() > 0; }
  // Freezes, takes all reserves back, and thaws unless OneByOne(); true when there were any.
  bool Reclaim() WEIR_REQUIRES(mutex_);
  bool AnyReserve() WEIR_REQUIRES(mutex_);
  void SetFrozen(bool frozen) WEIR_REQUIRES(mutex_);
  void EndFallIfBelow() WEIR_REQUIRES(mutex_);
  void WakeWaiters();

  const uint32_t workers_;
  std::atomic<uint64_t> limit_;
  std::atomic<uint64_t> portion_{1};
  std::atomic<uint64_t> version_{0};  // Of the limit.
  std::atomic<bool> shared_{true};    // One shared counter: no reserves.
  std::atomic<bool> above_{false};    // The limit fell below what is drawn.
  std::atomic<uint32_t> waiters_{0};
  alignas(64) std::atomic<uint64_t> drawn_{0};
  Mutex mutex_;
  std::vector<std::unique_ptr<LeaseSlot>> slots_ WEIR_GUARDED_BY(mutex_);
};

// The owner's side of a slot. Takes one from the reserve; false when it is empty or frozen.
bool TakeFromReserve(LeaseSlot& slot);
// Puts one into the reserve; false when it is frozen or holds `most` already.
bool GiveToReserve(LeaseSlot& slot, uint64_t most);

}  // namespace weir::upstream
