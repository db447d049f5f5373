#include "source/server/worker.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"

namespace weir::server {
namespace {

// Streams reset for what they hold in one go: more would make a wave of retries.
constexpr size_t kMostResets = 50;

}  // namespace

Worker::Worker(const WorkerPlatform& platform)
    : loop_(platform.loop),
      network_(platform.network),
      registry_(platform.registry),
      drain_time_(platform.drain_time),
      random_(platform.seed),
      generations_(platform.release),
      clusters_({platform.loop, platform.network, random_, blocks_, platform.registry,
                 platform.breakers, platform.release}),
      request_memory_(blocks_),
      shadows_(loop_),
      http_stats_(platform.registry, "http."),
      tcp_stats_(platform.registry, "tcp."),
      route_stats_(platform.registry, "vhost."),
      http2_stats_(platform.registry, "http2."),
      filter_stats_(platform.registry),
      platform_{loop_,          random_,         blocks_,       generations_,
                clusters_,      request_memory_, http_stats_,   tcp_stats_,
                route_stats_,   http2_stats_,    filter_stats_, shadows_,
                codec_options_, date_,           drain_,        overload_},
      inbound_platform_(platform_.With(inbound_drain_, overload_)),
      bypassing_platform_(platform_.With(drain_, no_overload_)),
      bypassing_inbound_platform_(platform_.With(inbound_drain_, no_overload_)),
      next_connection_id_((uint64_t{platform.index} << 48) + 1),
      shutdown_deadline_(platform.loop,
                         [this] {
                           for (auto& listener : retired_) listener->CloseAll(true);
                           sweep_.Cancel();
                           loop_.AtTurnEnd(sweep_);
                         }),
      sweep_([this] {
        std::erase_if(retired_, [](const auto& listener) { return listener->empty(); });
        CheckShutdown();
      }) {
  generations_.Install(std::make_shared<generation::Snapshot>());
  clusters_.Install(generations_.current().clusters);
}

Worker::~Worker() = default;

void Worker::Install(std::shared_ptr<const generation::Snapshot> snapshot, SocketTable sockets) {
  if (stopping_) return;
  // The one before is held until its last user here has gone, and until this function has compared
  // with it.
  generation::WorkerGeneration::Pin before = generations_.PinCurrent();
  clusters_.Install(snapshot->clusters);
  generations_.Install(snapshot);
  using Listeners = PersistentMap<std::shared_ptr<const generation::Listener>>;
  Listeners::ForEachDifference(
      before->listeners, snapshot->listeners,
      [&](const std::string& name, const std::shared_ptr<const generation::Listener>*,
          const std::shared_ptr<const generation::Listener>* after) {
        if (after != nullptr) {
          return InstallListener(name, *after, std::move(sockets[name]));
        }
        const auto found = listeners_.find(name);
        if (found == listeners_.end()) return;
        RetireListener(std::move(found->second));
        listeners_.erase(found);
      });
  LetGoOfUnnamedStats();
}

// What only the generation before has named goes with the next one.
void Worker::LetGoOfUnnamedStats() {
  http_stats_.LetGoOfUnnamed();
  tcp_stats_.LetGoOfUnnamed();
  route_stats_.LetGoOfUnnamed();
}

void Worker::InstallListener(const std::string& name,
                             const std::shared_ptr<const generation::Listener>& listener,
                             std::vector<std::shared_ptr<net::ListenSocket>> sockets) {
  std::unique_ptr<WorkerListener>& mine = listeners_[name];
  if (mine == nullptr) {
    const WorkerListener::Platforms platforms{platform_, inbound_platform_, bypassing_platform_,
                                              bypassing_inbound_platform_};
    mine = std::make_unique<WorkerListener>(platforms, network_, registry_, drain_time_,
                                            next_connection_id_, listener);
    mine->set_connection_limit(limit_);
  }
  mine->Update(listener, std::move(sockets));
}

void Worker::RetireListener(std::unique_ptr<WorkerListener> listener) {
  listener->set_on_empty([this] { loop_.AtTurnEnd(sweep_); });
  listener->Retire();
  retired_.push_back(std::move(listener));
  loop_.AtTurnEnd(sweep_);
}

void Worker::StopListeners(bool inbound_only) {
  for (auto& [name, listener] : listeners_) {
    if (!inbound_only || config::IsInbound(*listener->listener().config)) {
      listener->StopAccepting();
    }
  }
}

void Worker::SetDraining(DrainShares shares) {
  drain_.closing_share = shares.all;
  inbound_drain_.closing_share = std::max(shares.all, shares.inbound);
  for (auto& [name, listener] : listeners_) {
    const bool inbound = config::IsInbound(*listener->listener().config);
    if ((inbound ? inbound_drain_ : drain_).closing_share >= 1) listener->Drain();
  }
}

void Worker::Shutdown(event::Duration deadline, std::function<void()> done) {
  if (stopping_) return shutdown_deadline_.Enable(deadline);
  stopping_ = true;
  shutdown_done_ = std::move(done);
  drain_.closing_share = inbound_drain_.closing_share = 1;
  for (auto& [name, listener] : listeners_) RetireListener(std::move(listener));
  listeners_.clear();
  // What is idle has been told nothing it could still use: it ends now.
  for (auto& listener : retired_) listener->CloseAll(false);
  shutdown_deadline_.Enable(deadline);
  loop_.AtTurnEnd(sweep_);
}

void Worker::CheckShutdown() {
  if (!stopping_ || !retired_.empty() || shutdown_done_ == nullptr) return;
  shutdown_deadline_.Disable();
  // Nobody waits for copies.
  shadows_.AbortAll();
  clusters_.Drain(std::exchange(shutdown_done_, nullptr));
}

void Worker::SetOverload(const proxy::OverloadState& state) {
  overload_ = state;
  for (auto& [name, listener] : listeners_) listener->OnOverloadChange();
}

size_t Worker::ResetHeavyStreams(size_t at_least_bytes) {
  struct Heavy {
    size_t bytes;
    proxy::RequestStream* stream;
  };
  std::vector<Heavy> heavy;
  ForEachConnection([&](const Connection& connection) {
    connection.ForEachRequest([&](proxy::RequestStream& stream, const buffer::Ledger& held) {
      if (held.total() >= at_least_bytes) heavy.push_back({held.total(), &stream});
    });
  });
  const size_t count = std::min(heavy.size(), kMostResets);
  std::partial_sort(heavy.begin(), heavy.begin() + static_cast<ptrdiff_t>(count), heavy.end(),
                    [](const Heavy& a, const Heavy& b) { return a.bytes > b.bytes; });
  for (size_t i = 0; i < count; ++i) heavy[i].stream->Shed();
  return count;
}

WorkerMemory Worker::Memory() const {
  WorkerMemory memory;
  memory.block_bytes_in_use = blocks_.bytes_in_use();
  memory.block_bytes_free = blocks_.bytes_free();
  ForEachConnection([&](const Connection& connection) {
    buffer::Ledger held;
    connection.AddHeld(held);
    memory.downstream.Add(connection.peer(), 1, held);
  });
  clusters_.ForEachHeld(
      [&](const upstream::Host& host, size_t connections, const buffer::Ledger& held) {
        memory.upstream.Add(host.address(), connections, held);
      });
  return memory;
}

size_t Worker::connection_count() const {
  size_t count = 0;
  for (const auto& [name, listener] : listeners_) count += listener->connection_count();
  for (const auto& listener : retired_) count += listener->connection_count();
  return count;
}

std::vector<HostView> Worker::Hosts() {
  std::vector<HostView> hosts;
  clusters_.ForEachUsed([&](upstream::Cluster& cluster) {
    for (const upstream::HostRef& host : cluster.hosts()) {
      hosts.push_back({cluster.config()->get().name, host->address_text(), host->hostname(),
                       host->weight(), host->health(), host->shared_stats()});
    }
  });
  return hosts;
}

}  // namespace weir::server
