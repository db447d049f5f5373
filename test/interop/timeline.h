// What was true when: the generations of the configuration, which upstreams each allows, and which
// of them the proxy has shown to be in force. What every answer is judged by. Thread-safe.
//
//   Push(facts) -> N   before it is handed to the control plane
//   Show(watcher, N)   a client saw N in an answer;  WaitUntilShown(N)   all of them have
//   Confirm(N)         from here on nothing older may be seen
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "source/base/mutex.h"

namespace weir::interop {

class Timeline {
 public:
  struct Facts {
    std::set<std::string> upstreams;  // That may be sent requests.
    bool extra = false;               // The listener that comes and goes is there.
  };

  uint64_t Push(Facts facts);
  void Confirm(uint64_t number);
  uint64_t pushed() const;
  uint64_t confirmed() const;

  // Of some generation from `first` to `last`.
  bool Allows(const std::string& upstream, uint64_t first, uint64_t last) const;
  // Of every generation from `first` to `last`.
  bool HasExtra(uint64_t first, uint64_t last) const;

  // A connection that must see every generation; its number.
  size_t AddWatcher();
  void Show(size_t watcher, uint64_t number);
  // There is a watcher by then. False when not all watchers have shown `number` or a later one in
  // time.
  bool WaitUntilShown(uint64_t number, std::chrono::seconds limit);
  // What an upstream holds an answer back for. True when all waiting is ended.
  bool HasConfirmed(uint64_t number) const;
  // Until then, or until the deadline.
  void WaitUntilConfirmed(uint64_t number, std::chrono::steady_clock::time_point deadline);
  // Ends all waiting.
  void Stop();

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<Facts> facts_ WEIR_GUARDED_BY(mutex_);  // Of generation i + 1.
  uint64_t confirmed_ WEIR_GUARDED_BY(mutex_) = 0;
  std::vector<uint64_t> shown_ WEIR_GUARDED_BY(mutex_);
  bool stopped_ WEIR_GUARDED_BY(mutex_) = false;
};

}  // namespace weir::interop
