#include "source/server/server.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/server/breaker_stats.h"
#include "source/server/name_policy.h"
#include "source/server/server_stats.h"

namespace weir::server {
namespace {

std::vector<DnsSpread::Seat> DnsSeats(const std::vector<WorkerSeat>& workers) {
  std::vector<DnsSpread::Seat> seats;
  for (const WorkerSeat& worker : workers) seats.push_back({worker.loop, worker.resolver});
  return seats;
}

}  // namespace

struct Server::Stats {
  explicit Stats(stats::Registry& registry)
      : server(registry, stats::Scope{"server.", ""}),
        clusters(registry, stats::Scope{"cluster_manager.", ""}),
        listeners(registry, stats::Scope{"listener_manager.", ""}) {}
  stats::Block<ServerStats> server;
  stats::Block<ClusterDirectorStats> clusters;
  stats::Block<ListenerDirectorStats> listeners;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const config::Bootstrap& bootstrap,
                                                       const ServerPlatform& platform,
                                                       const ServerExtensions& extensions,
                                                       ServerOptions options) {
  std::unique_ptr<Server> server(new Server(bootstrap, platform, extensions, std::move(options)));
  WEIR_RETURN_IF_ERROR(server->CompileStatic());
  WEIR_ASSIGN_OR_RETURN(auto policy, MakeNamePolicy(bootstrap.stats));
  platform.registry.SetPolicy(std::move(policy));
  WEIR_RETURN_IF_ERROR(server->MakeOverloadManager(extensions.factories));
  return server;
}

Server::Server(const config::Bootstrap& bootstrap, const ServerPlatform& platform,
               const ServerExtensions& extensions, ServerOptions options)
    : bootstrap_(bootstrap),
      platform_(platform),
      options_(std::move(options)),
      random_(platform.seed),
      breakers_(static_cast<uint32_t>(platform.workers.size())),
      compiler_({.extensions = extensions.decoders,
                 .data = extensions.data,
                 .allow_unknown_fields = options_.allow_unknown_dynamic_fields,
                 .runtime = bootstrap_.runtime.get(),
                 .upstream_bind = bootstrap_.upstream_bind,
                 .now = platform.wall_time,
                 .node_id = bootstrap_.node_id,
                 .certificate_providers = bootstrap_.certificate_providers.get()},
                extensions.factories, extensions.log_sinks),
      sockets_(platform.network, platform.workers.size()),
      dynamic_({platform.main_loop, random_, platform.files, platform.executor, platform.registry,
                platform.parse_file, platform.make_transport, compiler_, book_}),
      secrets_(dynamic_.secret_subscriber()),
      transports_(compiler_, secrets_),
      dns_(platform.main_loop, DnsSeats(platform.workers), random_.Next()),
      clusters_(dns_, dynamic_.endpoint_subscriber(), transports_, [this] { Changed(); }),
      listeners_(platform.main_loop, options_.drain_time, sockets_, dynamic_.route_subscriber(),
                 transports_, [this] { Changed(); }),
      stats_(std::make_unique<Stats>(platform.registry)),
      started_(platform.main_loop.Now()),
      publish_([this] { Publish(); }),
      drain_(platform.main_loop,
             {.time = options_.drain_time,
              .gradually = options_.drain_gradually,
              .tell =
                  [this](const DrainShares& shares) {
                    OnWorkers([shares](Worker& worker) { worker.SetDraining(shares); });
                  },
              .over = [this](bool inbound_only) { StopListeners(inbound_only); }}),
      stats_flush_(platform.main_loop, platform.executor, platform.registry,
                   bootstrap_.stats.flush_interval, [this] { ShowGauges(); }),
      heap_watch_(platform.main_loop, platform.executor, platform.heap,
                  [this](const event::HeapReading& heap) { ShowHeap(heap); }),
      breaker_source_(platform.registry.AddSource(
          [this] { return BreakerSamples(breakers_, platform_.monotonic_time()); })),
      certificate_source_(
          platform.registry.AddSource([this] { return certificate_stats_.Samples(); })) {
  MakeWorkers();
  stats_->server->hot_restart_generation.Set(1);
  stats_->server->version.Set(
      static_cast<int64_t>(bootstrap_.stats.server_version.value_or(options_.version_number)));
  stats_->server->static_unknown_fields.Add(options_.bootstrap_ignored.size());
}

Server::~Server() = default;

void Server::MakeWorkers() {
  event::Loop& main_loop = platform_.main_loop;
  for (size_t i = 0; i < platform_.workers.size(); ++i) {
    workers_.push_back(std::make_unique<Worker>(
        WorkerPlatform{.index = static_cast<uint32_t>(i),
                       .loop = platform_.workers[i].loop,
                       .network = platform_.workers[i].network,
                       .registry = platform_.registry,
                       .breakers = breakers_,
                       .seed = random_.Next(),
                       .drain_time = options_.drain_time,
                       .release = [&main_loop](std::shared_ptr<const void> part) {
                         main_loop.Post([part = std::move(part)] {});
                       }}));
  }
}

absl::Status Server::CompileStatic() {
  for (const auto& secret : bootstrap_.secrets) secrets_.SetStatic(secret);
  for (const auto& cluster : bootstrap_.clusters) {
    absl::StatusOr<CompiledCluster> compiled = compiler_.CompileCluster(cluster);
    absl::Status status = compiled.status();
    const auto& socket = cluster->transport_socket;
    if (status.ok() && socket != nullptr) status = transports_.Check(*socket);
    if (!status.ok()) {
      return Annotate(status, StrCat("static_resources: cluster \"", cluster->name, "\""));
    }
    static_clusters_.push_back(*std::move(compiled));
  }
  for (const auto& listener : bootstrap_.listeners) {
    auto compiled = compiler_.CompileListener(listener);
    if (!compiled.ok()) {
      return Annotate(compiled.status(),
                      StrCat("static_resources: listener \"", listener->name, "\""));
    }
    static_listeners_.push_back(*std::move(compiled));
  }
  return absl::OkStatus();
}

absl::Status Server::MakeOverloadManager(const filter::Factories& factories) {
  if (!bootstrap_.overload.has_value()) return absl::OkStatus();
  event::Loop& main_loop = platform_.main_loop;
  OverloadActions actions{
      .set =
          [this](const proxy::OverloadState& state) {
            OnWorkers([state](Worker& worker) { worker.SetOverload(state); });
          },
      .reset_streams =
          [this, &main_loop](size_t at_least_bytes) {
            OnWorkers([this, &main_loop, at_least_bytes](Worker& worker) {
              main_loop.Post([this, count = worker.ResetHeavyStreams(at_least_bytes)] {
                overload_->OnStreamsReset(count);
              });
            });
          }};
  WEIR_ASSIGN_OR_RETURN(overload_, OverloadManager::Create(*bootstrap_.overload, factories,
                                                           {main_loop, platform_.executor,
                                                            platform_.heap, platform_.registry},
                                                           std::move(actions)));
  if (const auto most = overload_->max_downstream_connections()) {
    const auto limit = std::make_shared<ConnectionLimit>(*most);
    OnWorkers([limit](Worker& worker) { worker.SetConnectionLimit(limit); });
  }
  return absl::OkStatus();
}

void Server::ReadFlags() {
  if (bootstrap_.flags_path.empty()) return;
  const auto names = platform_.files.List(bootstrap_.flags_path);
  if (!names.ok() || std::find(names->begin(), names->end(), "drain") == names->end()) return;
  WEIR_LOG(kMain, kInfo, "there is ", bootstrap_.flags_path, "/drain: health checks fail");
  FailHealthCheck(true);
}

absl::Status Server::Start() {
  ReadFlags();
  heap_watch_.Start();
  if (overload_ != nullptr) overload_->Start();
  WEIR_RETURN_IF_ERROR(dynamic_.Start(
      bootstrap_, {clusters_, listeners_, secrets_},
      [this] {
        clusters_answered_ = true;
        Changed();
      },
      [this] {
        listeners_answered_ = true;
        Changed();
      }));
  for (const CompiledCluster& cluster : static_clusters_) clusters_.SetStatic(cluster);
  for (const auto& listener : static_listeners_) {
    WEIR_RETURN_IF_ERROR(listeners_.SetStatic(listener));
  }
  stats_flush_.Start();
  Changed();
  return absl::OkStatus();
}

void Server::OnWorkers(std::function<void(Worker&)> call) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    platform_.workers[i].loop.Post([worker = workers_[i].get(), call] { call(*worker); });
  }
}

