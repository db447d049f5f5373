// What a client wants of one type: everything, some names, or nothing yet (rules S4, D6, D7).
//
//   SotW    Replace(names) with each request's whole list
//   delta   Update(subscribe, unsubscribe)
//
// Legacy wildcard: a client that has never named anything means everything, for listeners, clusters
// and scoped routes alone. Once a name was given, an empty list means nothing. Engine's thread;
// owned by TypeStream.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"

namespace weir::control::engine {

// What one request changed.
struct SubscriptionChange {
  std::vector<std::string>
      added;  // Names not in force before; for delta every name subscribed (D4).
  std::vector<std::string> dropped;  // Names that were in force by name.
  bool wildcard_asked = false;       // "*", or the legacy form, in this request.
  bool wildcard_lost = false;
};

class Subscription {
 public:
  explicit Subscription(std::string_view type_url);

  SubscriptionChange Replace(std::span<const std::string> names);
  SubscriptionChange Update(std::span<const std::string> subscribe,
                            std::span<const std::string> unsubscribe);

  bool wildcard() const { return wildcard_; }
  bool Names(std::string_view name) const { return names_.contains(name); }
  bool Covers(std::string_view name) const { return wildcard_ || Names(name); }
  const HashSet& names() const { return names_; }

 private:
  const bool legacy_allowed_;
  bool first_ = true;
  bool ever_named_ = false;
  bool wildcard_ = false;
  HashSet names_;
};

// Whether an empty list may mean everything, and whether SotW answers are the full state (S5).
bool IsWildcardType(std::string_view type_url);

}  // namespace weir::control::engine
