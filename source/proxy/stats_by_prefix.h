// The blocks of counters of one worker by name (stat_prefix), made at first use. They go, and what
// they counted with them, when no configuration has their name any more: memory follows use while a
// control plane sends ever new ones.
//
// Whoever counts keeps the configuration that names the block, or a part of it: nothing counts
// references here. Owned by the worker, on its thread.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"
#include "source/config/counted_name.h"
#include "source/stats/registry.h"

namespace weir::proxy {

template <typename Stats>
class StatsByPrefix {
 public:
  StatsByPrefix(stats::Registry& registry, std::string_view scope)
      : registry_(registry), scope_(scope) {}

  // Until no configuration has this name, or as long as the worker for the empty one.
  Stats& Get(const config::CountedName& name) {
    Held& held = blocks_[name.text()];
    if (held.block == nullptr) {
      held.block = std::make_unique<stats::Block<Stats>>(
          registry_, stats::Scope{scope_, std::string(name.text())});
    }
    if (!name.empty()) held.Note(name.pointer());
    return **held.block;
  }

  // After a change of the configuration.
  void LetGoOfUnnamed() {
    absl::erase_if(blocks_,
                   [](auto& entry) { return !entry.first.empty() && !entry.second.IsNamed(); });
  }

 private:
  using Name = std::shared_ptr<const std::string>;
  struct Held {
    // Only compares pointers where the name is known, as it is for all but the first.
    void Note(const Name& name) {
      const bool known = std::any_of(names.begin(), names.end(), [&](const auto& other) {
        return !other.owner_before(name) && !name.owner_before(other);
      });
      if (!known) names.push_back(name);
    }
    bool IsNamed() {
      std::erase_if(names, [](const auto& name) { return name.expired(); });
      return !names.empty();
    }
    std::unique_ptr<stats::Block<Stats>> block;
    // Those of the configurations that have used it; more than one where these were not decoded
    // together.
    std::vector<std::weak_ptr<const std::string>> names;
  };

  stats::Registry& registry_;
  const std::string_view scope_;
  HashMap<Held> blocks_;
};

}  // namespace weir::proxy
