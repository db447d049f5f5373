#include "source/router/path_index.h"

#include <algorithm>

namespace weir::router {

void PathIndex::Build() {
  Sorted sorted;
  sorted.reserve(prefixes_.size());
  for (auto& [prefix, lists] : prefixes_) {
    root_used_ = root_used_ || prefix.empty();
    sorted.emplace_back(prefix, &lists);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  nodes_.clear();
  nodes_.emplace_back();
  std::vector<Run> open = {{0, sorted.size(), 0, 0}};
  while (!open.empty()) {
    const Run run = open.back();
    open.pop_back();
    BuildNode(run, sorted, open);
  }
  GatherRegexes();
  for (Node& node : nodes_) {
    node.lists.plain.Build();
    node.lists.separated.Build();
  }
  for (auto& [path, list] : exact_) list.Build();
  first_letters_.reserve(nodes_.size());
  for (const Node& node : nodes_)
    first_letters_.push_back(node.label.empty() ? '\0' : node.label[0]);
  prefixes_.clear();
}

void PathIndex::BuildNode(const Run& run, const Sorted& sorted, std::vector<Run>& open) {
  if (run.begin == run.end) return;
  // Sorted, so what the first and the last have in common all have; the root's label stays empty.
  const std::string_view first = sorted[run.begin].first;
  const std::string_view last = sorted[run.end - 1].first;
  size_t depth = run.depth;
  if (run.node != 0) {
    while (depth < first.size() && depth < last.size() && first[depth] == last[depth]) ++depth;
  }
  nodes_[run.node].label = std::string(first.substr(run.depth, depth - run.depth));
  size_t at = run.begin;
  if (first.size() == depth) nodes_[run.node].lists = std::move(*sorted[at++].second);
  const auto first_child = static_cast<uint32_t>(nodes_.size());
  nodes_[run.node].first_child = first_child;
  while (at < run.end) {
    size_t group_end = at + 1;
    while (group_end < run.end && sorted[group_end].first[depth] == sorted[at].first[depth])
      ++group_end;
    open.push_back({at, group_end, depth, static_cast<uint32_t>(nodes_.size())});
    nodes_.emplace_back();
    at = group_end;
  }
  nodes_[run.node].children = static_cast<uint32_t>(nodes_.size()) - first_child;
}

// A path that passes several nodes with regular expressions would be searched for each of them: the
// first one takes those of the nodes below over, as far as one search can hold them.
void PathIndex::GatherRegexes() {
  constexpr uint32_t kNobody = UINT32_MAX;
  std::vector<uint32_t> holders(nodes_.size(), kNobody);  // Of the way to each node.
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    RouteList& list = nodes_[i].lists.plain;
    if (list.has_regexes() &&
        (holders[i] == kNobody || !nodes_[holders[i]].lists.plain.TakeRegexes(list))) {
      holders[i] = i;
    }
    // Children come after their parents.
    const auto children = holders.begin() + nodes_[i].first_child;
    std::fill(children, children + nodes_[i].children, holders[i]);
  }
}

const PathIndex::Node* PathIndex::ChildOf(const Node& node, char first) const {
  // string_view compares characters as unsigned, and so must the search.
  const auto less = [](char a, char b) {
    return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
  };
  const char* const begin = first_letters_.data() + node.first_child;
  const char* const end = begin + node.children;
  const char* const found =
      node.children <= 4 ? std::find(begin, end, first) : std::lower_bound(begin, end, first, less);
  if (found == end || *found != first) return nullptr;
  return &nodes_[static_cast<size_t>(found - first_letters_.data())];
}

void PathIndex::Find(const PathQuery& query, Candidates& candidates) const {
  const std::string_view path = query.path;
  if (!exact_.empty()) {
    if (const auto found = exact_.find(path); found != exact_.end()) {
      found->second.Find(query, candidates);
    }
  }
  size_t depth = 0;
  for (const Node* node = &nodes_[0]; node != nullptr; node = ChildOf(*node, path[depth])) {
    if (!path.substr(depth).starts_with(node->label)) return;
    depth += node->label.size();
    node->lists.plain.Find(query, candidates);
    if (depth == path.size() || path[depth] == '/') {
      node->lists.separated.Find(query, candidates);
    }
    if (depth == path.size()) return;
  }
}

}  // namespace weir::router
