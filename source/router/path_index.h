// Which routes of one virtual host can match a path: a radix tree of literal prefixes and a hash of
// exact paths.
//
// Inside the folder alone. Built once, then immutable; any thread. Lookups allocate nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"

namespace weir::router {

// The lists of routes whose path criterion holds, each ascending. Merged, they give the order of
// the configuration.
class Candidates {
 public:
  // Beyond this many lists on the way down (each adds at least one character to a prefix) the
  // caller has to try all routes in turn.
  static constexpr size_t kMaxLists = 48;

  void Add(std::span<const uint32_t> list) {
    if (list.empty()) return;
    if (size_ == kMaxLists) {
      overflowed_ = true;
      return;
    }
    lists_[size_++] = {list.data(), list.data() + list.size()};
  }
  bool overflowed() const { return overflowed_; }

  // The least number that was not yet taken, or kNone.
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t Next() {
    size_t best = 0;
    uint32_t least = kNone;
    for (size_t i = 0; i < size_; ++i) {
      if (*lists_[i].next < least) {
        least = *lists_[i].next;
        best = i;
      }
    }
    if (least == kNone) return kNone;
    if (++lists_[best].next == lists_[best].end) lists_[best] = lists_[--size_];
    return least;
  }

 private:
  struct List {
    const uint32_t* next;
    const uint32_t* end;
  };
  std::array<List, kMaxLists> lists_;  // The first `size_` are set; none is empty.
  size_t size_ = 0;
  bool overflowed_ = false;
};

class PathIndex {
 public:
  // Before Build, in ascending order of `route`.
  void AddPrefix(std::string_view prefix, uint32_t route) {
    prefixes_[prefix].plain.push_back(route);
  }
  void AddSeparatedPrefix(std::string_view prefix, uint32_t route) {
    prefixes_[prefix].separated.push_back(route);
  }
  void AddExact(std::string_view path, uint32_t route) { exact_[path].push_back(route); }
  // A route that has to be tried for every path.
  void AddAlways(uint32_t route) { always_.push_back(route); }
  void Build();

  // `path` is without its query.
  void Find(std::string_view path, Candidates& candidates) const;

 private:
  struct Lists {
    std::vector<uint32_t> plain;      // prefix
    std::vector<uint32_t> separated;  // path_separated_prefix
  };
  struct Node {
    std::string label;  // Follows the parent's text.
    Lists lists;
    uint32_t first_child =
        0;  // Children stand side by side, in the order of their first characters.
    uint32_t children = 0;
  };
  // A run of the sorted prefixes that share their first `depth` characters and becomes the node
  // `node`.
  struct Run {
    size_t begin, end, depth;
    uint32_t node;
  };
  using Sorted = std::vector<std::pair<std::string_view, Lists*>>;

  void BuildNode(const Run& run, const Sorted& sorted, std::vector<Run>& open);
  const Node* ChildOf(const Node& node, char first) const;

  HashMap<Lists> prefixes_;  // Emptied by Build.
  HashMap<std::vector<uint32_t>> exact_;
  std::vector<uint32_t> always_;
  std::vector<Node> nodes_;          // The root is the first.
  std::vector<char> first_letters_;  // Of each node's label, for the search among children.
};

}  // namespace weir::router
