#include "source/upstream/shared_limit.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace weir::upstream {
namespace {

// A limit below this for each worker is one shared counter.
constexpr uint64_t kLeastPerWorker = 8;
constexpr uint64_t kLargestPortion = 64;

bool RegisterForBarriers() {
  return syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}
bool BarriersWork() {
  static const bool works = RegisterForBarriers();
  return works;
}
void BarrierInEveryThread() { syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0); }

// The owner's critical section; the few instructions inside are all that another thread waits for.
class Held {
 public:
  explicit Held(LeaseSlot& slot) : slot_(slot) {
    slot_.busy.store(1, std::memory_order_relaxed);
    // The processor's part of this barrier is BarrierInEveryThread, at the cost of who takes back.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    frozen_ = slot_.frozen.load(std::memory_order_acquire) != 0;
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() { slot_.busy.store(0, std::memory_order_release); }
  bool frozen() const { return frozen_; }

 private:
  LeaseSlot& slot_;
  bool frozen_;
};

}  // namespace

bool TakeFromReserve(LeaseSlot& slot) {
  const Held held(slot);
  if (held.frozen()) return false;
  const uint64_t reserve = slot.reserve.load(std::memory_order_relaxed);
  if (reserve == 0) return false;
  slot.reserve.store(reserve - 1, std::memory_order_relaxed);
  return true;
}

bool GiveToReserve(LeaseSlot& slot, uint64_t most) {
  const Held held(slot);
  if (held.frozen()) return false;
  const uint64_t reserve = slot.reserve.load(std::memory_order_relaxed);
  if (reserve >= most) return false;
  slot.reserve.store(reserve + 1, std::memory_order_relaxed);
  return true;
}

SharedLimit::SharedLimit(uint64_t limit, uint32_t workers)
    : workers_(std::max(workers, 1u)), limit_(limit) {
  SetLimit(limit);
}

void SharedLimit::SetLimit(uint64_t limit) {
  const MutexLock lock(mutex_);
  if (version_.load() != 0 && limit_.load() == limit) return;
  limit_.store(limit);
  version_.fetch_add(1);
  above_.store(true);
  Reclaim();
  shared_.store(limit < kLeastPerWorker * workers_ || !BarriersWork());
  portion_.store(std::clamp<uint64_t>(limit / (kLeastPerWorker * workers_), 1, kLargestPortion));
  EndFallIfBelow();
}

LeaseSlot* SharedLimit::AddSlot() {
  const MutexLock lock(mutex_);
  slots_.push_back(std::make_unique<LeaseSlot>());
  slots_.back()->frozen.store(OneByOne() ? 1 : 0);
  return slots_.back().get();
}

void SharedLimit::RemoveSlot(LeaseSlot* slot) {
  StopWaiting(*slot);
  uint64_t reserve = 0;
  {
    const MutexLock lock(mutex_);
    reserve = slot->reserve.load();
    std::erase_if(slots_, [slot](const auto& other) { return other.get() == slot; });
  }
  if (reserve > 0) Return(reserve);
}

uint64_t SharedLimit::TryDraw(uint64_t most) {
  uint64_t drawn = drawn_.load();
  while (true) {
    const uint64_t limit = limit_.load();
    if (drawn >= limit) return 0;
    // Near the limit units stay here, where all can have them.
    const uint64_t units = std::clamp<uint64_t>((limit - drawn) / (2 * workers_), 1, most);
    if (drawn_.compare_exchange_weak(drawn, drawn + units)) return units;
  }
}

bool SharedLimit::Draw(LeaseSlot& slot) {
  const uint64_t version = version_.load();
  const uint64_t most = OneByOne() ? 1 : portion_.load();
  uint64_t units = TryDraw(most);
  if (units == 0) {
    const MutexLock lock(mutex_);
    if (AnyReserve() && Reclaim()) units = TryDraw(1);
  }
  if (units == 0) return false;
  if (units > 1) KeepInReserve(slot, units - 1, version);
  return true;
}

void SharedLimit::KeepInReserve(LeaseSlot& slot, uint64_t units, uint64_t version) {
  {
    const Held held(slot);
    // With another version the limit moved after the draw, and the slots were emptied before this.
    if (!held.frozen() && version_.load() == version) {
      const uint64_t reserve = slot.reserve.load(std::memory_order_relaxed);
      slot.reserve.store(reserve + units, std::memory_order_relaxed);
      return;
    }
  }
  Return(units);
}

void SharedLimit::Return(uint64_t units) {
  const uint64_t left = drawn_.fetch_sub(units) - units;
  if (above_.load() && left <= limit_.load()) {
    const MutexLock lock(mutex_);
    EndFallIfBelow();
  }
  if (waiters_.load() > 0) WakeWaiters();
}

uint64_t SharedLimit::Taken() {
  const MutexLock lock(mutex_);
  uint64_t reserves = 0;
  for (const auto& slot : slots_) reserves += slot->reserve.load(std::memory_order_relaxed);
  const uint64_t drawn = drawn_.load(std::memory_order_relaxed);
  return drawn > reserves ? drawn - reserves : 0;
}

bool SharedLimit::AnyReserve() {
  for (const auto& slot : slots_) {
    if (slot->reserve.load(std::memory_order_relaxed) > 0) return true;
  }
  return false;
}

bool SharedLimit::Reclaim() {
  if (slots_.empty() || !BarriersWork()) return false;
  SetFrozen(true);
  BarrierInEveryThread();
  uint64_t units = 0;
  for (const auto& slot : slots_) {
    while (slot->busy.load(std::memory_order_acquire) != 0) std::this_thread::yield();
    units += slot->reserve.exchange(0);
  }
  drawn_.fetch_sub(units);
  if (!OneByOne()) SetFrozen(false);
  return units > 0;
}

void SharedLimit::SetFrozen(bool frozen) {
  for (const auto& slot : slots_) slot->frozen.store(frozen ? 1 : 0, std::memory_order_release);
}

void SharedLimit::EndFallIfBelow() {
  if (!above_.load() || drawn_.load() > limit_.load()) return;
  above_.store(false);
  if (!OneByOne()) SetFrozen(false);
}

void SharedLimit::SetWake(LeaseSlot& slot, std::function<void()> wake) {
  const MutexLock lock(mutex_);
  slot.wake = std::move(wake);
}

void SharedLimit::Await(LeaseSlot& slot) {
  const MutexLock lock(mutex_);
  if (slot.waits) return;
  slot.waits = true;
  waiters_.fetch_add(1);
  Reclaim();
  for (const auto& other : slots_) {
    if (other.get() != &slot && other->wake) other->wake();
  }
}

void SharedLimit::StopWaiting(LeaseSlot& slot) {
  const MutexLock lock(mutex_);
  if (!slot.waits) return;
  slot.waits = false;
  waiters_.fetch_sub(1);
  if (!OneByOne()) SetFrozen(false);
}

void SharedLimit::WakeWaiters() {
  const MutexLock lock(mutex_);
  for (const auto& slot : slots_) {
    if (slot->waits && slot->wake) slot->wake();
  }
}

}  // namespace weir::upstream
