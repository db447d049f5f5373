#include "source/upstream/circuit_breaker.h"

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

struct BreakerRegistry::State {
  struct Held {
    std::weak_ptr<SharedLimit> connections, pending_requests, requests, retries;
    std::weak_ptr<std::atomic<bool>> membership_reported;
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

ClusterLimits BreakerRegistry::Get(std::string_view cluster, bool high_priority,
                                   const config::CircuitBreakers& settings) {
  const MutexLock lock(state_->mutex);
  auto& clusters = state_->clusters[high_priority ? 1 : 0];
  if (clusters.size() >= state_->swept_at) {
    // Those of clusters that no worker uses any more.
    absl::erase_if(clusters, [](const auto& entry) { return entry.second.connections.expired(); });
    state_->swept_at = 2 * clusters.size() + 64;
  }
  State::Held& held = clusters[std::string(cluster)];
  ClusterLimits limits;
  limits.connections = state_->Limit(held.connections, settings.max_connections);
  limits.pending_requests = state_->Limit(held.pending_requests, settings.max_pending_requests);
  limits.requests = state_->Limit(held.requests, settings.max_requests);
  limits.retries = state_->Limit(held.retries, settings.max_retries);
  limits.membership_reported = held.membership_reported.lock();
  if (limits.membership_reported == nullptr) {
    limits.membership_reported = std::make_shared<std::atomic<bool>>(false);
    held.membership_reported = limits.membership_reported;
  }
  return limits;
}

}  // namespace weir::upstream
