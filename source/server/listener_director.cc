#include "source/server/listener_director.h"

#include <algorithm>
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

// Under "http.".
std::string RdsStatName(const config::HttpConnectionManager& http) {
  return StrCat(http.stat_prefix.text(), ".rds.", config::StatName(http.rds_name));
}

// Calls visit(chain) for each filter chain whose transport needs secrets.
template <typename Visit>
void ForEachWithSecrets(const generation::Listener& listener, Visit visit) {
  for (const auto& [configured, chain] : listener.chains) {
    const auto& socket = configured->transport_socket;
    if (socket != nullptr && !socket->secrets().empty()) visit(*configured);
  }
}

// A listener of which only the filter chains differ keeps its connections on the others.
bool OnlyChainsDiffer(const config::Listener& a, const config::Listener& b) {
  return config::AddressesOf(a) == config::AddressesOf(b) &&
         a.listener_filters == b.listener_filters;
}

}  // namespace

ListenerDirector::ListenerDirector(event::Loop& loop, event::Duration drain_time,
                                   ListenSockets& sockets, Subscriber& routes,
                                   TransportMaker& transports, std::function<void()> changed)
    : loop_(loop),
      drain_time_(drain_time),
      sockets_(sockets),
      subscriber_(routes),
      transports_(transports),
      changed_(std::move(changed)),
      forget_(loop, [this] { DropForgotten(); }) {
  transports_.secrets().AddUser(*this);
}

ListenerDirector::~ListenerDirector() = default;

const generation::Listener* ListenerDirector::Newest(const std::string& name) const {
  const auto found = known_.find(name);
  if (found == known_.end()) return nullptr;
  const Known& known = *found->second;
  return known.waiting != nullptr ? known.waiting.get() : known.active.get();
}

absl::Status ListenerDirector::SetStatic(std::shared_ptr<const generation::Listener> listener) {
  const std::string name = listener->config->name;
  WEIR_ASSIGN_OR_RETURN(Bound bound, BindNew(std::move(listener)));
  Set(std::move(bound));
  known_[name]->is_static = true;
  return absl::OkStatus();
}

absl::StatusOr<ListenerDirector::Bound> ListenerDirector::Bind(
    std::shared_ptr<const generation::Listener> listener) {
  const std::string& name = listener->config->name;
  const auto found = known_.find(name);
  if (found != known_.end() && found->second->is_static) {
    return InvalidArgument(
        StrCat("listener \"", name,
               "\" is one of the bootstrap's static listeners, which cannot be replaced"));
  }
  const generation::Listener* const newest = Newest(name);
  if (newest != nullptr && *newest->config == *listener->config) return Bound{};
  if (IsStopped(*listener->config)) return Bound{};
  return BindNew(std::move(listener));
}

absl::StatusOr<ListenerDirector::Bound> ListenerDirector::BindNew(
    std::shared_ptr<const generation::Listener> listener) {
  absl::Status secrets_fit;
  ForEachWithSecrets(*listener, [&](const config::FilterChain& chain) {
    secrets_fit.Update(transports_.Check(*chain.transport_socket));
  });
  WEIR_RETURN_IF_ERROR(secrets_fit);
  auto sockets = sockets_.Get(*listener->config);
  if (!sockets.ok()) {
    ++counts_.create_failure;
    return sockets.status();
  }
  return Bound{std::move(listener), *std::move(sockets)};
}

void ListenerDirector::Set(Bound bound) {
  if (bound.listener == nullptr) return;
  const std::string& name = bound.listener->config->name;
  if (const generation::Listener* const newest = Newest(name); newest == nullptr) {
    ++counts_.added;
  } else {
    ++counts_.modified;
    if (OnlyChainsDiffer(*newest->config, *bound.listener->config)) ++counts_.in_place_updated;
  }
  std::unique_ptr<Known>& slot = known_[name];
  if (slot == nullptr) slot = std::make_unique<Known>();
  Known& known = *slot;
  if (known.active != nullptr) {
    bound.listener = ShareChains(std::move(bound.listener), *known.active);
  }
  const std::shared_ptr<const generation::Listener> replaced = std::move(known.waiting);
  known.waiting = std::move(bound.listener);
  known.waiting_sockets = std::move(bound.sockets);
  ++counts_.create_success;
  Subscribe(*known.waiting);
  if (replaced != nullptr) Unsubscribe(*replaced);
  TryWarm(known);
}

