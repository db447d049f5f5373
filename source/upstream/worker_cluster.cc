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

bool AllOfThem(const Pool&) { return true; }

http::StreamError NoHealthyHost() {
  return {.kind = http::ErrorKind::kNoHealthyHost,
          .side = http::Side::kUpstream,
          .unprocessed = true,
          .detail = "no_healthy_upstream"};
}

bool Contains(const HostList& hosts, const HostRef& host) {
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

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
      held_config_(MakeLocal<HeldConfig>(entry.config)),
      endpoints_(entry.endpoints),
      transports_(entry.transports),
      stats_(platform.stats, stats::Scope{"cluster.", config::StatName(*entry.config)}),
      membership_(platform.stats, *stats_),
      hosts_(platform.random),
      turn_end_([this] { OnTurnEnd(); }) {
  tells_of_downstream_ = TellsOfDownstream(transports_.get());
  PriorityOf(false);
  UpdateHosts(endpoints_.get());
}

WorkerCluster::~WorkerCluster() {
  pools_.clear();
  retired_.clear();
  if (platform_.release == nullptr) return;
  platform_.release(std::move(config_));
  if (endpoints_ != nullptr) platform_.release(std::move(endpoints_));
  if (transports_ != nullptr) platform_.release(std::move(transports_));
}

WorkerCluster::Priority& WorkerCluster::PriorityOf(bool high) {
  std::unique_ptr<Priority>& priority = priorities_[high ? 1 : 0];
  if (priority != nullptr) return *priority;
  const ClusterLimits limits = platform_.breakers.Get(*config_, high);
  if (!high) membership_.SetClaim(limits.membership_reported);
  priority = std::make_unique<Priority>(platform_, *stats_, static_cast<PoolOwner&>(*this), limits);
  priority->leases.connections.SetWake(
      [loop = &platform_.loop, alive = std::weak_ptr<bool>(alive_), this, high] {
        loop->Post([alive, this, high] {
          if (alive.lock() != nullptr) OnWake(high);
        });
      });
  return *priority;
}

const std::shared_ptr<const ConnectionSettings>& WorkerCluster::SettingsFor(const Host& host) {
  const size_t transport = host.transport();
  if (settings_.size() <= transport) settings_.resize(transport + 1);
  std::shared_ptr<const ConnectionSettings>& settings = settings_[transport];
  if (settings == nullptr) {
    settings = MakeConnectionSettings(*config_,
                                      transports_ == nullptr ? nullptr : (*transports_)[transport]);
  }
  return settings;
}

bool WorkerCluster::Update(const config::ClusterEntry& entry) {
  if (entry.config->alt_stat_name != config_->alt_stat_name) return false;
  const std::shared_ptr<const config::Cluster> before = std::exchange(config_, entry.config);
  std::shared_ptr<const config::Endpoints> endpoints_before =
      std::exchange(endpoints_, entry.endpoints);
  UpdateSettings(*before, entry.transports);
  if (before != config_) {
    held_config_ = MakeLocal<HeldConfig>(config_);
    UpdateLimits();
  }
  UpdateHosts(endpoints_.get());
  if (platform_.release != nullptr) {
    platform_.release(before);
    if (endpoints_before != nullptr) platform_.release(std::move(endpoints_before));
  }
  return true;
}

// Where it has changed what is counted, every pool was retired.
void WorkerCluster::UpdateLimits() {
  for (bool high : {false, true}) {
    const auto& priority = priorities_[high ? 1 : 0];
    if (priority == nullptr) continue;
    priority->limits = platform_.breakers.Get(*config_, high);
    if ((priority->limits.pools == nullptr) != (priority->leases.pools == nullptr)) {
      priority->leases.CountPools(priority->limits);
    }
    priority->leases.CountRecent(priority->limits);
  }
  for (const auto& pool : pools_) {
    platform_.breakers.ConnectionsTo(pool->host()->address_text(), *config_, pool->high_priority());
  }
}

// Other transports for an equal configuration are those with newer secrets: connections that stand
// are left alone.
void WorkerCluster::UpdateSettings(const config::Cluster& before,
                                   std::shared_ptr<const config::Transports> transports) {
  const auto transports_before = std::exchange(transports_, std::move(transports));
  tells_of_downstream_ = TellsOfDownstream(transports_.get());
  if (!HaveEqualConnections(before, *config_)) {
    settings_.clear();
    RetirePools(AllOfThem);
  } else if (transports_before != transports_) {
    settings_.clear();
    for (auto& pool : pools_) pool->UseForNewConnections(SettingsFor(*pool->host()));
  }
  if (platform_.release != nullptr && transports_before != nullptr) {
    platform_.release(transports_before);
  }
}

void WorkerCluster::UpdateHosts(const config::Endpoints* endpoints) {
  const HostSet::Changes changes = hosts_.Update(*config_, endpoints);
  const bool other_members = changes.added > 0 || !changes.removed.empty();
  if (!changes.removed.empty()) {
    RetirePools([&](const Pool& pool) { return Contains(changes.removed, pool.host()); });
  }
  for (auto& pool : pools_) {
    if (!Contains(changes.added_or_moved, pool->host())) continue;
    pool->UseForNewConnections(SettingsFor(*pool->host()));
  }
  if (other_members && config_->close_connections_on_host_set_change) RetirePools(AllOfThem);
  membership_.Report(*config_, hosts_, changes);
}

void WorkerCluster::Drain() {
  draining_ = true;
  membership_.End();
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
  request.downstream_ = options.downstream;
  request.server_name_ = options.server_name;
  return StartOn(PickHost(options), request);
}

Start WorkerCluster::StartOn(const HostRef* host, StreamRequest& request) {
  request.stream_ = nullptr;
  if (host == nullptr) {
    request.error_ = NoHealthyHost();
    return Start::kFailed;
  }
  request.host_ = *host;
  const uint8_t index = PoolIndexFor(request);
  Pool* const pool = has_keyed_pools()
                         ? PoolFor(*host, index,
                                   PurposeOf(*config_, *SettingsFor(**host), request.downstream_,
                                             request.server_name_))
                         : PoolOf(*host, index);
  if (pool != nullptr) return pool->StartStream(request);
  request.error_ = NoHealthyHost();
  return Start::kFailed;
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

Start WorkerCluster::StartTcp(TcpRequestHandler& handler, const StreamOptions& options,
                              std::unique_ptr<TcpConnection>* connection,
                              http::StreamError* error) {
  const HostRef* host = PickHost(options);
  if (host == nullptr) {
    *error = NoHealthyHost();
    return Start::kFailed;
  }
  PoolContext& context = PriorityOf(false).context;
  Lease& lease = context.leases.connections;
  std::unique_ptr<Lease> of_host;
  if (auto limit = platform_.breakers.ConnectionsTo((*host)->address_text(), *config_, false)) {
    of_host = std::make_unique<Lease>(std::move(limit));
  }
  const bool host_is_full = of_host != nullptr && !of_host->TryTake();
  if (host_is_full || (!lease.TryTake() && !(CloseIdle(nullptr, false) && lease.TryTake()))) {
    stats_->upstream_cx_overflow.Inc();
    *error = {.kind = http::ErrorKind::kOverflow,
              .side = http::Side::kUpstream,
              .unprocessed = true,
              .detail = "overflow"};
    return Start::kFailed;
  }
  ++tcp_connections_;
  const ConnectionSettings& settings = *SettingsFor(**host);
  *connection = std::make_unique<TcpUpstream>(context, *host, handler, settings,
                                              PurposeOf(*config_, settings, options.downstream, {}),
                                              std::move(of_host));
  return Start::kPending;
}

bool WorkerCluster::BeginRetry(bool high_priority) {
  Priority& priority = PriorityOf(high_priority);
  const auto& budget = config_->BreakersOf(high_priority).retry_budget;
  if (budget.has_value()) priority.limits.FollowBudget(*budget, platform_.loop.Now());
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
        return priority != nullptr && (priority->leases.connections.waiting() ||
                                       priority->context.pools_awaiting_hosts > 0);
      });
  if (draining_ || waiting || !retired_.empty()) platform_.loop.AtTurnEnd(turn_end_);
}

void WorkerCluster::OnUnused(Pool& pool) {
  // Others serve again and again; this one serves for one purpose, which may be over.
  if (pool.key().empty()) return;
  has_unused_ = true;
  platform_.loop.AtTurnEnd(turn_end_);
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
  if (std::exchange(has_unused_, false)) {
    RetirePools([](const Pool& pool) { return !pool.key().empty() && pool.unused(); });
  }
  for (auto& pool : retired_) {
    if (pool->unused()) DestroyAtTurnEnd(platform_.loop, std::move(pool));
  }
  std::erase(retired_, nullptr);
  for (bool high : {false, true}) {
    const auto& priority = priorities_[high ? 1 : 0];
    if (priority == nullptr) continue;
    if (priority->leases.connections.waiting()) StopWaitingIfServed(high);
    if (priority->context.pools_awaiting_hosts == 0) continue;
    for (auto& pool : pools_) pool->StopAwaitingHost();
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
