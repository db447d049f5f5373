// An immutable map by name whose next version shares all but the changed path with the last: a hash
// trie.
//
// Reading is safe from any thread; a version lives as long as somebody holds it. Set and Erase copy
// O(log32 n) nodes and leave the old version as it was.
//
// A node has a bit for each of 32 values of five bits of the hash, and a slot for each bit that is
// set: an entry, or the node of the next five bits. A node holds at least two entries below it (the
// root alone may hold one), so equal sets of keys have equal shapes. Keys whose whole hashes agree
// lie in one node without bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "source/base/check.h"
#include "source/base/hash_map.h"

namespace weir {

// A value that knows its name says so here, and a map by that name keeps no copy of it:
//   template <> struct NamedValue<Thing> {
//     static const std::string& NameOf(const Thing& thing) { return thing.name; }
//   };
template <typename Value>
struct NamedValue {};

namespace persistent_map_internal {

template <typename Value>
struct Entry {
  Entry(size_t h, std::string_view k, Value v) : hash(h), stored(k), value(std::move(v)) {}
  const std::string& key() const { return stored; }
  size_t hash;
  std::string stored;
  Value value;
};

template <typename Value>
  requires requires(const Value& value) { NamedValue<Value>::NameOf(value); }
struct Entry<Value> {
  Entry(size_t h, std::string_view k, Value v) : hash(h), value(std::move(v)) {
    WEIR_CHECK(key() == k, "a value is put under its own name");
  }
  decltype(auto) key() const { return NamedValue<Value>::NameOf(value); }
  size_t hash;
  Value value;
};

}  // namespace persistent_map_internal

template <typename Value, typename Hash = StringHash>
class PersistentMap {
 public:
  PersistentMap() = default;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The value of `key`, or null; valid as long as a version that holds it.
  const Value* Find(std::string_view key) const {
    const Entry* entry = FindEntry(root_.get(), Hash()(key), key, 0);
    return entry == nullptr ? nullptr : &entry->value;
  }

  // The next version.
  [[nodiscard]] PersistentMap Set(std::string_view key, Value value) const {
    auto entry = std::make_shared<const Entry>(Hash()(key), key, std::move(value));
    PersistentMap next;
    next.size_ = size_ + (Find(key) == nullptr ? 1 : 0);
    next.root_ = root_ == nullptr ? NodeOf(std::move(entry), 0) : With(*root_, std::move(entry), 0);
    return next;
  }
  [[nodiscard]] PersistentMap Erase(std::string_view key) const {
    if (Find(key) == nullptr) return *this;
    PersistentMap next;
    next.size_ = size_ - 1;
    if (next.size_ == 0) return next;
    Slot rest = Without(*root_, Hash()(key), key, 0);
    const auto* entry = std::get_if<EntryPtr>(&rest);
    next.root_ = entry != nullptr ? NodeOf(*entry, 0) : std::get<NodePtr>(rest);
    return next;
  }

  // Calls visit(key, const Value& value) for each entry, in no order that means anything. The key
  // is a const std::string&, or what NamedValue gives.
  template <typename Visit>
  void ForEach(Visit visit) const {
    if (root_ != nullptr) ForEachIn(*root_, visit);
  }

  // Calls visit(key, const Value* before, const Value* after) for each key whose
  // value is not the same object in both versions (null: absent). Subtrees that both share are not
  // looked at.
  template <typename Visit>
  static void ForEachDifference(const PersistentMap& before, const PersistentMap& after,
                                Visit visit) {
    Compare(before.root_.get(), after.root_.get(), 0, visit);
  }

  // Nodes of this version that `other` does not share; for tests of the cost of a change.
  size_t NodesNotIn(const PersistentMap& other) const {
    return root_ == nullptr ? 0 : CountNotIn(*root_, other.root_.get());
  }

 private:
  struct Node;
  using Entry = persistent_map_internal::Entry<Value>;
  using NodePtr = std::shared_ptr<const Node>;
  using EntryPtr = std::shared_ptr<const Entry>;
  using Slot = std::variant<EntryPtr, NodePtr>;
  struct Node {
    uint32_t bits = 0;  // 0: keys with one hash.
    std::vector<Slot> slots;

