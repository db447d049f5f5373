#include "source/server/listener_director.h"

#include <utility>

#include "source/base/status.h"
#include "source/server/resource_compiler.h"

namespace weir::server {
namespace {

// Calls visit(http) for each connection manager of `listener` whose routes come by RDS.
template <typename Visit>
void ForEachRds(const generation::Listener& listener, Visit visit) {
  for (const auto& [configured, chain] : listener.chains) {
    const config::HttpConnectionManager* http = chain->http();
    if (http != nullptr && !http->rds_name.empty()) visit(*http);
  }
}

// A listener of which only the filter chains differ keeps its connections on the others.
bool OnlyChainsDiffer(const config::Listener& a, const config::Listener& b) {
  return a.address == b.address && a.socket == b.socket && a.listener_filters == b.listener_filters;
}

}  // namespace

ListenerDirector::ListenerDirector(ListenSockets& sockets, Subscriber& routes,
                                   std::function<void()> changed)
    : sockets_(sockets), subscriber_(routes), changed_(std::move(changed)) {}

ListenerDirector::~ListenerDirector() = default;

absl::Status ListenerDirector::SetStatic(std::shared_ptr<const generation::Listener> listener) {
  std::unique_ptr<Known>& known = known_[listener->config->name];
  if (known == nullptr) known = std::make_unique<Known>();
  known->is_static = true;
  return SetKnown(*known, std::move(listener));
}

absl::Status ListenerDirector::Set(std::shared_ptr<const generation::Listener> listener) {
  const std::string& name = listener->config->name;
  const auto found = known_.find(name);
  if (found != known_.end() && found->second->is_static) {
    return InvalidArgument(
        StrCat("listener \"", name,
               "\" is one of the bootstrap's static listeners, which cannot be replaced"));
  }
  if (found != known_.end()) return SetKnown(*found->second, std::move(listener));
  auto known = std::make_unique<Known>();
  WEIR_RETURN_IF_ERROR(SetKnown(*known, listener));
  known_[name] = std::move(known);
  return absl::OkStatus();
}

absl::Status ListenerDirector::SetKnown(Known& known,
                                        std::shared_ptr<const generation::Listener> listener) {
  const std::shared_ptr<const generation::Listener>& newest =
      known.waiting != nullptr ? known.waiting : known.active;
  if (newest != nullptr && *newest->config == *listener->config) return absl::OkStatus();
  auto sockets = sockets_.Get(*listener->config);
  if (!sockets.ok()) {
    ++counts_.create_failure;
    return sockets.status();
  }
  if (newest == nullptr) {
    ++counts_.added;
  } else {
    ++counts_.modified;
    if (OnlyChainsDiffer(*newest->config, *listener->config)) ++counts_.in_place_updated;
  }
  if (known.active != nullptr) listener = ShareChains(std::move(listener), *known.active);
  const std::shared_ptr<const generation::Listener> replaced = std::move(known.waiting);
  known.waiting = std::move(listener);
  known.waiting_sockets = *std::move(sockets);
  Subscribe(*known.waiting);
  if (replaced != nullptr) Unsubscribe(*replaced);
  TryWarm(known);
  return absl::OkStatus();
}

void ListenerDirector::Subscribe(const generation::Listener& listener) {
  ForEachRds(listener, [&](const config::HttpConnectionManager& http) {
    subscriber_.Subscribe(http.rds_name, http.rds_source);
  });
}

void ListenerDirector::Unsubscribe(const generation::Listener& listener) {
  ForEachRds(listener, [&](const config::HttpConnectionManager& http) {
    subscriber_.Unsubscribe(http.rds_name, http.rds_source);
  });
}

void ListenerDirector::TryWarm(Known& known) {
  if (!open_) return;
  bool warm = true;
  ForEachRds(*known.waiting, [&](const config::HttpConnectionManager& http) {
    warm = warm && (routes_.Find(http.rds_name) != nullptr || timed_out_.contains(http.rds_name));
  });
  if (!warm) return;
  const std::shared_ptr<const generation::Listener> before =
      std::exchange(known.active, std::move(known.waiting));
  known.waiting = nullptr;
  const std::string& name = known.active->config->name;
  active_ = active_.Set(name, known.active);
  active_sockets_[name] = std::move(known.waiting_sockets);
  if (before != nullptr) Unsubscribe(*before);
  changed_();
}

void ListenerDirector::Remove(const std::string& name) {
  const auto found = known_.find(name);
  if (found == known_.end() || found->second->is_static) return;
  const std::unique_ptr<Known> known = std::move(found->second);
  known_.erase(found);
  ++counts_.removed;
  active_ = active_.Erase(name);
  active_sockets_.erase(name);
  if (known->waiting != nullptr) Unsubscribe(*known->waiting);
  if (known->active != nullptr) Unsubscribe(*known->active);
  changed_();
}

void ListenerDirector::SetRoutes(std::shared_ptr<const router::RouteIndex> routes) {
  const std::string& name = routes->table().name;
  const auto* const before = routes_.Find(name);
  const uint64_t hash = routes->table().content_hash;
  if (before != nullptr && hash != 0 && (*before)->table().content_hash == hash) return;
  routes_ = routes_.Set(name, std::move(routes));
  changed_();
  for (auto& [listener_name, known] : known_) {
    if (known->waiting != nullptr) TryWarm(*known);
  }
}

void ListenerDirector::RoutesTimedOut(const std::string& name) {
  timed_out_.insert(name);
  for (auto& [listener_name, known] : known_) {
    if (known->waiting != nullptr) TryWarm(*known);
  }
}

void ListenerDirector::ForgetRoutes(const std::string& name) {
  timed_out_.erase(name);
  if (routes_.Find(name) == nullptr) return;
  routes_ = routes_.Erase(name);
  changed_();
}

void ListenerDirector::Open() {
  if (std::exchange(open_, true)) return;
  for (auto& [name, known] : known_) {
    if (known->waiting != nullptr) TryWarm(*known);
  }
}

std::vector<std::string> ListenerDirector::Warming() const {
  std::vector<std::string> names;
  for (const auto& [name, known] : known_) {
    if (known->waiting != nullptr) names.push_back(name);
  }
  return names;
}

}  // namespace weir::server
