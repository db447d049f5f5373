#include "source/upstream/circuit_breaker.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "source/base/check.h"
#include "source/base/hash_map.h"
#include "source/base/mutex.h"
#include "source/base/strings.h"
#include "source/upstream/shared_limit.h"

namespace weir::upstream {

Lease::Lease(std::shared_ptr<SharedLimit> limit)
    : limit_(std::move(limit)), slot_(limit_->AddSlot()) {}

Lease::~Lease() {
  while (taken_ > 0) Give();
  limit_->RemoveSlot(slot_);
}

bool Lease::TryTake() {
  if (!TakeFromReserve(*slot_) && !limit_->Draw(*slot_)) return false;
  ++taken_;
  return true;
}

void Lease::Give() {
  WEIR_CHECK(taken_ > 0, "more given back than taken");
  --taken_;
  if (!GiveToReserve(*slot_, limit_->most_in_reserve())) limit_->Return(1);
}

void Lease::SetWake(std::function<void()> wake) { limit_->SetWake(*slot_, std::move(wake)); }

bool Lease::TakeOrAwait() {
  if (TryTake()) return true;
  limit_->Await(*slot_);
  waiting_ = true;
  // What was given back before the others knew of this one.
  if (!TryTake()) return false;
  StopWaiting();
  return true;
}

void Lease::StopWaiting() {
  if (!waiting_) return;
  waiting_ = false;
  limit_->StopWaiting(*slot_);
}

bool Lease::WantedElsewhere() const { return limit_->waiters() > (waiting_ ? 1u : 0u); }

void ClusterLimits::FollowBudget(const config::RetryBudget& budget,
                                 event::MonotonicTime now) const {
  const bool looks_back = budget.interval.count() > 0 && recent_requests != nullptr;
  const uint64_t recent = looks_back ? recent_requests->Count(now) : 0;
  const uint64_t all = requests->Taken() + pending_requests->Taken() + recent;
  const auto share = static_cast<uint64_t>(budget.percent / 100 * static_cast<double>(all));
  retries->SetLimit(std::max<uint64_t>(share, budget.least));
}

struct BreakerRegistry::State {
  struct Held {
    std::weak_ptr<SharedLimit> connections, pending_requests, requests, retries, pools;
    std::weak_ptr<RecentRequests> recent_requests;
    std::weak_ptr<std::atomic<bool>> membership_reported;
    std::string stat_name;
    bool track_remaining = false;
    std::optional<config::RetryBudget> retry_budget;
    // Nothing where no worker uses the cluster any more.
    std::optional<ClusterLimits> Lock() const {
      ClusterLimits limits{
          connections.lock(), pending_requests.lock(), requests.lock(),           retries.lock(),
          pools.lock(),       recent_requests.lock(),  membership_reported.lock()};
      if (limits.connections == nullptr || limits.pending_requests == nullptr ||
          limits.requests == nullptr || limits.retries == nullptr) {
        return std::nullopt;
      }
      return limits;
    }
  };
  explicit State(uint32_t worker_count) : workers(worker_count) {}

  std::shared_ptr<SharedLimit> Limit(std::weak_ptr<SharedLimit>& held, uint64_t limit) {
    std::shared_ptr<SharedLimit> found = held.lock();
    if (found == nullptr) {
      held = found = std::make_shared<SharedLimit>(limit, workers);
    } else {
      found->SetLimit(limit);
    }
    return found;
  }

  std::shared_ptr<RecentRequests> Recent(std::weak_ptr<RecentRequests>& held,
                                         std::chrono::milliseconds interval) {
    if (interval.count() == 0) return nullptr;
    std::shared_ptr<RecentRequests> found = held.lock();
    if (found == nullptr) {
      held = found = std::make_shared<RecentRequests>(interval);
    } else {
      found->SetInterval(interval);
    }
    return found;
  }

