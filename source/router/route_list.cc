#include "source/router/route_list.h"

#include <algorithm>

namespace weir::router {
namespace {

// Fewer are matched one by one: a set costs a search of its own.
constexpr size_t kFewestForASet = 4;
// The automaton of one set has bounded memory, and patterns of a kind multiply its states.
constexpr size_t kMostInASet = 256;

}  // namespace

RouteList::Routed& RouteList::routed() {
  if (routed_ == nullptr) routed_ = std::make_unique<Routed>();
  return *routed_;
}

void RouteList::Add(uint32_t route, const config::RouteMatch& match, ConditionTable& table) {
  if (const auto* regex = std::get_if<config::PathRegex>(&match.path)) {
    routed().patterns.push_back({route, &regex->value});
    return;
  }
  const std::optional<Condition> condition = table.Add(match);
  (condition.has_value() ? routed().by_condition[*condition] : plain_).push_back(route);
}

bool RouteList::TakeRegexes(RouteList& other) {
  std::vector<PathRegexRoute>& mine = routed().patterns;
  std::vector<PathRegexRoute>& others = other.routed().patterns;
  if (mine.size() + others.size() > kMostInASet) return false;
  mine.insert(mine.end(), others.begin(), others.end());
  others.clear();
  return true;
}

void RouteList::Build() {
  if (routed_ == nullptr) return;
  std::vector<PathRegexRoute> patterns = std::exchange(routed_->patterns, {});
  std::sort(patterns.begin(), patterns.end(),
            [](const auto& a, const auto& b) { return a.route < b.route; });
  std::vector<const match::Regex*> set;
  for (const PathRegexRoute& entry : patterns) {
    routed_->regexes.push_back(entry.route);
    set.push_back(entry.pattern);
  }
  if (set.size() >= kFewestForASet) routed_->set = match::RegexSet::Create(set);
}

void RouteList::Find(const PathQuery& query, Candidates& candidates) const {
  candidates.Add(plain_);
  if (routed_ == nullptr) return;
  if (!routed_->by_condition.empty()) FindByCondition(*routed_, query.conditions, candidates);
  if (!routed_->regexes.empty()) FindRegexes(*routed_, query.path, candidates);
}

void RouteList::FindByCondition(const Routed& routed, MetConditions& conditions,
                                Candidates& candidates) {
  const auto met = conditions.Get();
  if (!met.has_value()) return candidates.Overflow();
  for (const Condition condition : *met) {
    const auto found = routed.by_condition.find(condition);
    if (found != routed.by_condition.end()) candidates.Add(found->second);
  }
}

void RouteList::FindRegexes(const Routed& routed, std::string_view path, Candidates& candidates) {
  const std::optional<size_t> matching =
      routed.set.has_value() ? routed.set->Match(path, candidates.Room()) : std::nullopt;
  if (!matching.has_value()) {
    candidates.Add(routed.regexes);
    return;
  }
  for (uint32_t& index : candidates.Room().first(*matching)) index = routed.regexes[index];
  candidates.AddOwn(*matching);
}

}  // namespace weir::router
