// What a seed decides: who sends what when, how the network behaves, which faults happen and how
// the configuration changes. Made whole before the run, so that a run can be described and
// repeated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "source/event/random.h"
#include "test/fakes/sim_network.h"
#include "test/sim/config_state.h"
#include "test/sim/end.h"
#include "test/sim/exchange.h"

namespace weir::sim {

enum class Mode : uint8_t {
  kFaults,    // Everything that can go wrong does.
  kLossless,  // Only the configuration changes: nothing may be lost.
};

struct ClientPlan {
  bool http2 = false;
  bool raw = false;  // Of the TCP proxy's listener.
  size_t listener = 0;
  static constexpr uint32_t kMostStreams = 12;
  size_t depth = 1;  // Requests under way at once: pipelined, or streams.
  event::Duration start{0};
  event::Duration longest_gap{0};  // Between an answer and the next request.
  Habits habits;
  uint32_t window = 65535;        // HTTP/2, of each stream.
  std::vector<size_t> exchanges;  // Indices into Plan::exchanges, in order.
};

struct ClusterPlan {
  size_t addresses = 1;  // 10.0.<1 + cluster>.<1 + index>:80
  uint32_t max_connections = 1024;
  uint32_t max_pending = 1024;
  uint32_t max_requests = 1024;
  uint32_t buffer_limit = 1024 * 1024;
  uint32_t max_requests_per_connection = 0;
  uint32_t window = 0;  // HTTP/2, of the proxy's streams; 0: the default.
  Habits habits;        // Of its upstreams.
  uint32_t peer_window = 65535;
  uint32_t peer_max_streams = 100;
};

struct ListenerPlan {
  uint32_t buffer_limit = 1024 * 1024;
  uint32_t window = 0;
  uint32_t max_requests_per_connection = 0;
};

struct FaultPlan {
  enum class Kind : uint8_t { kResetAll, kResetNext, kCut, kRefuse, kDrop, kLoseControlPlane };
  Kind kind = Kind::kResetAll;
  event::Duration at{0};
  event::Duration lasts{0};
  bool clients = false;  // The listener's connections; else those of an upstream.
  size_t listener = 0;
  size_t cluster = 0;
  size_t endpoint = 0;
  bool towards_server = false;
  size_t bytes = 0;  // kResetNext.
};

struct ChangePlan {
  event::Duration at{0};
  ConfigState state;
};

struct Plan {
  uint64_t seed = 0;
  Mode mode = Mode::kFaults;
  size_t workers = 1;
  bool delta = false;  // The variant of xDS.
  fakes::SimNetworkOptions network;
  std::vector<ListenerPlan> listeners;
  std::vector<ClusterPlan> clusters;
  std::vector<ClientPlan> clients;
  std::vector<Exchange> exchanges;  // Exchange i has the id i + 1.
  std::vector<FaultPlan> faults;
  ConfigState first;
  std::vector<ChangePlan> changes;    // In the order of time.
  std::optional<size_t> drain_after;  // The server is told to end when so many requests were sent.

  // Faults of the network, of the peers and of the control plane.
  size_t CountFaults() const;
};

inline constexpr size_t kGroups = 3;
inline constexpr size_t kFewestRequests = 50;
inline constexpr uint32_t kRetries = 3;  // Of the routes with a retry policy.

Plan MakePlan(uint64_t seed, Mode mode);
// The parts; each takes what was decided before from `plan`.
void PlanExchanges(event::Random& random, Plan& plan);
void PlanTunnels(event::Random& random, Plan& plan);
void PlanChanges(event::Random& random, Plan& plan);
void PlanFaults(event::Random& random, Plan& plan);

std::string UpstreamAddress(size_t cluster, size_t endpoint);
std::string ListenerAddress(size_t listener);
// Of the TCP proxy.
inline constexpr char kRawListenerAddress[] = "10.0.0.100:90";

}  // namespace weir::sim