void ListenerDirector::Subscribe(const generation::Listener& listener) {
  ForEachWithSecrets(listener, [&](const config::FilterChain& chain) {
    transports_.secrets().Subscribe(chain.transport_socket->secrets());
  });
  ForEachRds(listener, [&](const config::HttpConnectionManager& http) {
    subscriber_.Subscribe(http.rds_name, http.rds_source, RdsStatName(http));
  });
}

void ListenerDirector::Unsubscribe(const generation::Listener& listener) {
  ForEachWithSecrets(listener, [&](const config::FilterChain& chain) {
    transports_.secrets().Unsubscribe(chain.transport_socket->secrets());
  });
  ForEachRds(listener, [&](const config::HttpConnectionManager& http) {
    subscriber_.Unsubscribe(http.rds_name, http.rds_source, RdsStatName(http));
  });
}

std::vector<admin::Waiting> ListenerDirector::Waiting() const {
  std::vector<admin::Waiting> all;
  for (const auto& [name, known] : known_) {
    if (known->waiting == nullptr) continue;
    admin::Waiting waiting{name, {}};
    ForEachRds(*known->waiting, [&](const config::HttpConnectionManager& http) {
      if (!HasRoutes(http.rds_key)) {
        waiting.awaits.push_back(StrCat("route configuration ", http.rds_name));
      }
    });
    ForEachWithSecrets(*known->waiting, [&](const config::FilterChain& chain) {
      transports_.secrets().AddMissing(chain.transport_socket->secrets(), waiting.awaits);
    });
    if (!open_) waiting.awaits.emplace_back("the first clusters");
    all.push_back(std::move(waiting));
  }
  return all;
}

bool ListenerDirector::HasRoutes(const std::string& key) const {
  if (timed_out_.contains(key)) return true;
  // Those that were forgotten are asked for anew.
  return routes_.Find(key) != nullptr && !forgotten_.contains(key);
}

bool ListenerDirector::IsWarm(const generation::Listener& listener) const {
  bool warm = true;
  ForEachRds(listener, [&](const config::HttpConnectionManager& http) {
    warm = warm && HasRoutes(http.rds_key);
  });
  ForEachWithSecrets(listener, [&](const config::FilterChain& chain) {
    warm = warm && transports_.secrets().Settled(chain.transport_socket->secrets());
  });
  return warm;
}

// With the transports that are made of secrets, where they are not there already.
std::shared_ptr<const generation::Listener> ListenerDirector::WithTransports(
    std::shared_ptr<const generation::Listener> listener) {
  std::shared_ptr<generation::Listener> filled;
  ForEachWithSecrets(*listener, [&](const config::FilterChain& chain) {
    if (listener->transports.contains(&chain)) return;
    if (filled == nullptr) filled = std::make_shared<generation::Listener>(*listener);
    filled->transports[&chain] = transports_.MakeOrFail(
        *chain.transport_socket,
        StrCat("listener \"", listener->config->name, "\" filter chain \"", chain.name, "\""));
  });
  return filled != nullptr ? filled : listener;
}

