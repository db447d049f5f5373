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

// Things that know their own name, or pointers to such, by that name: none is kept beside them. The
// name of what is in a set does not change.
struct NameHash {
  using is_transparent = void;
  size_t operator()(std::string_view name) const { return StringHash()(name); }
  size_t operator()(const auto& thing) const { return StringHash()(NameOf(thing)); }
  static std::string_view NameOf(std::string_view name) { return name; }
  static std::string_view NameOf(const std::string& name) { return name; }
  template <typename Thing>
  static std::string_view NameOf(const Thing& thing) {
    if constexpr (requires { thing->name(); }) {
      return thing->name();
    } else {
      return thing.name();
    }
  }
};
struct NameEqual {
  using is_transparent = void;
  bool operator()(const auto& a, const auto& b) const {
    return NameHash::NameOf(a) == NameHash::NameOf(b);
  }
};
template <typename Thing>
using NamedSet = absl::flat_hash_set<Thing, NameHash, NameEqual>;

}  // namespace weir
