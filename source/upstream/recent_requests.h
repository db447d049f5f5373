// How many requests of a cluster have ended lately: what a retry budget with an interval counts
// beside those that are under way.
//
// Each worker notes its own in a RecentRequests::Part, with one writer and no locked instruction;
// who asks for a retry adds the parts up. They count by tenths of the interval, so that a request
// is forgotten between one interval and a tenth more after its end.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "source/base/mutex.h"
#include "source/event/clock.h"

namespace weir::upstream {

// Of one cluster and priority, shared by all workers. Any thread.
class RecentRequests {
 public:
  class Part;

  explicit RecentRequests(std::chrono::milliseconds interval) { SetInterval(interval); }
  RecentRequests(const RecentRequests&) = delete;
  RecentRequests& operator=(const RecentRequests&) = delete;

  // More than 0. With another one it counts anew.
  void SetInterval(std::chrono::milliseconds interval);
  // As of `now`.
  uint64_t Count(event::MonotonicTime now) const;

 private:
  static constexpr int64_t kTenths = 10;
  // The number of the tenth of an interval in which `now` lies.
  int64_t TenthAt(event::MonotonicTime now) const {
    return now.time_since_epoch().count() / tenth_.load(std::memory_order_relaxed);
  }

  std::atomic<int64_t> tenth_{1};  // Of the interval, in nanoseconds.
  mutable Mutex mutex_;
  std::vector<const Part*> parts_ WEIR_GUARDED_BY(mutex_);
};

// One worker's. Its thread; what it has noted is forgotten with it.
class RecentRequests::Part {
 public:
  explicit Part(std::shared_ptr<RecentRequests> all);
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part();

  // A request has ended.
  void Note(event::MonotonicTime now);
  const std::shared_ptr<RecentRequests>& all() const { return all_; }

 private:
  friend class RecentRequests;
  // Those that ended in one tenth. A reader that sees the tenth sees no older count.
  struct Slot {
    std::atomic<int64_t> tenth{-1};
    std::atomic<uint64_t> count{0};
  };
  // Those of `tenth` and of the ten before it.
  uint64_t CountUpTo(int64_t tenth) const;

  const std::shared_ptr<RecentRequests> all_;
  std::array<Slot, kTenths + 1> slots_;
};

}  // namespace weir::upstream