    const Slot* At(uint32_t bit) const {
      return (bits & bit) == 0 ? nullptr : &slots[IndexOf(bit)];
    }
    size_t IndexOf(uint32_t bit) const { return std::popcount(bits & (bit - 1)); }
  };

  static constexpr int kBitsPerLevel = 5;
  static constexpr int kHashBits = 64;
  // All bits of the hash are used up: a node without bits.
  static bool IsBottom(int shift) { return shift >= kHashBits; }
  static uint32_t BitOf(size_t hash, int shift) { return uint32_t{1} << ((hash >> shift) & 31); }

  static const Entry* FindEntry(const Node* node, size_t hash, std::string_view key, int shift) {
    for (; node != nullptr && !IsBottom(shift); shift += kBitsPerLevel) {
      const Slot* slot = node->At(BitOf(hash, shift));
      if (slot == nullptr) return nullptr;
      if (const auto* entry = std::get_if<EntryPtr>(slot)) {
        return (*entry)->hash == hash && (*entry)->key() == key ? entry->get() : nullptr;
      }
      node = std::get<NodePtr>(*slot).get();
    }
    if (node == nullptr) return nullptr;
    for (const Slot& slot : node->slots) {
      if (std::get<EntryPtr>(slot)->key() == key) return std::get<EntryPtr>(slot).get();
    }
    return nullptr;
  }

  static NodePtr NodeOf(EntryPtr entry, int shift) {
    auto node = std::make_shared<Node>();
    if (!IsBottom(shift)) node->bits = BitOf(entry->hash, shift);
    node->slots.push_back(std::move(entry));
    return node;
  }

  static NodePtr With(const Node& node, EntryPtr entry, int shift) {
    if (IsBottom(shift)) return WithAtBottom(node, std::move(entry));
    const uint32_t bit = BitOf(entry->hash, shift);
    const size_t index = node.IndexOf(bit);
    auto next = std::make_shared<Node>();
    next->bits = node.bits | bit;
    if ((node.bits & bit) == 0) {
      // Room for no more than there is: a node lives long and is never changed.
      const auto middle = node.slots.begin() + static_cast<std::ptrdiff_t>(index);
      next->slots.reserve(node.slots.size() + 1);
      next->slots.assign(node.slots.begin(), middle);
      next->slots.push_back(std::move(entry));
      next->slots.insert(next->slots.end(), middle, node.slots.end());
      return next;
    }
    next->slots = node.slots;
    Slot& slot = next->slots[index];
    if (const auto* child = std::get_if<NodePtr>(&slot)) {
      slot = With(**child, std::move(entry), shift + kBitsPerLevel);
    } else if (const auto& present = std::get<EntryPtr>(slot); present->key() == entry->key()) {
      slot = std::move(entry);
    } else {
      slot = With(*NodeOf(present, shift + kBitsPerLevel), std::move(entry), shift + kBitsPerLevel);
    }
    return next;
  }
  static NodePtr WithAtBottom(const Node& node, EntryPtr entry) {
    auto next = std::make_shared<Node>(node);
    for (Slot& slot : next->slots) {
      if (std::get<EntryPtr>(slot)->key() == entry->key()) {
        slot = std::move(entry);
        return next;
      }
    }
    next->slots.push_back(std::move(entry));
    return next;
  }

  // `node` without `key`, which it holds besides others: a node, or the one entry that is left.
  static Slot Without(const Node& node, size_t hash, std::string_view key, int shift) {
    auto next = std::make_shared<Node>(node);
    size_t index = 0;
    bool removed = true;
    if (IsBottom(shift)) {
      while (std::get<EntryPtr>(node.slots[index])->key() != key) ++index;
    } else {
      const uint32_t bit = BitOf(hash, shift);
      index = node.IndexOf(bit);
      if (const auto* child = std::get_if<NodePtr>(&node.slots[index])) {
        next->slots[index] = Without(**child, hash, key, shift + kBitsPerLevel);
        removed = false;
      } else {
        next->bits &= ~bit;
      }
    }
    if (removed) next->slots.erase(next->slots.begin() + static_cast<std::ptrdiff_t>(index));
    if (next->slots.size() == 1 && std::holds_alternative<EntryPtr>(next->slots[0])) {
      return next->slots[0];
    }
    return NodePtr(std::move(next));
  }

