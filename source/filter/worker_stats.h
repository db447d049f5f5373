// The counters of extensions on one worker, by scope; made at first use, they live as long as the
// worker. Worker's thread.
#pragma once

#include <memory>
#include <utility>

#include "source/base/hash_map.h"
#include "source/base/strings.h"
#include "source/stats/registry.h"

namespace weir::filter {

class WorkerStats {
 public:
  explicit WorkerStats(stats::Registry& registry) : registry_(registry) {}
  WorkerStats(const WorkerStats&) = delete;
  WorkerStats& operator=(const WorkerStats&) = delete;

  // All that ask for one scope mean the same `Stats`.
  template <typename Stats>
  Stats& Get(stats::Scope scope) {
    std::shared_ptr<void>& block = blocks_[StrCat(scope.prefix, scope.instance, scope.suffix)];
    if (block == nullptr) {
      block = std::make_shared<stats::Block<Stats>>(registry_, std::move(scope));
    }
    return **static_cast<stats::Block<Stats>*>(block.get());
  }

 private:
  stats::Registry& registry_;
  HashMap<std::shared_ptr<void>> blocks_;
};

}  // namespace weir::filter
