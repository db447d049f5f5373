// An immutable map by name whose next version shares all but the changed path with the last: a hash trie.
//
// Reading is safe from any thread; a version lives as long as somebody holds it. Set and Erase copy
// O(log32 n) nodes and leave the old version as it was.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/hash_map.h"

namespace weir {

template <typename Value>
class PersistentMap {
 public:
  PersistentMap() = default;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The value of `key`, or null; valid as long as a version that holds it.
  const Value* Find(std::string_view key) const;
  // The next version.
  [[nodiscard]] PersistentMap Set(std::string_view key, Value value) const;
  [[nodiscard]] PersistentMap Erase(std::string_view key) const;

  // Calls visit(const std::string& key, const Value& value) for each entry, in no order that means anything.
  template <typename Visit>
  void ForEach(Visit visit) const;

  // Calls visit(const std::string& key, const Value* before, const Value* after) for each key whose value is
  // not the same object in both versions (null: absent). Subtrees that both share are not looked at.
  template <typename Visit>
  static void ForEachDifference(const PersistentMap& before, const PersistentMap& after, Visit visit);

  // Nodes of this version that `other` does not share; for tests of the cost of a change.
  size_t NodesNotIn(const PersistentMap& other) const;

 private:
  struct Node;
  std::shared_ptr<const Node> root_;
  size_t size_ = 0;
};

}  // namespace weir
