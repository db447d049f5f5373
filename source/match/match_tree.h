// xds.type.matcher.v3.Matcher, compiled: chooses an action by what inputs say of a connection or a
// request. Actions are numbers; what they mean is known to whoever has the tree.
//
//   MatchTree: a list of predicates, of which the first that holds decides, or a map of one input
//     -> OnMatch: an action, or another tree
//     -> on_no_match, where nothing was found
//
// A nested tree that finds nothing is no match where it stands: the list goes on, a map tries the
// next shorter prefix or wider range. Maps are found by hash or binary search; a list is tried in
// its order.
//
// Immutable once made; any thread. Pure. A tree compares by value, so that an equal one changes
// nothing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "source/base/hash_map.h"
#include "source/match/data_input.h"
#include "source/match/filter_state_matcher.h"
#include "source/match/nested_index.h"
#include "source/match/string_matcher.h"
#include "source/match/value_matcher.h"
#include "source/net/address.h"

namespace weir::match {

class MatchTree;
struct Predicate;

using ActionNumber = uint32_t;

struct OnMatch {
  std::variant<ActionNumber, std::shared_ptr<const MatchTree>> next;  // Not null.
  bool keep_matching = false;  // As if there had been no match.

  std::optional<ActionNumber> Follow(const MatchFacts& facts) const;
  friend bool operator==(const OnMatch& a, const OnMatch& b);
};

// input_matchers.metadata.v3.Metadata, for an input of dynamic metadata.
struct ValueTest {
  ValueMatcher value;
  bool invert = false;
  friend bool operator==(const ValueTest&, const ValueTest&) = default;
};

// single_predicate. What has no value passes no test, but that of metadata.
struct InputTest {
  DataInput input;
  std::variant<StringMatcher, AddressTest, ValueTest> test;

  bool Holds(const MatchFacts& facts) const;
  friend bool operator==(const InputTest&, const InputTest&) = default;
};

// or_matcher, and_matcher, not_matcher.
struct Combination {
  enum class Kind : uint8_t { kAny, kAll, kNone };
  Kind kind = Kind::kAny;
  std::vector<Predicate> parts;

  bool Holds(const MatchFacts& facts) const;
  friend bool operator==(const Combination& a, const Combination& b);
};

struct Predicate {
  std::variant<InputTest, Combination> what;

  bool Holds(const MatchFacts& facts) const;
  friend bool operator==(const Predicate&, const Predicate&) = default;
};

// matcher_list
struct PredicateList {
  struct Entry {
    Predicate predicate;
    OnMatch then;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries;

  std::optional<ActionNumber> Find(const MatchFacts& facts) const;
  friend bool operator==(const PredicateList&, const PredicateList&) = default;
};

// exact_match_map
struct ExactMap {
  DataInput input;
  HashMap<OnMatch> entries;

  std::optional<ActionNumber> Find(const MatchFacts& facts) const;
  friend bool operator==(const ExactMap&, const ExactMap&) = default;
};

// prefix_match_map: the longest prefix, then shorter ones.
struct PrefixMap {
  DataInput input;
  NestedIndex<TextPrefix, OnMatch> entries;

  std::optional<ActionNumber> Find(const MatchFacts& facts) const;
  friend bool operator==(const PrefixMap&, const PrefixMap&) = default;
};

// IPMatcher: the longest prefix, then shorter ones; of equal ones the earlier.
struct RangeMap {
  struct Entry {
    OnMatch then;
    bool exclusive = false;  // Not for an address that a longer prefix has, too.
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  using Index = NestedIndex<AddressRange, uint32_t>;
  DataInput input;
  std::vector<Entry> entries;
  Index v4, v6;  // To `entries`.

  std::optional<ActionNumber> Find(const MatchFacts& facts) const;
  friend bool operator==(const RangeMap&, const RangeMap&) = default;
};

// ServerNameMatcher: the name, then its suffixes from the longest on, then any.
struct DomainMap {
  DataInput input;
  std::vector<OnMatch> entries;
  // To `entries`. Lower case; "*.example.com" is ".example.com", "*" is "".
  HashMap<uint32_t> by_domain;

  std::optional<ActionNumber> Find(const MatchFacts& facts) const;
  friend bool operator==(const DomainMap&, const DomainMap&) = default;
};

class MatchTree {
 public:
  using Body = std::variant<PredicateList, ExactMap, PrefixMap, RangeMap, DomainMap>;

  explicit MatchTree(Body body, std::optional<OnMatch> on_no_match = std::nullopt)
      : body_(std::move(body)), on_no_match_(std::move(on_no_match)) {}

  // The action for these facts; nothing: no match.
  std::optional<ActionNumber> Find(const MatchFacts& facts) const;
  friend bool operator==(const MatchTree&, const MatchTree&) = default;

 private:
  Body body_;
  std::optional<OnMatch> on_no_match_;
};

// A tree with what its numbers mean.
template <typename Action>
struct ActionTree {
  std::shared_ptr<const MatchTree> tree;  // Not null.
  std::vector<Action> actions;

  // Null: no match.
  const Action* Find(const MatchFacts& facts) const {
    const std::optional<ActionNumber> number = tree->Find(facts);
    return number.has_value() ? &actions[*number] : nullptr;
  }
  friend bool operator==(const ActionTree& a, const ActionTree& b) {
    return a.actions == b.actions && (a.tree == b.tree || *a.tree == *b.tree);
  }
};

}  // namespace weir::match
