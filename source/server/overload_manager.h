// What is done when the process runs short of something: pressures of the resource monitors become
// the states of actions, at each refresh.
//
//   monitors -> pressure (0 to 1) -> triggers -> scale of each action (0 to 1) -> workers, heap
//
// Main thread; monitors are read on the pool, as the heap's walks the allocator's lists. Owned by
// the server.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/overload.h"
#include "source/event/executor.h"
#include "source/event/heap.h"
#include "source/event/loop.h"
#include "source/filter/factories.h"
#include "source/proxy/overload_state.h"
#include "source/stats/registry.h"

namespace weir::server {

// What it is built from. All of it outlives it; the heap also outlives the work of the executor.
struct OverloadSeams {
  event::Loop& loop;
  event::Executor& executor;
  event::Heap& heap;
  stats::Registry& registry;
};

// What it does to the workers, by posts.
struct OverloadActions {
  std::function<void(const proxy::OverloadState& state)> set;
  // Streams that hold at least so many bytes are to be reset, the heaviest first.
  std::function<void(size_t at_least_bytes)> reset_streams;
};

class OverloadManager {
 public:
  // Sizes of streams are told apart in so many powers of two.
  static constexpr uint32_t kSizeClasses = 8;

  // An error names a monitor that this program does not have.
  static absl::StatusOr<std::unique_ptr<OverloadManager>> Create(
      const config::OverloadManager& config, const filter::Factories& factories,
      const OverloadSeams& seams, OverloadActions actions);
  OverloadManager(const OverloadManager&) = delete;
  OverloadManager& operator=(const OverloadManager&) = delete;
  ~OverloadManager();

  void Start();
  // The most connections from clients at a time; nothing without a limit.
  std::optional<uint64_t> max_downstream_connections() const;
  // How many a worker has reset.
  void OnStreamsReset(uint64_t count);

 private:
  using Monitors = std::vector<std::shared_ptr<const filter::ResourceMonitor>>;
  using Pressures = std::vector<std::optional<double>>;  // As the monitors.
  struct Stats;

  OverloadManager(const config::OverloadManager& config, Monitors monitors,
                  const OverloadSeams& seams, OverloadActions actions);

  void Refresh();
  void Apply(const Pressures& pressures);
  double ScaleOf(const config::OverloadAction& action, const Pressures& pressures) const;
  void Act(config::OverloadActionKind kind, double scale, proxy::OverloadState& state);
  void ShrinkHeap(bool wanted);
  void ResetStreams(double scale);

  const config::OverloadManager config_;
  const std::shared_ptr<const Monitors> monitors_;  // Shared with the work on the pool.
  const OverloadSeams seams_;
  const OverloadActions actions_;
  const std::unique_ptr<Stats> stats_;
  proxy::OverloadState state_;
  event::Timer refresh_;
  event::Timer shrink_pause_;  // Armed while the heap was shrunk lately.
  // Work on the pool holds it weakly.
  const std::shared_ptr<OverloadManager*> self_;
};

}  // namespace weir::server
