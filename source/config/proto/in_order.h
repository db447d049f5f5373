// Entries of a map of a message by key. The message's own order is another in each process and each
// copy: what depends on it differs between equal messages.
#pragma once

#include <map>
#include <string_view>

namespace weir::config::proto {

// They point into `map`, which outlives them.
template <typename Map>
std::map<std::string_view, const typename Map::mapped_type*> InOrder(const Map& map) {
  std::map<std::string_view, const typename Map::mapped_type*> entries;
  for (const auto& [key, value] : map) entries.emplace(key, &value);
  return entries;
}

}  // namespace weir::config::proto
