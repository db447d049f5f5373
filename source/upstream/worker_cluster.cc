#include "source/upstream/worker_cluster.h"

#include <algorithm>
#include <string>
#include <utility>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/upstream/connection_settings.h"
#include "source/upstream/deferred.h"
#include "source/upstream/tcp_upstream.h"

namespace weir::upstream {
namespace {

// Names that requests may bring for the counters of one cluster.
constexpr size_t kMostAltStats = 100;

}  // namespace

WorkerCluster::Priority::Priority(const ClusterPlatform& platform, ClusterStats& stats,
                                  PoolOwner& owner, const ClusterLimits& cluster_limits)
    : limits(cluster_limits),
      leases(limits),
      context{platform.loop, platform.random, platform.network, platform.blocks, stats, leases,
              owner},
      displaced(context) {}

WorkerCluster::WorkerCluster(const ClusterPlatform& platform, const config::ClusterEntry& entry,
                             std::function<void(WorkerCluster&)> ended)
    : platform_(platform),
      ended_(std::move(ended)),
      config_(entry.config),
      endpoints_(entry.endpoints),
      transport_(entry.transport),
      stats_(platform.stats, stats::Scope{"cluster.", config::StatName(*entry.config)}),
      hosts_(platform.random),
      turn_end_([this] { OnTurnEnd(); }) {
  PriorityOf(false);
  UpdateHosts(endpoints_.get());
}

WorkerCluster::~WorkerCluster() {
  pools_.clear();
  retired_.clear();
  if (reports_membership_) membership_reported_->store(false);
  if (platform_.release == nullptr) return;
  platform_.release(std::move(config_));
  if (endpoints_ != nullptr) platform_.release(std::move(endpoints_));
  if (transport_ != nullptr) platform_.release(std::move(transport_));
}

AltStats* WorkerCluster::alt_stats(std::string_view name) {
  const auto found = alt_stats_.find(name);
  if (found != alt_stats_.end()) return &**found->second;
  if (alt_stats_.size() == kMostAltStats) {
    stats_->upstream_rq_alt_stat_overflow.Inc();
    return nullptr;
  }
  auto block = std::make_unique<stats::Block<AltStats>>(
      platform_.stats, stats::Scope{"cluster.", StrCat(config::StatName(*config_), ".",
                                                       config::StatName(std::string(name)))});
  return &**alt_stats_.emplace(name, std::move(block)).first->second;
}

http::h2::Stats& WorkerCluster::Http2Stats() {
  if (http2_stats_ == nullptr) {
    http2_stats_ = std::make_unique<stats::Block<http::h2::Stats>>(
        platform_.stats, stats::Scope{"cluster.", config::StatName(*config_), "http2."});
  }
  return **http2_stats_;
}

WorkerCluster::Priority& WorkerCluster::PriorityOf(bool high) {
  std::unique_ptr<Priority>& priority = priorities_[high ? 1 : 0];
  if (priority != nullptr) return *priority;
  const ClusterLimits limits = platform_.breakers.Get(*config_, high);
  if (!high) membership_reported_ = limits.membership_reported;
  priority = std::make_unique<Priority>(platform_, *stats_, static_cast<PoolOwner&>(*this), limits);
  priority->leases.connections.SetWake(
      [loop = &platform_.loop, alive = std::weak_ptr<bool>(alive_), this, high] {
        loop->Post([alive, this, high] {
          if (alive.lock() != nullptr) OnWake(high);
        });
      });
  return *priority;
}

net::TransportStats& WorkerCluster::transport_stats() {
  if (transport_stats_ == nullptr) {
    transport_stats_ = std::make_unique<stats::Block<net::TransportStats>>(
        platform_.stats, stats::Scope{"cluster.", config::StatName(*config_), "ssl."});
  }
  return **transport_stats_;
}

const std::shared_ptr<const ConnectionSettings>& WorkerCluster::Settings() {
  if (settings_ == nullptr) settings_ = MakeConnectionSettings(*config_, transport_);
  return settings_;
}

bool WorkerCluster::Update(const config::ClusterEntry& entry) {
  if (entry.config->alt_stat_name != config_->alt_stat_name) return false;
  const std::shared_ptr<const config::Cluster> before = std::exchange(config_, entry.config);
  std::shared_ptr<const config::Endpoints> endpoints_before =
      std::exchange(endpoints_, entry.endpoints);
  if (before != config_) {
    for (bool high : {false, true}) {
      if (priorities_[high ? 1 : 0] == nullptr) continue;
      platform_.breakers.Get(*config_, high);
    }
  }
  UpdateSettings(*before, entry.transport);
  UpdateHosts(endpoints_.get());
  if (platform_.release != nullptr) {
    platform_.release(before);
    if (endpoints_before != nullptr) platform_.release(std::move(endpoints_before));
  }
  return true;
}

// Another transport for an equal configuration is one with newer secrets: connections that stand
// are left alone.
void WorkerCluster::UpdateSettings(const config::Cluster& before,
                                   std::shared_ptr<const net::TransportSocketFactory> transport) {
  const auto transport_before = std::exchange(transport_, std::move(transport));
  if (!HaveEqualConnections(before, *config_)) {
    settings_.reset();
    RetireAllPools();
  } else if (transport_before != transport_) {
    settings_.reset();
    for (auto& pool : pools_) pool->UseForNewConnections(Settings());
  }
  if (platform_.release != nullptr && transport_before != nullptr) {
    platform_.release(transport_before);
  }
}

void WorkerCluster::UpdateHosts(const config::Endpoints* endpoints) {
  const HostSet::Changes changes = hosts_.Update(*config_, endpoints);
  const bool other_members = changes.added > 0 || !changes.removed.empty();
  for (const auto& host : changes.removed) RetirePoolsOf(*host);
  if (other_members && config_->close_connections_on_host_set_change) RetireAllPools();
  ReportMembership(changes);
}

void WorkerCluster::ReportMembership(const HostSet::Changes& changes) {
  if (!reports_membership_) {
    bool expected = false;
    reports_membership_ = membership_reported_->compare_exchange_strong(expected, true);
    if (!reports_membership_) return;
  }
  stats_->membership_total.Set(static_cast<int64_t>(hosts_.all().size()));
  stats_->membership_healthy.Set(static_cast<int64_t>(hosts_.healthy()));
  stats_->membership_degraded.Set(static_cast<int64_t>(hosts_.degraded()));
  stats_->update_success.Inc();
  if (changes.added > 0 || !changes.removed.empty()) stats_->membership_change.Inc();
  if (!changes.anything) stats_->update_no_rebuild.Inc();
  if (hosts_.all().empty()) stats_->update_empty.Inc();
}

void WorkerCluster::RetirePoolsOf(Host& host) {
  for (Pool*& pool : host.pools()) {
    if (pool == nullptr) continue;
    const auto at = std::find_if(pools_.begin(), pools_.end(),
                                 [pool](const auto& owned) { return owned.get() == pool; });
    retired_.push_back(std::move(*at));
    pools_.erase(at);
    pool->Retire(PriorityOf(pool->high_priority()).displaced);
    pool = nullptr;
  }
  platform_.loop.AtTurnEnd(turn_end_);
}

void WorkerCluster::RetireAllPools() {
  for (auto& pool : pools_) {
    pool->host()->pools()[pool->index()] = nullptr;
    retired_.push_back(std::move(pool));
  }
  pools_.clear();
  for (auto& pool : retired_) pool->Retire(PriorityOf(pool->high_priority()).displaced);
  platform_.loop.AtTurnEnd(turn_end_);
}

void WorkerCluster::Drain() {
  draining_ = true;
  if (reports_membership_) {
    // The next cluster of this name takes over.
    stats_->membership_total.Set(0);
    stats_->membership_healthy.Set(0);
    stats_->membership_degraded.Set(0);
    membership_reported_->store(false);
    reports_membership_ = false;
  }
  for (auto& pool : pools_) pool->Drain();
  platform_.loop.AtTurnEnd(turn_end_);
}

const HostRef* WorkerCluster::PickHost(const StreamOptions& options) {
  if (hosts_.in_panic()) stats_->lb_healthy_panic.Inc();
  const HostRef* host = hosts_.Pick(options.random, options.previous_hosts, options.host_attempts);
  if (host == nullptr) stats_->upstream_cx_none_healthy.Inc();
  return host;
}

Start WorkerCluster::StartStream(StreamRequest& request, const StreamOptions& options) {
  WEIR_DCHECK(!request.pending(), "the request waits already");
  request.downstream_http2_ = options.downstream_protocol == http::Protocol::kHttp2;
  request.high_priority_ = options.high_priority;
  request.raw_ = options.raw;
  return StartOn(PickHost(options), request);
}

Start WorkerCluster::StartOn(const HostRef* host, StreamRequest& request) {
  request.stream_ = nullptr;
  if (host == nullptr) {
    request.error_ = {.kind = http::ErrorKind::kNoHealthyHost,
                      .side = http::Side::kUpstream,
                      .unprocessed = true,
                      .detail = "no_healthy_upstream"};
    return Start::kFailed;
  }
  request.host_ = *host;
  return PoolOf(*host, PoolIndexFor(request)).StartStream(request);
}

// Asked for each start: a request that a change of the cluster has displaced goes by the protocol
// of today.
uint8_t WorkerCluster::PoolIndexFor(const StreamRequest& request) const {
  const bool http2 = config_->protocol == config::Cluster::Protocol::kDownstream
                         ? request.downstream_http2_
                         : config_->protocol == config::Cluster::Protocol::kHttp2;
  const Pool::Kind kind = request.raw_ ? Pool::Kind::kRaw
                          : http2      ? Pool::Kind::kHttp2
                                       : Pool::Kind::kHttp1;
  return Pool::IndexOf(kind, request.high_priority_);
}

Pool& WorkerCluster::PoolOf(const HostRef& host, uint8_t index) {
  Pool*& pool = host->pools()[index];
  if (pool == nullptr) {
    PoolContext& context = PriorityOf((index & 1) != 0).context;
    pools_.push_back(std::make_unique<Pool>(context, host, index, Settings()));
    pool = pools_.back().get();
  }
  return *pool;
}

void WorkerCluster::PlaceDisplaced() {
  for (auto& priority : priorities_) {
    if (priority == nullptr) continue;
    // Those that are here now: a callback may bring others.
    for (size_t n = priority->displaced.size(); n > 0 && !priority->displaced.empty(); --n) {
      StreamRequest& request = priority->displaced.Pop();
      switch (StartOn(PickHost({.random = platform_.random.Next()}), request)) {
        case Start::kReady:
          request.handler_.OnStreamReady();
          break;
        case Start::kFailed:
          request.handler_.OnStreamFailed(request.error_);
          break;
        case Start::kPending:
          break;
      }
    }
  }
}

Start WorkerCluster::StartTcp(TcpRequestHandler& handler, uint64_t random,
                              std::unique_ptr<TcpConnection>* connection,
                              http::StreamError* error) {
  const HostRef* host = PickHost({.random = random});
  if (host == nullptr) {
    *error = {.kind = http::ErrorKind::kNoHealthyHost,
              .side = http::Side::kUpstream,
              .unprocessed = true,
              .detail = "no_healthy_upstream"};
    return Start::kFailed;
  }
  PoolContext& context = PriorityOf(false).context;
  Lease& lease = context.leases.connections;
  if (!lease.TryTake() && !(CloseIdle(nullptr, false) && lease.TryTake())) {
    stats_->upstream_cx_overflow.Inc();
    *error = {.kind = http::ErrorKind::kOverflow,
              .side = http::Side::kUpstream,
              .unprocessed = true,
              .detail = "overflow"};
    return Start::kFailed;
  }
  ++tcp_connections_;
  *connection = std::make_unique<TcpUpstream>(context, *host, handler, *Settings());
  return Start::kPending;
}

bool WorkerCluster::BeginRetry(bool high_priority) {
  Priority& priority = PriorityOf(high_priority);
  const auto& budget = config_->BreakersOf(high_priority).retry_budget;
  if (budget.has_value()) priority.limits.FollowBudget(*budget);
  if (!priority.leases.retries.TryTake()) {
    stats_->upstream_rq_retry_overflow.Inc();
    return false;
  }
  ++retries_;
  return true;
}

void WorkerCluster::EndRetry(bool high_priority) {
  --retries_;
  PriorityOf(high_priority).leases.retries.Give();
  OnLessUse();
}

bool WorkerCluster::CloseIdleElsewhere(const Pool& asking) {
  return CloseIdle(&asking, asking.high_priority());
}

bool WorkerCluster::CloseIdle(const Pool* except, bool high_priority) {
  for (auto& pool : pools_) {
    if (pool.get() != except && pool->high_priority() == high_priority && pool->CloseOneIdle()) {
      return true;
    }
  }
  return false;
}

void WorkerCluster::OnLessUse() {
  const bool waiting =
      std::any_of(priorities_.begin(), priorities_.end(), [](const auto& priority) {
        return priority != nullptr && priority->leases.connections.waiting();
      });
  if (draining_ || waiting || !retired_.empty()) platform_.loop.AtTurnEnd(turn_end_);
}

void WorkerCluster::OnTcpEnded() {
  --tcp_connections_;
  OnLessUse();
}

// Another worker waits for a connection, or one was given back for which this worker waits.
void WorkerCluster::OnWake(bool high_priority) {
  Lease& lease = PriorityOf(high_priority).leases.connections;
  if (lease.WantedElsewhere()) CloseIdle(nullptr, high_priority);
  if (!lease.waiting()) return;
  for (size_t i = 0; i < pools_.size(); ++i) {
    if (pools_[i]->high_priority() == high_priority && pools_[i]->starving()) {
      pools_[i]->OpenConnections();
    }
  }
  StopWaitingIfServed(high_priority);
}

void WorkerCluster::StopWaitingIfServed(bool high_priority) {
  const bool starving = std::any_of(pools_.begin(), pools_.end(), [&](const auto& pool) {
    return pool->high_priority() == high_priority && pool->starving();
  });
  if (!starving) PriorityOf(high_priority).leases.connections.StopWaiting();
}

void WorkerCluster::OnTurnEnd() {
  PlaceDisplaced();
  for (auto& pool : retired_) {
    if (pool->unused()) DestroyAtTurnEnd(platform_.loop, std::move(pool));
  }
  std::erase(retired_, nullptr);
  for (bool high : {false, true}) {
    const auto& priority = priorities_[high ? 1 : 0];
    if (priority != nullptr && priority->leases.connections.waiting()) StopWaitingIfServed(high);
  }
  if (draining_ && !InUse()) ended_(*this);
}

bool WorkerCluster::InUse() const {
  const auto used = [](const auto& pool) { return !pool->unused(); };
  const auto has_displaced = [](const auto& priority) {
    return priority != nullptr && !priority->displaced.empty();
  };
  return tcp_connections_ > 0 || retries_ > 0 || !retired_.empty() ||
         std::any_of(pools_.begin(), pools_.end(), used) ||
         std::any_of(priorities_.begin(), priorities_.end(), has_displaced);
}

}  // namespace weir::upstream
