// Which stats are shown, and which parts of their names are tags (envoy.config.metrics.v3
// StatsConfig).
//
// Names are put together when somebody reads, so what is left out costs nothing but its numbers.
// Immutable; any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/stats/tags.h"

namespace weir::stats {

struct NameOptions {
  struct Tag {
    std::string name;
    // At most one of the two; none: the default tag of that name.
    std::optional<std::string> fixed_value;
    // A TagPattern, found anywhere in the full name.
    std::optional<std::string> regex;
  };
  std::vector<Tag> tags;
  bool all_default_tags = true;
  // Whether a stat of this full name is shown; empty: all are.
  std::function<bool(std::string_view name)> shows;
};

class NamePolicy {
 public:
  // All default tags, everything shown.
  NamePolicy();
  // InvalidArgument: what is wrong with which tag.
  static absl::StatusOr<std::shared_ptr<const NamePolicy>> Create(NameOptions options);
  NamePolicy(const NamePolicy&) = delete;
  NamePolicy& operator=(const NamePolicy&) = delete;
  ~NamePolicy();

  bool Shows(std::string_view name) const { return !shows_ || shows_(name); }
  // Of the default tags.
  bool Keeps(std::string_view tag) const;
  // Adds the tags of the rules, and takes what they name out of `extracted`.
  void Apply(std::string_view name, std::string& extracted, Tags& tags) const;

 private:
  struct Rule;

  std::vector<Rule> rules_;
  bool all_default_tags_ = true;
  std::vector<std::string> kept_;  // Default tags, where not all are.
  std::function<bool(std::string_view)> shows_;
};

}  // namespace weir::stats
