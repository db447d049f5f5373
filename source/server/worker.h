// A worker: everything that serves connections on one loop. It shares nothing with other workers
// but immutable generations and the process' limits.
//
// Made and destroyed on any thread while its loop does not run; every other call is on its loop's
// thread (WorkerThread posts them).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "source/base/hash_map.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/generation/worker_generation.h"
#include "source/net/network.h"
#include "source/proxy/platform.h"
#include "source/server/worker_listener.h"
#include "source/server/worker_memory.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_map.h"

namespace weir::server {

// The listening sockets of one worker by listener name. A worker holds its own alone: when its
// listener lets go of one, that was the last reference, and nothing is queued between the last
// accept and the close.
using SocketTable = HashMap<std::vector<std::shared_ptr<net::ListenSocket>>>;

// The shares of answers that tell their client to go (proxy::DrainState), by listeners.
struct DrainShares {
  double all = 0;
  double inbound = 0;  // Of listeners with traffic_direction INBOUND, where it is greater.
};

struct WorkerPlatform {
  uint32_t index;  // From 0.
  event::Loop& loop;
  net::Network& network;
  stats::Registry& registry;
  upstream::BreakerRegistry& breakers;
  uint64_t seed;
  event::Duration drain_time;
  // Takes what may not be freed here; any thread.
  std::function<void(std::shared_ptr<const void>)> release;
};

// What /clusters shows of one host on one worker; the numbers go on counting.
struct HostView {
  std::string cluster;
  std::string address;
  std::string hostname;
  uint32_t weight;
  config::HealthStatus health;
  std::shared_ptr<upstream::HostStats> stats;
};

class Worker {
 public:
  explicit Worker(const WorkerPlatform& platform);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  // Makes `snapshot` the configuration of every request from now on.
  void Install(std::shared_ptr<const generation::Snapshot> snapshot, SocketTable sockets);
  // Listeners (`inbound_only`: those of inbound traffic) stop accepting; their sockets are let go.
  void StopListeners(bool inbound_only);
  // A share of 1 also sends GOAWAY on every connection.
  void SetDraining(DrainShares shares);
  // Ends: listeners stop, connections drain, at the deadline they are closed; then the pools.
  // `done` comes from the loop when nothing is left.
  void Shutdown(event::Duration deadline, std::function<void()> done);

  uint64_t generation() const { return generations_.current().number; }
  size_t connection_count() const;
  // Removed ones whose connections have not all ended.
  size_t draining_listeners() const { return retired_.size(); }
  // What the overload manager has decided.
  void SetOverload(const proxy::OverloadState& state);
  // For listeners that come from now on.
  void SetConnectionLimit(std::shared_ptr<ConnectionLimit> limit) { limit_ = std::move(limit); }
  // Resets streams that hold at least so many bytes, the heaviest first. Returns how many.
  size_t ResetHeavyStreams(size_t at_least_bytes);
  // What its connections hold. Looks at each of them.
  WorkerMemory Memory() const;
  std::vector<HostView> Hosts();
  const proxy::Platform& proxy_platform() const { return platform_; }

 private:
  void InstallListener(const std::string& name,
                       const std::shared_ptr<const generation::Listener>& listener,
                       std::vector<std::shared_ptr<net::ListenSocket>> sockets);
  void LetGoOfUnnamedStats();
  void RetireListener(std::unique_ptr<WorkerListener> listener);
  void CheckShutdown();
  // Calls visit(const Connection&) for each one.
  template <typename Visit>
  void ForEachConnection(Visit visit) const {
    for (const auto& [name, listener] : listeners_) listener->ForEachConnection(visit);
    for (const auto& listener : retired_) listener->ForEachConnection(visit);
  }

  event::Loop& loop_;
  net::Network& network_;
  stats::Registry& registry_;
  const event::Duration drain_time_;
  event::Random random_;
  buffer::BlockPool blocks_;
  generation::WorkerGeneration generations_;
  upstream::ClusterMap clusters_;
  proxy::RequestMemoryPool request_memory_;
  proxy::ShadowRequests shadows_;
  proxy::StatsByPrefix<proxy::HttpStats> http_stats_;
  proxy::StatsByPrefix<proxy::TcpStats> tcp_stats_;
  proxy::StatsByPrefix<proxy::RouteStats> route_stats_;
  proxy::StatsByPrefix<http::h2::Stats> http2_stats_;
  filter::WorkerStats filter_stats_;
  proxy::CodecOptions codec_options_;
  proxy::DateText date_;
  proxy::DrainState drain_;
  proxy::DrainState inbound_drain_;
  proxy::OverloadState overload_;
  const proxy::Platform platform_;
  const proxy::Platform inbound_platform_;
  const proxy::OverloadState no_overload_;  // Of listeners that bypass the manager.
  const proxy::Platform bypassing_platform_;
  const proxy::Platform bypassing_inbound_platform_;
  uint64_t next_connection_id_;
  std::shared_ptr<ConnectionLimit> limit_;
  HashMap<std::unique_ptr<WorkerListener>> listeners_;
  std::vector<std::unique_ptr<WorkerListener>> retired_;  // Their connections drain.
  bool stopping_ = false;
  std::function<void()> shutdown_done_;
  event::Timer shutdown_deadline_;
  event::TurnEndTask sweep_;
};

}  // namespace weir::server
