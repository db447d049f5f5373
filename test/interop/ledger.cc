#include "test/interop/ledger.h"

#include <algorithm>
#include <utility>

#include "source/base/strings.h"

namespace weir::interop {
namespace {

constexpr size_t kReasons = 20;

}  // namespace

std::chrono::seconds Ledger::age() const {
  MutexLock lock(mutex_);
  return ended_.value_or(Elapsed());
}

void Ledger::End() {
  MutexLock lock(mutex_);
  ended_ = Elapsed();
}

std::chrono::seconds Ledger::Elapsed() const {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                          began_);
}

void Ledger::Answered() {
  MutexLock lock(mutex_);
  ++answered_;
  const auto second = static_cast<size_t>(Elapsed().count());
  if (second >= seconds_.size()) seconds_.resize(second + 1);
  ++seconds_[second];
  more_.SignalAll();
}

void Ledger::Lost(std::string why) {
  MutexLock lock(mutex_);
  ++lost_;
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began_);
  if (reasons_.size() < kReasons) reasons_.push_back(StrCat(at.count(), " ms: ", why));
}

void Ledger::ToldToClose() {
  MutexLock lock(mutex_);
  ++told_to_close_;
}

uint64_t Ledger::answered() const {
  MutexLock lock(mutex_);
  return answered_;
}

uint64_t Ledger::lost() const {
  MutexLock lock(mutex_);
  return lost_;
}

uint64_t Ledger::told_to_close() const {
  MutexLock lock(mutex_);
  return told_to_close_;
}

std::vector<std::string> Ledger::reasons() const {
  MutexLock lock(mutex_);
  return reasons_;
}

uint64_t Ledger::Floor() const {
  MutexLock lock(mutex_);
  const auto whole = static_cast<size_t>(ended_.value_or(Elapsed()).count());
  if (whole == 0) return answered_;
  uint64_t floor = UINT64_MAX;
  for (size_t second = 0; second < whole; ++second) {
    floor = std::min(floor, second < seconds_.size() ? seconds_[second] : 0);
  }
  return floor;
}

bool Ledger::WaitForMore(uint64_t count, std::chrono::milliseconds limit) {
  MutexLock lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const uint64_t wanted = answered_ + count;
  while (answered_ < wanted) {
    if (!more_.WaitUntil(mutex_, deadline)) return answered_ >= wanted;
  }
  return true;
}

}  // namespace weir::interop