// --- Generations

// Whatever changed in this turn goes out as one generation at its end.
void Server::Changed() { platform_.main_loop.AtTurnEnd(publish_); }

void Server::Publish() {
  UpdateState();
  auto snapshot = std::make_shared<generation::Snapshot>();
  snapshot->number = ++generation_;
  snapshot->clusters = clusters_.active();
  snapshot->routes = listeners_.routes();
  snapshot->listeners = listeners_.active();
  ShowCertificates();
  for (size_t i = 0; i < workers_.size(); ++i) {
    SocketTable own;
    for (const auto& [name, sockets] : listeners_.sockets()) {
      for (const auto& group : sockets) own[name].push_back(group->ForWorker(i));
    }
    platform_.workers[i].loop.Post(
        [worker = workers_[i].get(),
         snapshot = std::shared_ptr<const generation::Snapshot>(snapshot),
         own = std::move(own)]() mutable { worker->Install(std::move(snapshot), std::move(own)); });
  }
}

// Listeners wait for the first clusters, so that no request finds its cluster missing; the server
// is live when its first listeners are in force.
void Server::UpdateState() {
  if (clusters_answered_ && clusters_.Warming().empty()) listeners_.Open();
  if (!live_ && clusters_answered_ && listeners_answered_ && clusters_.Warming().empty() &&
      listeners_.Warming().empty()) {
    live_ = true;
    (*stats_->server)
        .initialization_time_ms.Record(
            static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                      platform_.main_loop.Now() - started_)
                                      .count()));
    WEIR_LOG(kMain, kInfo, "all clusters and listeners initialized: serving");
  }
  if (live_ && clusters_.Warming().empty() && listeners_.Warming().empty()) dynamic_.NothingWaits();
  stats_->clusters->Show(clusters_.counts(), clusters_.active().size(), clusters_.Warming().size());
  stats_->listeners->Show(listeners_.counts(), listeners_.active().size(),
                          listeners_.Warming().size());
  stats::Counter& ignored = stats_->server->dynamic_unknown_fields;
  ignored.Add(book_.ignored_fields() - ignored.value());
  stats_->server->state.Set(static_cast<int64_t>(state()));
  stats_->server->live.Set(state() == admin::ServerState::kLive ? 1 : 0);
  stats_->server->concurrency.Set(static_cast<int64_t>(workers_.size()));
}

