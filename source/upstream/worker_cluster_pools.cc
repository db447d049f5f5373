// The pools of a WorkerCluster: how one is found or made, and how they end.

#include <algorithm>
#include <string>
#include <utility>

#include "source/base/strings.h"
#include "source/upstream/connection_settings.h"
#include "source/upstream/worker_cluster.h"

namespace weir::upstream {

bool WorkerCluster::has_keyed_pools() const {
  return config_->names->any() || tells_of_downstream_;
}

// Asked for each start: a request that a change of the cluster has displaced goes by the protocol
// of today.
uint8_t WorkerCluster::PoolIndexFor(const StreamRequest& request) const {
  return Pool::IndexOf(KindFor(config_->protocol, request.downstream_http2_, request.raw_),
                       request.high_priority_);
}

Pool* WorkerCluster::PoolOf(const HostRef& host, uint8_t index) {
  Pool*& pool = host->pools()[index];
  if (pool == nullptr) pool = AddPool(host, index, {});
  return pool;
}

Pool* WorkerCluster::PoolFor(const HostRef& host, uint8_t index, net::ConnectionPurpose purpose) {
  const std::string key = purpose.Key();
  if (key.empty()) return PoolOf(host, index);
  std::string whole = StrCat(host->address_text(), "|", index, "|", key);
  if (const auto found = keyed_.find(whole); found != keyed_.end()) return found->second;
  Pool* const pool = AddPool(host, index, {.key = whole, .purpose = std::move(purpose)});
  if (pool != nullptr) keyed_.emplace(std::move(whole), pool);
  return pool;
}

Pool* WorkerCluster::AddPool(const HostRef& host, uint8_t index, Pool::Keyed keyed) {
  const bool high = (index & 1) != 0;
  Priority& priority = PriorityOf(high);
  Lease* const counted = priority.leases.pools.get();
  if (counted != nullptr && !counted->TryTake() && !(RetireIdlePool(high) && counted->TryTake())) {
    stats_->upstream_cx_pool_overflow.Inc();
    return nullptr;
  }
  pools_.push_back(std::make_unique<Pool>(
      priority.context, host, index, SettingsFor(*host),
      platform_.breakers.ConnectionsTo(host->address_text(), *config_, high), std::move(keyed)));
  return pools_.back().get();
}

bool WorkerCluster::RetireIdlePool(bool high_priority) {
  const auto idle = std::find_if(pools_.begin(), pools_.end(), [&](const auto& pool) {
    return pool->high_priority() == high_priority && !pool->busy();
  });
  if (idle == pools_.end()) return false;
  RetirePools([chosen = idle->get()](const Pool& pool) { return &pool == chosen; });
  return true;
}

void WorkerCluster::RetirePools(const std::function<bool(const Pool&)>& which) {
  for (auto& pool : pools_) {
    if (!which(*pool)) continue;
    Unlist(*pool);
    if (Lease* const counted = PriorityOf(pool->high_priority()).leases.pools.get()) {
      counted->Give();
    }
    retired_.push_back(std::move(pool));
  }
  std::erase(pools_, nullptr);
  for (auto& pool : retired_) pool->Retire(PriorityOf(pool->high_priority()).displaced);
  platform_.loop.AtTurnEnd(turn_end_);
}

// No request finds it any more.
void WorkerCluster::Unlist(Pool& pool) {
  if (pool.key().empty()) {
    pool.host()->pools()[pool.index()] = nullptr;
  } else {
    keyed_.erase(pool.key());
  }
}

}  // namespace weir::upstream
