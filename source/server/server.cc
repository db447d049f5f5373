#include "source/server/server.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/schema/resource_type.h"
#include "source/server/server_stats.h"

namespace weir::server {
namespace {

// How often the share of told clients grows while listeners drain gracefully.
constexpr event::Duration kClosingShareStep = std::chrono::seconds(1);

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
  if (bootstrap.ads.has_value()) {
    WEIR_ASSIGN_OR_RETURN(server->transport_, platform.make_transport(bootstrap));
  }
  return server;
}

Server::Server(const config::Bootstrap& bootstrap, const ServerPlatform& platform,
               const ServerExtensions& extensions, ServerOptions options)
    : bootstrap_(bootstrap),
      platform_(platform),
      options_(std::move(options)),
      random_(platform.seed),
      breakers_(static_cast<uint32_t>(platform.workers.size())),
      compiler_(extensions.decoders, extensions.data, extensions.factories, extensions.log_sinks,
                options_.allow_unknown_dynamic_fields),
      sockets_(platform.network, platform.workers.size()),
      dynamic_({platform.main_loop, random_, platform.files, platform.executor, platform.registry,
                platform.parse_file},
               compiler_, book_),
      clusters_(platform.main_loop, platform.resolver, random_, dynamic_.endpoint_subscriber(),
                [this] { Changed(); }),
      listeners_(sockets_, dynamic_.route_subscriber(), [this] { Changed(); }),
      stats_(std::make_unique<Stats>(platform.registry)),
      started_(platform.main_loop.Now()),
      publish_([this] { Publish(); }),
      closing_share_(platform.main_loop, [this] { RaiseClosingShare(); }) {
  MakeWorkers();
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
                       .release =
                           [&main_loop](std::shared_ptr<const void> part) {
                             main_loop.Post([part = std::move(part)] {});
                           },
                       .transport =
                           [](const config::ExtensionConfig*) {
                             return std::shared_ptr<const net::TransportSocketFactory>();
                           }}));
  }
}

absl::Status Server::CompileStatic() {
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

absl::Status Server::Start() {
  WEIR_RETURN_IF_ERROR(dynamic_.Start(
      bootstrap_, transport_.get(), {clusters_, listeners_},
      [this] {
        clusters_answered_ = true;
        Changed();
      },
      [this] {
        listeners_answered_ = true;
        Changed();
      }));
  for (const auto& cluster : bootstrap_.clusters) clusters_.SetStatic(cluster);
  for (const auto& listener : static_listeners_) {
    WEIR_RETURN_IF_ERROR(listeners_.SetStatic(listener));
  }
  Changed();
  return absl::OkStatus();
}

void Server::OnWorkers(std::function<void(Worker&)> call) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    platform_.workers[i].loop.Post([worker = workers_[i].get(), call] { call(*worker); });
  }
}

// --- Generations
// ---------------------------------------------------------------------------------------------

// Whatever changed in this turn goes out as one generation at its end.
void Server::Changed() { platform_.main_loop.AtTurnEnd(publish_); }

void Server::Publish() {
  UpdateState();
  auto snapshot = std::make_shared<generation::Snapshot>();
  snapshot->number = ++generation_;
  snapshot->clusters = clusters_.active();
  snapshot->routes = listeners_.routes();
  snapshot->listeners = listeners_.active();
  auto sockets = std::make_shared<const SocketTable>(listeners_.sockets());
  OnWorkers([snapshot = std::shared_ptr<const generation::Snapshot>(std::move(snapshot)),
             sockets](Worker& worker) { worker.Install(snapshot, sockets); });
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
  const ClusterDirector::Counts& clusters = clusters_.counts();
  stats_->clusters->Show(clusters.added, clusters.modified, clusters.removed,
                         clusters_.active().size(), clusters_.Warming().size());
  stats_->listeners->Show(listeners_.counts(), listeners_.active().size(),
                          listeners_.Warming().size());
  stats_->server->state.Set(static_cast<int64_t>(state()));
  stats_->server->live.Set(state() == admin::ServerState::kLive ? 1 : 0);
  stats_->server->concurrency.Set(static_cast<int64_t>(workers_.size()));
}

admin::ServerState Server::state() const {
  if (draining_ || health_check_failed_) return admin::ServerState::kDraining;
  if (live_) return admin::ServerState::kLive;
  return clusters_answered_ ? admin::ServerState::kInitializing
                            : admin::ServerState::kPreInitializing;
}

// --- Draining
// ------------------------------------------------------------------------------------------------

void Server::Shutdown(event::Duration deadline, std::function<void()> done) {
  draining_ = true;
  UpdateState();
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
  health_check_failed_ = failed;
  UpdateState();
  OnWorkers([failed](Worker& worker) { worker.SetDraining(failed ? 1 : 0); });
}

void Server::DrainListeners(bool graceful, bool inbound_only) {
  if (!graceful) return StopListeners(inbound_only);
  if (std::exchange(draining_, true)) return;
  UpdateState();
  drain_started_ = platform_.main_loop.Now();
  RaiseClosingShare();
}

void Server::StopListeners(bool inbound_only) {
  OnWorkers([inbound_only](Worker& worker) {
    worker.StopListeners([inbound_only](const config::Listener& listener) {
      return !inbound_only || listener.direction == config::Listener::Direction::kInbound;
    });
  });
}

void Server::RaiseClosingShare() {
  const event::Duration gone = platform_.main_loop.Now() - drain_started_;
  const double share = options_.drain_time.count() == 0
                           ? 1
                           : std::min(1.0, static_cast<double>(gone.count()) /
                                               static_cast<double>(options_.drain_time.count()));
  OnWorkers([share](Worker& worker) { worker.SetDraining(share); });
  if (share < 1) {
    closing_share_.Enable(kClosingShareStep);
  } else {
    StopListeners(false);
  }
}

