// The most connections from clients that all listeners may have together. Shared by the workers;
// any thread. Touched once when a connection comes and once when it ends, never by a request.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::server {

class ConnectionLimit {
 public:
  explicit ConnectionLimit(uint64_t most) : most_(most) {}

  bool TryTake() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void Give() { taken_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const uint64_t most_;
  std::atomic<uint64_t> taken_{0};
};

}  // namespace weir::server
