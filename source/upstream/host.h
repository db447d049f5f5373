// A host of a cluster as one worker knows it: address, health, load. Owned by the worker's host
// set, the connections to it and the requests that chose it; worker's thread only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "source/base/local_ref.h"
#include "source/config/endpoints.h"
#include "source/net/address.h"
#include "source/stats/stats.h"

namespace weir::upstream {

// What /clusters shows of a host; one block a worker, summed by the admin server.
struct HostStats {
  stats::Counter cx_total, cx_connect_fail, rq_total, rq_success, rq_error, rq_timeout;
  stats::Gauge cx_active, rq_active;
};

class Pool;

class Host final : public LocalCounted<Host> {
 public:
  // Kinds of pools times priorities.
  static constexpr size_t kPools = 8;

  // `transport`: which of the cluster's transports is for it (config::TransportSocketFor).
  Host(const net::Address& address, const config::Endpoint& endpoint, size_t transport = 0);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const net::Address& address() const { return address_; }
  const std::string& address_text() const { return address_text_; }
  const std::string& hostname() const { return hostname_; }
  uint32_t weight() const { return weight_; }
  config::HealthStatus health() const { return health_; }
  size_t transport() const { return transport_; }
  // Requests in flight on this worker: what least_request compares.
  uint32_t active_requests() const { return static_cast<uint32_t>(stats_->rq_active.value()); }
  HostStats& stats() { return *stats_; }
  const std::shared_ptr<HostStats>& shared_stats() const { return stats_; }

  // New health, weight and name from an update that keeps the address. False when nothing changed.
  bool Update(const config::Endpoint& endpoint);
  // False when it is the same.
  bool SetTransport(size_t transport) {
    return std::exchange(transport_, static_cast<uint32_t>(transport)) != transport;
  }

  // The pools of connections to it, for the cluster alone, which owns them; null until first used.
  std::array<Pool*, kPools>& pools() { return pools_; }

 private:
  const net::Address address_;
  const std::string address_text_;
  std::string hostname_;
  uint32_t weight_;
  config::HealthStatus health_;
  uint32_t transport_;
  std::shared_ptr<HostStats> stats_;  // Shared with the reader of /clusters.
  std::array<Pool*, kPools> pools_{};
};

using HostRef = LocalRef<Host>;

}  // namespace weir::upstream
