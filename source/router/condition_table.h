// The headers, query parameters, cookies and findings of filters that the routes of one virtual
// host ask for, numbered, so that a request is looked through once, however many routes and
// prefixes have conditions.
//
// Inside the folder alone. Built once, then immutable; any thread. Lookups allocate nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"
#include "source/config/route.h"
#include "source/http/message.h"
#include "source/match/match_facts.h"

namespace weir::router {

// "Header x-kind is 17", "parameter q is there" or "cookie c is a", by number.
using Condition = uint32_t;

class ConditionTable {
 public:
  // One condition without which `match` cannot hold, the most telling one; nothing: it has none.
  std::optional<Condition> Add(const config::RouteMatch& match);

  // Fills `met` with the conditions that a request meets, perhaps one of them twice. Returns how
  // many; nothing when they have no room.
  std::optional<size_t> Find(const match::MatchFacts& facts, std::span<Condition> met) const;

 private:
  struct Name {
    std::string name;
    std::optional<Condition> any;  // It is there; of the value the table knows nothing.
    HashMap<Condition> exact;      // It has just this value.
  };
  struct Names {
    std::vector<Name> all;
    HashMap<uint32_t> by_name;  // Index in `all`.
    Name& Get(const std::string& name);
    const Name* Find(std::string_view name) const;
  };
  class Met;

  std::optional<Condition> AddHeader(const config::RouteMatch& match);
  std::optional<Condition> AddParameter(const config::RouteMatch& match);
  std::optional<Condition> AddCookie(const config::RouteMatch& match);
  std::optional<Condition> AddMetadata(const config::RouteMatch& match);
  std::optional<Condition> AddFilterState(const config::RouteMatch& match);
  Condition AddAny(Name& name);
  Condition AddExact(Name& name, const std::string& value);
  Condition AddValue(Name& name, const match::StringMatcher& value);
  void FindHeaders(const http::RequestHead& head, Met& met) const;
  void FindParameters(std::string_view path, Met& met) const;
  void FindCookies(const http::RequestHead& head, Met& met) const;
  void FindFindings(const match::MatchFacts& facts, Met& met) const;

  Names headers_;
  Names parameters_;
  Names cookies_;
  Names metadata_;
  std::vector<std::vector<std::string>> metadata_paths_;  // Of the names in `metadata_`.
  Names filter_state_;
  uint32_t size_ = 0;
};

// What one request meets, found when it is first asked for. On the stack of one match.
class MetConditions {
 public:
  MetConditions(const ConditionTable& table, const match::MatchFacts& facts)
      : table_(table), facts_(facts) {}

  // Nothing: there are too many, and all routes have to be tried.
  std::optional<std::span<const Condition>> Get() {
    if (!asked_) {
      count_ = table_.Find(facts_, met_);
      asked_ = true;
    }
    if (!count_.has_value()) return std::nullopt;
    return std::span<const Condition>(met_).first(*count_);
  }

 private:
  static constexpr size_t kMost = 32;  // As many lists as fit Candidates beside those of the paths.

  const ConditionTable& table_;
  const match::MatchFacts facts_;
  bool asked_ = false;
  std::optional<size_t> count_;
  std::array<Condition, kMost> met_;  // The first `count_` are set.
};

}  // namespace weir::router
