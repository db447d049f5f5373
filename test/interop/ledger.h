// The account of a run: every request ends here exactly once, answered or lost. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "source/base/mutex.h"

namespace weir::interop {

class Ledger {
 public:
  Ledger() : began_(std::chrono::steady_clock::now()) {}

  void Answered();
  // Also what is wrong with an answer: each is a request that its client lost.
  void Lost(std::string why);
  void ToldToClose();

  // The users are about to be stopped: the seconds from here on do not count.
  void End();

  uint64_t answered() const;
  uint64_t lost() const;
  uint64_t told_to_close() const;
  // The first few.
  std::vector<std::string> reasons() const;
  // Answers in the worst of the whole seconds up to the end, and how many these are.
  uint64_t Floor() const;
  std::chrono::seconds age() const;
  // Until so many more were answered; false when that takes longer.
  bool WaitForMore(uint64_t count, std::chrono::milliseconds limit);

 private:
  const std::chrono::steady_clock::time_point began_;
  std::chrono::seconds Elapsed() const;

  mutable Mutex mutex_;
  std::optional<std::chrono::seconds> ended_ WEIR_GUARDED_BY(mutex_);
  CondVar more_;
  std::vector<uint64_t> seconds_ WEIR_GUARDED_BY(mutex_);
  uint64_t answered_ WEIR_GUARDED_BY(mutex_) = 0;
  uint64_t lost_ WEIR_GUARDED_BY(mutex_) = 0;
  uint64_t told_to_close_ WEIR_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> reasons_ WEIR_GUARDED_BY(mutex_);
};

}  // namespace weir::interop