  template <typename Visit>
  static void ForEachIn(const Node& node, Visit& visit) {
    for (const Slot& slot : node.slots) {
      if (const auto* entry = std::get_if<EntryPtr>(&slot)) {
        visit((*entry)->key(), (*entry)->value);
      } else {
        ForEachIn(*std::get<NodePtr>(slot), visit);
      }
    }
  }

  template <typename Visit>
  static void Compare(const Node* before, const Node* after, int shift, Visit& visit) {
    if (before == after) return;
    if (before == nullptr || after == nullptr || IsBottom(shift)) {
      CompareByKey(before, after, shift, visit);
      return;
    }
    for (uint32_t rest = before->bits | after->bits; rest != 0; rest &= rest - 1) {
      const uint32_t bit = rest & -rest;
      CompareSlots(before->At(bit), after->At(bit), shift + kBitsPerLevel, visit);
    }
  }

  template <typename Visit>
  static void CompareSlots(const Slot* before, const Slot* after, int shift, Visit& visit) {
    const NodePtr* old_node = before == nullptr ? nullptr : std::get_if<NodePtr>(before);
    const NodePtr* new_node = after == nullptr ? nullptr : std::get_if<NodePtr>(after);
    if (old_node != nullptr && new_node != nullptr) {
      Compare(old_node->get(), new_node->get(), shift, visit);
      return;
    }
    if (before != nullptr && after != nullptr && *before == *after) return;
    // At least one side is a single entry or nothing; make it a node, and compare by key.
    const NodePtr old_holder = HolderOf(before, shift);
    const NodePtr new_holder = HolderOf(after, shift);
    CompareByKey(old_holder.get(), new_holder.get(), shift, visit);
  }
  static NodePtr HolderOf(const Slot* slot, int shift) {
    if (slot == nullptr) return nullptr;
    const auto* entry = std::get_if<EntryPtr>(slot);
    return entry != nullptr ? NodeOf(*entry, shift) : std::get<NodePtr>(*slot);
  }

  // For two nodes of one place that share nothing; `shift` is theirs. Either may be null.
  template <typename Visit>
  static void CompareByKey(const Node* before, const Node* after, int shift, Visit& visit) {
    auto old_side = [&](const Entry& entry) {
      const Entry* other = FindEntry(after, entry.hash, entry.key(), shift);
      if (other != &entry)
        visit(entry.key(), &entry.value, other == nullptr ? nullptr : &other->value);
    };
    auto new_side = [&](const Entry& entry) {
      if (FindEntry(before, entry.hash, entry.key(), shift) != nullptr) return;
      visit(entry.key(), static_cast<const Value*>(nullptr), &entry.value);
    };
    if (before != nullptr) ForEachEntry(*before, old_side);
    if (after != nullptr) ForEachEntry(*after, new_side);
  }
  template <typename Visit>
  static void ForEachEntry(const Node& node, Visit& visit) {
    for (const Slot& slot : node.slots) {
      if (const auto* entry = std::get_if<EntryPtr>(&slot)) {
        visit(**entry);
      } else {
        ForEachEntry(*std::get<NodePtr>(slot), visit);
      }
    }
  }

  static size_t CountNotIn(const Node& node, const Node* other) {
    if (&node == other) return 0;
    size_t count = 1;
    for (size_t i = 0; i < node.slots.size(); ++i) {
      const auto* child = std::get_if<NodePtr>(&node.slots[i]);
      if (child == nullptr) continue;
      const Slot* slot = other == nullptr ? nullptr : other->At(BitAt(node.bits, i));
      const auto* peer = slot == nullptr ? nullptr : std::get_if<NodePtr>(slot);
      count += CountNotIn(**child, peer == nullptr ? nullptr : peer->get());
    }
    return count;
  }
  // The bit of slot `index`.
  static uint32_t BitAt(uint32_t bits, size_t index) {
    for (; index > 0; --index) bits &= bits - 1;
    return bits & -bits;
  }

  NodePtr root_;
  size_t size_ = 0;
};

}  // namespace weir
