// Changes of header fields in their order (envoy.config.common.mutation_rules.v3.HeaderMutation).
// Immutable, any thread.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "source/format/header_changes.h"
#include "source/match/string_matcher.h"

namespace weir::config {

struct RemoveField {
  std::string name;  // lower case
  friend bool operator==(const RemoveField&, const RemoveField&) = default;
};
// remove_on_match: every field with such a name.
struct RemoveFields {
  match::StringMatcher names;
  friend bool operator==(const RemoveFields&, const RemoveFields&) = default;
};
using HeaderMutation = std::variant<format::HeaderAddition, RemoveField, RemoveFields>;

struct HeaderMutations {
  std::vector<HeaderMutation> in_order;

  bool empty() const { return in_order.empty(); }
  void Apply(http::HeaderMap& headers, const format::FormatContext& context) const;
  friend bool operator==(const HeaderMutations&, const HeaderMutations&) = default;
};

}  // namespace weir::config