void Server::ShowCertificates() {
  certificate_stats_.Show(clusters_.active(), listeners_.active(), platform_.main_loop.WallNow());
}

void Server::ShowGauges() {
  ShowCertificates();
  stats_->server->uptime.Set(
      std::chrono::duration_cast<std::chrono::seconds>(platform_.main_loop.Now() - started_)
          .count());
  struct Counting {
    size_t left;
    size_t connections = 0, draining_listeners = 0;
  };
  auto counting = std::make_shared<Counting>(Counting{.left = workers_.size()});
  event::Loop& main_loop = platform_.main_loop;
  OnWorkers([this, counting, &main_loop](Worker& worker) {
    main_loop.Post([this, counting, connections = worker.connection_count(),
                    draining = worker.draining_listeners()] {
      counting->connections += connections;
      counting->draining_listeners = std::max(counting->draining_listeners, draining);
      if (--counting->left > 0) return;
      stats_->server->total_connections.Set(static_cast<int64_t>(counting->connections));
      stats_->listeners->total_listeners_draining.Set(
          static_cast<int64_t>(counting->draining_listeners));
    });
  });
}

void Server::ShowHeap(const event::HeapReading& heap) {
  ServerStats& stats = *stats_->server;
  stats.memory_allocated.Set(static_cast<int64_t>(heap.allocated));
  stats.memory_heap_size.Set(static_cast<int64_t>(heap.size));
  stats.memory_physical_size.Set(static_cast<int64_t>(heap.resident));
}

admin::ServerState Server::state() const {
  if (shutting_down_ || drain_.draining()) return admin::ServerState::kDraining;
  if (live_) return admin::ServerState::kLive;
  return clusters_answered_ ? admin::ServerState::kInitializing
                            : admin::ServerState::kPreInitializing;
}

// --- Draining

void Server::Shutdown(event::Duration deadline, std::function<void()> done) {
  shutting_down_ = true;
  UpdateState();
  dynamic_.Flush();
  // Who connects from now on is refused, rather than left in a queue that nobody accepts from.
  listeners_.Stop(/*inbound_only=*/false);
  auto left = std::make_shared<size_t>(workers_.size());
  event::Loop& main_loop = platform_.main_loop;
  OnWorkers([left, done = std::move(done), &main_loop, deadline](Worker& worker) {
    worker.Shutdown(deadline, [left, done, &main_loop] {
      main_loop.Post([left, done] {
        if (--*left == 0) done();
      });
    });
  });
}

void Server::FailHealthCheck(bool failed) {
  drain_.FailHealthChecks(failed);
  UpdateState();
}

void Server::DrainListeners(const admin::DrainRequest& request) {
  if (!request.graceful) return StopListeners(request.inbound_only);
  drain_.Begin(request);
  UpdateState();
}

// The main thread lets go of the sockets first, so that the workers' references are the last ones.
void Server::StopListeners(bool inbound_only) {
  listeners_.Stop(inbound_only);
  Publish();
  OnWorkers([inbound_only](Worker& worker) { worker.StopListeners(inbound_only); });
}

}  // namespace weir::server
