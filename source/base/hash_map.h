// Hash containers keyed by std::string that are searched with std::string_view.
//
// Abseil's own string lookup takes its own string_view; these aliases bring the standard's.
// Not thread-safe, as the containers they name.
#pragma once

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "source/base/strings.h"

namespace weir {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return absl::Hash<absl::string_view>()(ToAbsl(s)); }
};
struct StringEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

template <typename Value>
using HashMap = absl::flat_hash_map<std::string, Value, StringHash, StringEqual>;
using HashSet = absl::flat_hash_set<std::string, StringHash, StringEqual>;

}  // namespace weir
