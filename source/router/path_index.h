// Which routes of one virtual host can match a path: a radix tree of literal prefixes and a hash of
// exact paths.
//
// Inside the folder alone. Built once, then immutable; any thread. Lookups allocate nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/hash_map.h"
#include "source/router/candidates.h"
#include "source/router/route_list.h"

namespace weir::router {

class PathIndex {
 public:
  // The lists to add routes to, before Build.
  RouteList& OfPrefix(std::string_view prefix) { return prefixes_[prefix].plain; }
  RouteList& OfSeparatedPrefix(std::string_view prefix) { return prefixes_[prefix].separated; }
  RouteList& OfExact(std::string_view path) { return exact_[path]; }
  void Build();

  bool empty() const { return nodes_.size() == 1 && !root_used_ && exact_.empty(); }
  void Find(const PathQuery& query, Candidates& candidates) const;

 private:
  struct Lists {
    RouteList plain;      // prefix, and regular expressions that begin with it
    RouteList separated;  // path_separated_prefix
  };
  struct Node {
    std::string label;  // Follows the parent's text.
    Lists lists;
    // Children stand side by side, in the order of their first characters.
    uint32_t first_child = 0;
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
  void GatherRegexes();
  const Node* ChildOf(const Node& node, char first) const;

  HashMap<Lists> prefixes_;  // Emptied by Build.
  HashMap<RouteList> exact_;
  bool root_used_ = false;
  std::vector<Node> nodes_;          // The root is the first.
  std::vector<char> first_letters_;  // Of each node's label, for the search among children.
};

}  // namespace weir::router