  const uint32_t workers;
  Mutex mutex;
  // By priority; the hosts' by the names of their clusters and addresses.
  HashMap<Held> clusters[2] WEIR_GUARDED_BY(mutex);
  HashMap<std::weak_ptr<SharedLimit>> hosts[2] WEIR_GUARDED_BY(mutex);
  size_t swept_at WEIR_GUARDED_BY(mutex) = 64;
  size_t hosts_swept_at WEIR_GUARDED_BY(mutex) = 64;
};

namespace {

// Lets go, now and then, what no worker uses any more.
template <typename Map, typename Unused>
void Sweep(Map& map, size_t& at_size, Unused unused) {
  if (map.size() < at_size) return;
  absl::erase_if(map, unused);
  at_size = 2 * map.size() + 64;
}

}  // namespace

BreakerRegistry::BreakerRegistry(uint32_t workers) : state_(std::make_unique<State>(workers)) {}
BreakerRegistry::~BreakerRegistry() = default;

ClusterLimits BreakerRegistry::Get(const config::Cluster& cluster, bool high_priority) {
  const config::CircuitBreakers& settings = cluster.BreakersOf(high_priority);
  const MutexLock lock(state_->mutex);
  auto& clusters = state_->clusters[high_priority ? 1 : 0];
  Sweep(clusters, state_->swept_at,
        [](const auto& entry) { return entry.second.connections.expired(); });
  State::Held& held = clusters[cluster.name];
  ClusterLimits limits;
  held.stat_name = cluster.alt_stat_name->empty() ? cluster.name : *cluster.alt_stat_name;
  held.track_remaining = settings.track_remaining;
  held.retry_budget = settings.retry_budget;
  limits.connections = state_->Limit(held.connections, settings.max_connections);
  limits.pending_requests = state_->Limit(held.pending_requests, settings.max_pending_requests);
  limits.requests = state_->Limit(held.requests, settings.max_requests);
  limits.retries = state_->Limit(held.retries, settings.least_retries());
  if (settings.max_connection_pools.has_value()) {
    limits.pools = state_->Limit(held.pools, *settings.max_connection_pools);
  }
  if (settings.retry_budget.has_value()) {
    limits.recent_requests = state_->Recent(held.recent_requests, settings.retry_budget->interval);
  }
  limits.membership_reported = held.membership_reported.lock();
  if (limits.membership_reported == nullptr) {
    limits.membership_reported = std::make_shared<std::atomic<bool>>(false);
    held.membership_reported = limits.membership_reported;
  }
  return limits;
}

std::shared_ptr<SharedLimit> BreakerRegistry::ConnectionsTo(const std::string& host,
                                                            const config::Cluster& cluster,
                                                            bool high_priority) {
  const std::optional<uint32_t> most = cluster.BreakersOf(high_priority).max_connections_to_host;
  if (!most.has_value()) return nullptr;
  const MutexLock lock(state_->mutex);
  auto& hosts = state_->hosts[high_priority ? 1 : 0];
  Sweep(hosts, state_->hosts_swept_at, [](const auto& entry) { return entry.second.expired(); });
  return state_->Limit(hosts[StrCat(cluster.name, "|", host)], *most);
}

namespace {

BreakerReading::Limit ReadLimit(SharedLimit& limit) { return {limit.Taken(), limit.limit()}; }

}  // namespace

std::vector<BreakerReading> BreakerRegistry::Read(event::MonotonicTime now) const {
  const MutexLock lock(state_->mutex);
  std::vector<BreakerReading> readings;
  for (const bool high : {false, true}) {
    for (const auto& [name, held] : state_->clusters[high ? 1 : 0]) {
      const std::optional<ClusterLimits> limits = held.Lock();
      if (!limits.has_value()) continue;
      if (held.retry_budget.has_value()) limits->FollowBudget(*held.retry_budget, now);
      readings.push_back(
          {held.stat_name, high, held.track_remaining, ReadLimit(*limits->connections),
           ReadLimit(*limits->pending_requests), ReadLimit(*limits->requests),
           ReadLimit(*limits->retries),
           limits->pools == nullptr ? std::nullopt : std::optional(ReadLimit(*limits->pools))});
    }
  }
  return readings;
}

}  // namespace weir::upstream
