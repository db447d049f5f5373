// What the pools of one cluster and priority share, and what they tell the cluster. Worker's
// thread.
#pragma once

#include <cstdint>
#include <memory>

#include "source/buffer/block_pool.h"
#include "source/config/cluster.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/http/h1/codec.h"
#include "source/http/h2/codec.h"
#include "source/http/h2/keepalive.h"
#include "source/net/network.h"
#include "source/net/transport_socket.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster_stats.h"

namespace weir::upstream {

// What new connections are made with: one object a version of the cluster, shared with its
// connections, whose codecs refer to it.
struct ConnectionSettings {
  http::h1::Options h1;
  http::h2::Options h2;
  http::h2::Keepalive::Settings keepalive;
  net::ConnectOptions connect_ipv4, connect_ipv6;                // By the host's address.
  std::shared_ptr<const net::TransportSocketFactory> transport;  // Null: raw_buffer.
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds idle_timeout{};             // 0: none.
  std::chrono::milliseconds max_connection_duration{};  // 0: none.
  double max_connection_duration_jitter = 0;            // percent
  uint32_t max_requests_per_connection = 0;             // 0: unlimited.
  uint32_t max_concurrent_streams = 1;                  // HTTP/2.
  size_t output_limit = 0;  // High watermark of bytes that the kernel has not taken.
  size_t input_limit = 0;   // Undecoded bytes at which reading stops; more than any head.
};

// What the connections of a pool carry. kNegotiated: what each one's handshake agrees on by ALPN,
// HTTP/1.1 where it agrees on nothing. kRaw: one tunnel each and nothing else.
enum class PoolKind : uint8_t { kHttp1, kHttp2, kNegotiated, kRaw };

// A worker's leases for one priority of a cluster.
struct Leases {
  explicit Leases(const ClusterLimits& limits)
      : connections(limits.connections),
        pending_requests(limits.pending_requests),
        requests(limits.requests),
        retries(limits.retries) {
    CountPools(limits);
    CountRecent(limits);
  }
  // After all pools have ended: whether they are counted may have changed.
  void CountPools(const ClusterLimits& limits) {
    pools = limits.pools == nullptr ? nullptr : std::make_unique<Lease>(limits.pools);
  }
  void CountRecent(const ClusterLimits& limits) {
    if (recent != nullptr && recent->all() == limits.recent_requests) return;
    recent = limits.recent_requests == nullptr
                 ? nullptr
                 : std::make_unique<RecentRequests::Part>(limits.recent_requests);
  }
  void EndRequest(const event::Loop& loop) {
    requests.Give();
    if (recent != nullptr) recent->Note(loop.Now());
  }
  Lease connections, pending_requests, requests, retries;
  std::unique_ptr<Lease> pools;                  // Null: they are not counted.
  std::unique_ptr<RecentRequests::Part> recent;  // Null: likewise.
};

class Pool;

// The cluster, as its pools see it.
class PoolOwner {
 public:
  // The connections' limit is reached: closes an idle connection of another pool of the same
  // priority. False when there is none.
  virtual bool CloseIdleElsewhere(const Pool& asking) = 0;
  // A request, a pending one or a connection has ended: somebody may be done. Only takes a note.
  virtual void OnLessUse() = 0;
  // It has lost its last connection, and nobody waits.
  virtual void OnUnused(Pool& pool) = 0;
  virtual void OnTcpEnded() = 0;
  // What handshakes are counted in; made when first asked for.
  virtual net::TransportStats& transport_stats() = 0;
  // The counters of the cluster's HTTP/2 connections, made with the first of them.
  virtual http::h2::Stats& Http2Stats() = 0;

 protected:
  ~PoolOwner() = default;
};

struct PoolContext {
  event::Loop& loop;
  event::Random& random;
  net::Network& network;
  buffer::BlockPool& blocks;
  ClusterStats& stats;
  Leases& leases;
  PoolOwner& owner;
  uint32_t pools_awaiting_hosts = 0;  // How many wait for connections that a host's limit denied.

  net::TransportPlatform transport() const { return {loop, blocks, owner.transport_stats()}; }
};

}  // namespace weir::upstream
