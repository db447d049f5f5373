#include "source/upstream/recent_requests.h"

#include <utility>

#include "source/base/check.h"

namespace weir::upstream {

void RecentRequests::SetInterval(std::chrono::milliseconds interval) {
  WEIR_CHECK(interval.count() > 0, "an interval without length");
  tenth_.store(std::chrono::nanoseconds(interval).count() / kTenths, std::memory_order_relaxed);
}

uint64_t RecentRequests::Count(event::MonotonicTime now) const {
  const int64_t tenth = TenthAt(now);
  const MutexLock lock(mutex_);
  uint64_t count = 0;
  for (const Part* part : parts_) count += part->CountUpTo(tenth);
  return count;
}

RecentRequests::Part::Part(std::shared_ptr<RecentRequests> all) : all_(std::move(all)) {
  const MutexLock lock(all_->mutex_);
  all_->parts_.push_back(this);
}

RecentRequests::Part::~Part() {
  const MutexLock lock(all_->mutex_);
  std::erase(all_->parts_, this);
}

void RecentRequests::Part::Note(event::MonotonicTime now) {
  const int64_t tenth = all_->TenthAt(now);
  Slot& slot = slots_[static_cast<size_t>(tenth) % slots_.size()];
  if (slot.tenth.load(std::memory_order_relaxed) != tenth) {
    slot.count.store(0, std::memory_order_relaxed);
    slot.tenth.store(tenth, std::memory_order_release);
  }
  slot.count.store(slot.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

uint64_t RecentRequests::Part::CountUpTo(int64_t tenth) const {
  uint64_t count = 0;
  for (const Slot& slot : slots_) {
    const int64_t of = slot.tenth.load(std::memory_order_acquire);
    // Those of another interval have numbers that are far off, as the clock has run for long.
    const bool within = of >= 0 && of >= tenth - kTenths && of <= tenth;
    if (within) count += slot.count.load(std::memory_order_relaxed);
  }
  return count;
}

}  // namespace weir::upstream