// --- For the admin pages
// -------------------------------------------------------------------------------------

std::shared_ptr<admin::View> Server::MakeView() const {
  auto view = std::make_shared<admin::View>();
  view->state = state();
  view->version = options_.version;
  view->health_check_failed = health_check_failed_;
  view->now = platform_.main_loop.WallNow();
  view->uptime_all_epochs = view->uptime_current_epoch =
      std::chrono::duration_cast<std::chrono::seconds>(platform_.main_loop.Now() - started_);
  view->command_line_options = options_.command_line;
  view->node_bytes = bootstrap_.node_bytes;
  view->bootstrap_bytes = options_.bootstrap_bytes;
  view->bootstrap_last_updated = view->now - view->uptime_all_epochs;
  view->bootstrap_ignored = options_.bootstrap_ignored;
  view->concurrency = static_cast<uint32_t>(workers_.size());
  view->resources = book_.Sets();
  const std::vector<std::string> warming_clusters = clusters_.Warming();
  const std::vector<std::string> warming_listeners = listeners_.Warming();
  for (admin::ResourceSet& set : view->resources) {
    const auto* warming = set.type_url == schema::kClusterTypeUrl    ? &warming_clusters
                          : set.type_url == schema::kListenerTypeUrl ? &warming_listeners
                                                                     : nullptr;
    if (warming == nullptr) continue;
    for (const std::string& name : *warming) {
      const auto* const record = set.records.Find(name);
      if (record == nullptr) continue;
      auto marked = std::make_shared<admin::ResourceRecord>(**record);
      marked->warming = true;
      set.records = set.records.Set(name, std::move(marked));
    }
  }
  clusters_.active().ForEach([&](const std::string& name, const config::ClusterEntry& entry) {
    admin::ClusterStatus status;
    status.name = name;
    status.added_via_api = !clusters_.IsStatic(name);
    status.eds_service_name = entry.config->eds_service_name;
    const auto limits = [](const config::CircuitBreakers& breakers) {
      return admin::ClusterStatus::Limits{breakers.max_connections, breakers.max_pending_requests,
                                          breakers.max_requests, breakers.max_retries};
    };
    status.default_priority = limits(entry.config->breakers);
    status.high_priority = limits(entry.config->high_breakers);
    view->clusters.push_back(std::move(status));
  });
  std::sort(view->clusters.begin(), view->clusters.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  listeners_.active().ForEach([&](const std::string& name,
                                  const std::shared_ptr<const generation::Listener>& listener) {
    const auto sockets = listeners_.sockets().find(name);
    const net::Address& address = sockets != listeners_.sockets().end() && !sockets->second.empty()
                                      ? sockets->second.front()->address()
                                      : listener->config->address;
    view->listeners.push_back({name, address.ToString()});
  });
  std::sort(view->listeners.begin(), view->listeners.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return view;
}

// Endpoints of the configuration, with the numbers of every worker that has used them.
void Server::AddHosts(admin::View& view, const std::vector<HostView>& hosts) const {
  HashMap<std::vector<const HostView*>> by_place;
  for (const HostView& host : hosts)
    by_place[StrCat(host.cluster, "|", host.address)].push_back(&host);
  for (admin::ClusterStatus& cluster : view.clusters) {
    const config::ClusterEntry* const entry = clusters_.active().Find(cluster.name);
    if (entry == nullptr || entry->endpoints == nullptr) continue;
    for (const config::Endpoint& endpoint : entry->endpoints->endpoints) {
      const auto* const address = std::get_if<net::Address>(&endpoint.address);
      if (address == nullptr) continue;
      admin::HostStatus status;
      status.address = address->ToString();
      status.hostname = endpoint.hostname;
      status.weight = endpoint.weight;
      status.health = std::string(config::NameOf(endpoint.health));
      if (endpoint.locality < entry->endpoints->localities.size()) {
        const config::Locality& locality = entry->endpoints->localities[endpoint.locality];
        status.region = locality.region;
        status.zone = locality.zone;
        status.sub_zone = locality.sub_zone;
      }
      for (const HostView* host : by_place[StrCat(cluster.name, "|", status.address)]) {
        const upstream::HostStats& stats = *host->stats;
        status.cx_total += stats.cx_total.value();
        status.cx_connect_fail += stats.cx_connect_fail.value();
        status.cx_active += stats.cx_active.value();
        status.rq_total += stats.rq_total.value();
        status.rq_success += stats.rq_success.value();
        status.rq_error += stats.rq_error.value();
        status.rq_timeout += stats.rq_timeout.value();
        status.rq_active += stats.rq_active.value();
      }
      cluster.hosts.push_back(std::move(status));
    }
  }
}

void Server::CollectView(std::function<void(std::shared_ptr<const admin::View>)> done) {
  struct Collecting {
    std::vector<HostView> hosts;
    size_t left;
  };
  auto collecting = std::make_shared<Collecting>(Collecting{{}, workers_.size()});
  event::Loop& main_loop = platform_.main_loop;
  OnWorkers([this, collecting, done = std::move(done), &main_loop](Worker& worker) {
    main_loop.Post([this, collecting, done, hosts = worker.Hosts()] {
      collecting->hosts.insert(collecting->hosts.end(), hosts.begin(), hosts.end());
      if (--collecting->left > 0) return;
      const std::shared_ptr<admin::View> view = MakeView();
      AddHosts(*view, collecting->hosts);
      done(view);
    });
  });
}

}  // namespace weir::server
