// The proxy: one main loop that orders and publishes configuration, workers that serve, a pool that
// compiles.
//
// Everything outside is handed in, so that the whole of it runs in one thread, in memory and in
// virtual time.
//
//   Create    compiles and binds what is static; errors say what, where and what would be right
//   Start     the xDS stream, static clusters and listeners; these open when the first clusters are
//             warm
//   Shutdown  drains; `done` comes when nothing is left
//
// Main thread, all of it; destroyed after the loops of its workers have stopped.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/admin/page.h"
#include "source/admin/page_table.h"
#include "source/admin/view.h"
#include "source/config/bootstrap.h"
#include "source/event/executor.h"
#include "source/event/files.h"
#include "source/event/heap.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/filter/factories.h"
#include "source/net/network.h"
#include "source/net/resolver.h"
#include "source/server/certificate_stats.h"
#include "source/server/dynamic_config.h"
#include "source/server/graceful_drain.h"
#include "source/server/heap_watch.h"
#include "source/server/overload_manager.h"
#include "source/server/stats_flush.h"
#include "source/server/worker.h"
#include "source/stats/registry.h"
#include "source/xds/transport.h"

namespace weir::server {

// What a worker runs on.
struct WorkerSeat {
  event::Loop& loop;
  net::Network& network;
  net::Resolver& resolver;
};

// Everything outside. References outlive the server.
struct ServerPlatform {
  event::Loop& main_loop;
  net::Network& network;  // Opens listening sockets.
  event::Files& files;
  event::Executor& executor;
  event::Heap& heap;
  stats::Registry& registry;
  std::vector<WorkerSeat> workers;  // At least one.
  uint64_t seed;
  MakeTransport make_transport;
  xds::ParseFile parse_file;
  // The clocks, for any thread.
  std::function<event::SystemTime()> wall_time;
  std::function<event::MonotonicTime()> monotonic_time;
};

// The extensions that this program has.
struct ServerExtensions {
  const config::proto::ExtensionDecoders& decoders;
  const config::proto::DataReader& data;
  const filter::Factories& factories;
  filter::LogSinks& log_sinks;
};

struct ServerOptions {
  event::Duration drain_time = std::chrono::seconds(600);
  // While listeners drain gracefully: a growing share of clients is told to go, or all at once.
  bool drain_gradually = true;
  bool allow_unknown_dynamic_fields = false;
  std::string version;
  uint64_t version_number = 0;  // For server.version, where the bootstrap has none.
  // For /server_info, as Envoy names them.
  std::vector<std::pair<std::string, std::string>> command_line;
  std::shared_ptr<const std::string> bootstrap_bytes;
  std::vector<std::string> bootstrap_ignored;
};

class Server {
 public:
  static absl::StatusOr<std::unique_ptr<Server>> Create(const config::Bootstrap& bootstrap,
                                                        const ServerPlatform& platform,
                                                        const ServerExtensions& extensions,
                                                        ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  absl::Status Start();
  admin::ServerState state() const;

  // Listeners stop accepting; connections are told to end, and closed when `deadline` has passed.
  // `done` comes on the main loop when every worker is empty. Called again: the new deadline holds.
  void Shutdown(event::Duration deadline, std::function<void()> done);
  // /healthcheck/fail and /ok: draining without an end.
  void FailHealthCheck(bool failed);
  // /drain_listeners. What is stopped stays so: listeners of that direction that come later are
  // not opened.
  void DrainListeners(const admin::DrainRequest& request);
  // Everything the admin pages show. `done` runs on the main loop, in a later turn.
  void CollectView(admin::Needs needs,
                   std::function<void(std::shared_ptr<const admin::View>)> done);

  // Generations published so far.
  uint64_t generation() const { return generation_; }
  Worker& worker(size_t index) { return *workers_[index]; }

  // A secret as it is now; null when it is not there. Main loop's thread, valid for this turn.
  const config::Secret* FindSecret(const config::SecretReference& reference) const {
    return secrets_.lookup()(reference);
  }

 private:
  struct Stats;
  Server(const config::Bootstrap& bootstrap, const ServerPlatform& platform,
         const ServerExtensions& extensions, ServerOptions options);

  absl::Status CompileStatic();
  // The file that asks for a start as after /healthcheck/fail.
  void ReadFlags();
  absl::Status MakeOverloadManager(const filter::Factories& factories);
  void MakeWorkers();
  // For each worker, on its loop.
  void OnWorkers(std::function<void(Worker&)> call);
  void Changed();
  void Publish();
  void UpdateState();
  void AddHosts(admin::View& view, const std::vector<HostView>& hosts) const;
  std::shared_ptr<admin::View> MakeView() const;
  void AddCertificates(admin::View& view) const;
  void StopListeners(bool inbound_only);
  // What is known on the workers, and the time.
  void ShowGauges();
  void ShowCertificates();
  void ShowHeap(const event::HeapReading& heap);

  const config::Bootstrap bootstrap_;
  const ServerPlatform platform_;
  const ServerOptions options_;
  event::Random random_;
  upstream::BreakerRegistry breakers_;
  ResourceCompiler compiler_;
  ResourceBook book_;
  ListenSockets sockets_;
  std::vector<std::shared_ptr<const generation::Listener>> static_listeners_;
  std::vector<CompiledCluster> static_clusters_;
  DynamicConfig dynamic_;
  SecretDirector secrets_;
  TransportMaker transports_;
  DnsSpread dns_;
  ClusterDirector clusters_;
  ListenerDirector listeners_;
  std::unique_ptr<Stats> stats_;
  std::vector<std::unique_ptr<Worker>> workers_;

  uint64_t generation_ = 0;
  bool clusters_answered_ = false;
  bool listeners_answered_ = false;
  bool live_ = false;
  bool shutting_down_ = false;
  event::MonotonicTime started_;
  event::TurnEndTask publish_;
  GracefulDrain drain_;
  StatsFlush stats_flush_;
  HeapWatch heap_watch_;
  std::unique_ptr<OverloadManager> overload_;  // Null without one in the bootstrap.
  CertificateStats certificate_stats_;
  // Let go of what they read first.
  std::shared_ptr<void> breaker_source_, certificate_source_;
};

}  // namespace weir::server
