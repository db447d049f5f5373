#include "test/interop/timeline.h"

#include <algorithm>
#include <utility>

namespace weir::interop {

uint64_t Timeline::Push(Facts facts) {
  MutexLock lock(mutex_);
  facts_.push_back(std::move(facts));
  return facts_.size();
}

void Timeline::Confirm(uint64_t number) {
  MutexLock lock(mutex_);
  confirmed_ = number;
  changed_.SignalAll();
}

uint64_t Timeline::pushed() const {
  MutexLock lock(mutex_);
  return facts_.size();
}

uint64_t Timeline::confirmed() const {
  MutexLock lock(mutex_);
  return confirmed_;
}

bool Timeline::Allows(const std::string& upstream, uint64_t first, uint64_t last) const {
  MutexLock lock(mutex_);
  for (uint64_t i = std::max<uint64_t>(first, 1); i <= last && i <= facts_.size(); ++i) {
    if (facts_[i - 1].upstreams.contains(upstream)) return true;
  }
  return false;
}

bool Timeline::HasExtra(uint64_t first, uint64_t last) const {
  MutexLock lock(mutex_);
  if (first == 0) return false;
  for (uint64_t i = first; i <= last && i <= facts_.size(); ++i) {
    if (!facts_[i - 1].extra) return false;
  }
  return true;
}

size_t Timeline::AddWatcher() {
  MutexLock lock(mutex_);
  shown_.push_back(0);
  return shown_.size() - 1;
}

void Timeline::Show(size_t watcher, uint64_t number) {
  MutexLock lock(mutex_);
  if (shown_[watcher] == number) return;
  shown_[watcher] = number;
  changed_.SignalAll();
}

bool Timeline::WaitUntilShown(uint64_t number, std::chrono::seconds limit) {
  MutexLock lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (*std::min_element(shown_.begin(), shown_.end()) < number) {
    if (!changed_.WaitUntil(mutex_, deadline)) return false;
  }
  return true;
}

bool Timeline::HasConfirmed(uint64_t number) const {
  MutexLock lock(mutex_);
  return stopped_ || confirmed_ >= number;
}

void Timeline::WaitUntilConfirmed(uint64_t number, std::chrono::steady_clock::time_point deadline) {
  MutexLock lock(mutex_);
  while (!stopped_ && confirmed_ < number && changed_.WaitUntil(mutex_, deadline)) continue;
}

void Timeline::Stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  changed_.SignalAll();
}

}  // namespace weir::interop
