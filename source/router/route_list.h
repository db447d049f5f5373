// The routes that share one path criterion, told apart by one condition of each: a request looks at
// those alone whose condition it meets, and at those regular expressions that match.
//
// Inside the folder alone. Built once, then immutable; any thread. Lookups allocate nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/config/route.h"
#include "source/match/regex_set.h"
#include "source/router/candidates.h"
#include "source/router/condition_table.h"

namespace weir::router {

// What one request is held against the lists with.
struct PathQuery {
  std::string_view path;  // Without its query, in the case of the index.
  MetConditions& conditions;
};

class RouteList {
 public:
  // Before Build, in ascending order of `route`. `match` lives until then; its condition goes into
  // `table`.
  void Add(uint32_t route, const config::RouteMatch& match, ConditionTable& table);
  // Takes the regular expressions of `other` over, where one pass over the path does for both.
  // Returns whether it did. Before Build.
  bool TakeRegexes(RouteList& other);
  bool has_regexes() const { return routed_ != nullptr && !routed_->patterns.empty(); }
  void Build();

  // Adds the routes that may match.
  void Find(const PathQuery& query, Candidates& candidates) const;

 private:
  struct PathRegexRoute {
    uint32_t route;
    const match::Regex* pattern;
  };
  // Routes beyond the plain ones, which most lists do without.
  struct Routed {
    absl::flat_hash_map<Condition, std::vector<uint32_t>> by_condition;
    std::vector<PathRegexRoute> patterns;  // Until Build.
    std::vector<uint32_t> regexes;
    std::optional<match::RegexSet> set;  // Of the regexes, when there are several.
  };

  Routed& routed();
  static void FindByCondition(const Routed& routed, MetConditions& conditions,
                              Candidates& candidates);
  static void FindRegexes(const Routed& routed, std::string_view path, Candidates& candidates);

  std::vector<uint32_t> plain_;
  std::unique_ptr<Routed> routed_;  // Null: all are plain.
};

}  // namespace weir::router
