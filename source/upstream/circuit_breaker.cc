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

void ClusterLimits::FollowBudget(const config::RetryBudget& budget) const {
  const uint64_t busy = requests->Taken() + pending_requests->Taken();
  const auto share = static_cast<uint64_t>(budget.percent / 100 * static_cast<double>(busy));
  retries->SetLimit(std::max<uint64_t>(share, budget.least));
}

struct BreakerRegistry::State {
  struct Held {
    std::weak_ptr<SharedLimit> connections, pending_requests, requests, retries;
    std::weak_ptr<std::atomic<bool>> membership_reported;
    std::string stat_name;
    bool track_remaining = false;
    std::optional<config::RetryBudget> retry_budget;
    // Nothing where no worker uses the cluster any more.
    std::optional<ClusterLimits> Lock() const {
      ClusterLimits limits{connections.lock(), pending_requests.lock(), requests.lock(),
                           retries.lock(), membership_reported.lock()};
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

  const uint32_t workers;
  Mutex mutex;
  HashMap<Held> clusters[2] WEIR_GUARDED_BY(mutex);  // By priority.
  size_t swept_at WEIR_GUARDED_BY(mutex) = 64;
};

BreakerRegistry::BreakerRegistry(uint32_t workers) : state_(std::make_unique<State>(workers)) {}
BreakerRegistry::~BreakerRegistry() = default;

ClusterLimits BreakerRegistry::Get(const config::Cluster& cluster, bool high_priority) {
  const config::CircuitBreakers& settings = cluster.BreakersOf(high_priority);
  const MutexLock lock(state_->mutex);
  auto& clusters = state_->clusters[high_priority ? 1 : 0];
  if (clusters.size() >= state_->swept_at) {
    // Those of clusters that no worker uses any more.
    absl::erase_if(clusters, [](const auto& entry) { return entry.second.connections.expired(); });
    state_->swept_at = 2 * clusters.size() + 64;
  }
  State::Held& held = clusters[cluster.name];
  ClusterLimits limits;
  held.stat_name = cluster.alt_stat_name->empty() ? cluster.name : *cluster.alt_stat_name;
  held.track_remaining = settings.track_remaining;
  held.retry_budget = settings.retry_budget;
  limits.connections = state_->Limit(held.connections, settings.max_connections);
  limits.pending_requests = state_->Limit(held.pending_requests, settings.max_pending_requests);
  limits.requests = state_->Limit(held.requests, settings.max_requests);
  limits.retries = state_->Limit(held.retries, settings.least_retries());
  limits.membership_reported = held.membership_reported.lock();
  if (limits.membership_reported == nullptr) {
    limits.membership_reported = std::make_shared<std::atomic<bool>>(false);
    held.membership_reported = limits.membership_reported;
  }
  return limits;
}

namespace {

BreakerReading::Limit ReadLimit(SharedLimit& limit) { return {limit.Taken(), limit.limit()}; }

}  // namespace

std::vector<BreakerReading> BreakerRegistry::Read() const {
  const MutexLock lock(state_->mutex);
  std::vector<BreakerReading> readings;
  for (const bool high : {false, true}) {
    for (const auto& [name, held] : state_->clusters[high ? 1 : 0]) {
      const std::optional<ClusterLimits> limits = held.Lock();
      if (!limits.has_value()) continue;
      if (held.retry_budget.has_value()) limits->FollowBudget(*held.retry_budget);
      readings.push_back({held.stat_name, high, held.track_remaining,
                          ReadLimit(*limits->connections), ReadLimit(*limits->pending_requests),
                          ReadLimit(*limits->requests), ReadLimit(*limits->retries)});
    }
  }
  return readings;
}

}  // namespace weir::upstream
