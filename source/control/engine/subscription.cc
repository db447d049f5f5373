#include "source/control/engine/subscription.h"

#include "source/control/engine/resource.h"

namespace weir::control::engine {

bool IsWildcardType(std::string_view type_url) {
  return type_url == kListenerType || type_url == kClusterType || type_url == kScopedRouteType;
}

Subscription::Subscription(std::string_view type_url) : legacy_allowed_(IsWildcardType(type_url)) {}

SubscriptionChange Subscription::Replace(std::span<const std::string> names) {
  SubscriptionChange change;
  HashSet wanted;
  bool star = false;
  for (const std::string& name : names) {
    if (name == "*") {
      star = true;
    } else {
      wanted.insert(name);
    }
  }
  ever_named_ |= !names.empty();
  const bool wildcard = star || (legacy_allowed_ && !ever_named_);
  change.wildcard_asked = wildcard && !wildcard_;
  change.wildcard_lost = wildcard_ && !wildcard;
  for (const std::string& name : wanted) {
    if (!names_.contains(name)) change.added.push_back(name);
  }
  for (const std::string& name : names_) {
    if (!wanted.contains(name)) change.dropped.push_back(name);
  }
  wildcard_ = wildcard;
  names_ = std::move(wanted);
  first_ = false;
  return change;
}

SubscriptionChange Subscription::Update(std::span<const std::string> subscribe,
                                        std::span<const std::string> unsubscribe) {
  SubscriptionChange change;
  if (first_ && subscribe.empty() && unsubscribe.empty() && legacy_allowed_) {
    wildcard_ = true;
    change.wildcard_asked = true;
  }
  first_ = false;
  for (const std::string& name : subscribe) {
    if (name == "*") {
      wildcard_ = true;
      change.wildcard_asked = true;
    } else {
      names_.insert(name);
      change.added.push_back(name);
    }
  }
  for (const std::string& name : unsubscribe) {
    if (name == "*") {
      change.wildcard_lost = wildcard_;
      wildcard_ = false;
      change.wildcard_asked = false;
    } else if (names_.erase(name) > 0) {
      change.dropped.push_back(name);
    }
  }
  return change;
}

}  // namespace weir::control::engine