absl::StatusOr<std::function<void()>> ListenerDirector::Renew(const HashSet& keys,
                                                              const config::SecretLookup& secrets) {
  std::vector<std::pair<std::string, std::shared_ptr<const generation::Listener>>> made;
  for (const auto& [name, known] : known_) {
    if (known->active == nullptr) continue;
    std::shared_ptr<generation::Listener> renewed;
    absl::Status status;
    ForEachWithSecrets(*known->active, [&, &of = known->active](const config::FilterChain& chain) {
      if (!NamesAny(chain.transport_socket.get(), keys)) return;
      auto transport = transports_.Make(*chain.transport_socket, secrets);
      status.Update(transport.status());
      if (!transport.ok()) return;
      if (renewed == nullptr) renewed = std::make_shared<generation::Listener>(*of);
      renewed->transports[&chain] = *std::move(transport);
    });
    if (!status.ok()) return Annotate(status, StrCat("listener \"", name, "\""));
    if (renewed != nullptr) made.emplace_back(name, std::move(renewed));
  }
  return [this, made = std::move(made), keys] {
    for (const auto& [name, renewed] : made) {
      known_[name]->active = renewed;
      active_ = active_.Set(name, renewed);
      changed_();
    }
    ApplySecrets(keys);
  };
}

// To the listeners that wait: what they took over from the active version is made with the secrets
// of before.
void ListenerDirector::ApplySecrets(const HashSet& keys) {
  for (auto& [name, known] : known_) {
    if (known->waiting == nullptr) continue;
    auto cleared = std::make_shared<generation::Listener>(*known->waiting);
    ForEachWithSecrets(*known->waiting, [&](const config::FilterChain& chain) {
      if (NamesAny(chain.transport_socket.get(), keys)) cleared->transports.erase(&chain);
    });
    known->waiting = std::move(cleared);
    TryWarm(*known);
  }
}

void ListenerDirector::TryWarm(Known& known) {
  if (!open_ || !IsWarm(*known.waiting)) return;
  const std::shared_ptr<const generation::Listener> before =
      std::exchange(known.active, WithTransports(std::move(known.waiting)));
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

void ListenerDirector::SetRoutes(const std::string& key,
                                 std::shared_ptr<const router::RouteIndex> routes) {
  const auto* const before = routes_.Find(key);
  const uint64_t hash = routes->table().content_hash;
  const bool again = forgotten_.erase(key) > 0;
  const bool same = before != nullptr && hash != 0 && (*before)->table().content_hash == hash;
  if (same && !again) return;
  routes_ = routes_.Set(key, std::move(routes));
  changed_();
  for (auto& [listener_name, known] : known_) {
    if (known->waiting != nullptr) TryWarm(*known);
  }
}

void ListenerDirector::RoutesTimedOut(const std::string& key) {
  timed_out_.insert(key);
  for (auto& [listener_name, known] : known_) {
    if (known->waiting != nullptr) TryWarm(*known);
  }
}

void ListenerDirector::ForgetRoutes(const std::string& key) {
  timed_out_.erase(key);
  if (routes_.Find(key) == nullptr) return;
  forgotten_[key] = loop_.Now() + drain_time_;
  if (!forget_.enabled()) forget_.Enable(drain_time_);
}

void ListenerDirector::DropForgotten() {
  event::MonotonicTime next = event::MonotonicTime::max();
  absl::erase_if(forgotten_, [&](const auto& entry) {
    const auto& [key, until] = entry;
    if (until > loop_.Now()) {
      next = std::min(next, until);
      return false;
    }
    routes_ = routes_.Erase(key);
    return true;
  });
  if (!forgotten_.empty()) forget_.Enable(next - loop_.Now());
  changed_();
}

bool ListenerDirector::IsStopped(const config::Listener& listener) const {
  return stopped_ || (inbound_stopped_ && config::IsInbound(listener));
}

void ListenerDirector::Stop(bool inbound_only) {
  (inbound_only ? inbound_stopped_ : stopped_) = true;
  for (auto& [name, known] : known_) {
    if (known->active != nullptr && IsStopped(*known->active->config) &&
        active_sockets_.erase(name) > 0) {
      ++counts_.stopped;
    }
    if (known->waiting == nullptr || !IsStopped(*known->waiting->config)) continue;
    Unsubscribe(*std::exchange(known->waiting, nullptr));
    known->waiting_sockets.clear();
  }
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
