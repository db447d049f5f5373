// Equal values kept once, for as long as somebody uses them: of a resource with ten thousand
// certificates that comes again with one of them replaced, the others are the same objects.
//
// Holds none of them alive. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "absl/container/flat_hash_map.h"

namespace weir {

// `Hash` gives a size_t for a Value. Of two values with one hash the later one is known.
template <typename Value, typename Hash>
class LivingValues {
 public:
  // The object that equals `value`; null: none that lives is known.
  std::shared_ptr<const Value> Find(const Value& value) const {
    const auto found = known_.find(Hash()(value));
    if (found == known_.end()) return nullptr;
    std::shared_ptr<const Value> living = found->second.lock();
    return living != nullptr && *living == value ? living : nullptr;
  }

  void Add(const std::shared_ptr<const Value>& value) {
    known_[Hash()(*value)] = value;
    if (known_.size() < sweep_at_) return;
    absl::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max(kFirstSweep, 2 * known_.size());
  }

  // Those that have ended are among them until they are swept out.
  size_t size() const { return known_.size(); }

 private:
  static constexpr size_t kFirstSweep = 64;

  absl::flat_hash_map<size_t, std::weak_ptr<const Value>> known_;
  size_t sweep_at_ = kFirstSweep;
};

}  // namespace weir
