// The regular expression of a tag (stats_tags.regex): what it takes out of a name, and the value.
//
// RE2, which has no look-ahead, as expressions written for Envoy may use one: "(?=x)" is matched by
// itself at the place where the rest of the expression says that it stands. That place is the one
// of the first match of the rest; others are not tried. Immutable; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace weir::stats {

class TagPattern {
 public:
  // InvalidArgument: what is wrong with it. It must have a group.
  static absl::StatusOr<std::unique_ptr<const TagPattern>> Create(std::string_view regex);
  TagPattern(const TagPattern&) = delete;
  TagPattern& operator=(const TagPattern&) = delete;
  ~TagPattern();

  struct Found {
    std::string removed;  // The first group.
    std::string value;    // The second, or the first where there is no second.
  };
  std::optional<Found> Find(std::string_view name) const;

 private:
  TagPattern();

  struct Ahead {
    int group;  // An empty one in rest_, which marks the place.
    std::unique_ptr<const re2::RE2> pattern;
  };

  std::unique_ptr<const re2::RE2> rest_;
  std::vector<Ahead> aheads_;
  int removed_group_ = 0;
  int value_group_ = 0;
};

}  // namespace weir::stats
