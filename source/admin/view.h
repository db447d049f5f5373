// What the admin pages are made from: plain values and shared immutable parts, put together by the
// server when a page asks, so that a page is a function from a View to text. Belongs to the thread
// that renders.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/named_bytes.h"
#include "source/base/persistent_map.h"
#include "source/event/clock.h"
#include "source/stats/registry.h"

namespace weir::admin {

// A resource as /config_dump shows it. Bytes are the serialised message without its Any. Small, as
// there may be tens of thousands: what nearly all of them do without lies apart.
struct ResourceRecord {
  // The last accepted version; its name alone when none ever was.
  NamedBytes content;
  event::SystemTime last_updated{};
  struct Error {
    std::string version;
    std::string details;
    event::SystemTime last_attempt{};
    std::string bytes;  // Empty where there are none that can be shown.
  };
  struct Remarks {
    std::vector<std::string> ignored;  // "path: reason" of each field that has no effect.
    std::optional<Error> error;        // Of the newest version, when it was refused.
  };
  std::shared_ptr<const Remarks> remarks;  // Null: none.
  bool is_static = false;
  bool accepted = false;
  bool warming = false;  // Accepted, and not in force yet: something it names has not come.

  std::string_view name() const { return content.name(); }
  // Null: the newest version was accepted.
  const Error* error() const {
    return remarks != nullptr && remarks->error.has_value() ? &*remarks->error : nullptr;
  }
};

}  // namespace weir::admin

template <>
struct weir::NamedValue<weir::admin::ResourceRecord> {
  static std::string_view NameOf(const admin::ResourceRecord& record) { return record.name(); }
};

namespace weir::admin {

// All resources of one type from one origin by name; versions share what did not change.
struct ResourceSet {
  std::string type_url;
  std::string origin;   // See config::OriginOf.
  std::string version;  // Of the last response accepted; "" before, and for static ones.
  PersistentMap<ResourceRecord> records;
};

struct HostStatus {
  std::string address;
  std::string hostname;
  uint32_t weight = 1;
  std::string health;  // envoy.config.core.v3.HealthStatus by name
  std::string region, zone, sub_zone;
  uint64_t cx_total = 0, cx_connect_fail = 0, rq_total = 0, rq_success = 0, rq_error = 0,
           rq_timeout = 0;
  int64_t cx_active = 0, rq_active = 0;
};

struct ClusterStatus {
  std::string name;
  bool added_via_api = false;
  std::string eds_service_name;
  struct Limits {
    uint32_t max_connections, max_pending_requests, max_requests, max_retries;
  };
  Limits default_priority, high_priority;
  std::vector<HostStatus> hosts;
};

struct ListenerStatus {
  std::string name;
  std::string address;
  std::vector<std::string> additional_addresses = {};
};

struct Waiting {
  std::string name;
  std::vector<std::string> awaits;  // Such as "route configuration main".
};

enum class ServerState : uint8_t { kLive, kDraining, kPreInitializing, kInitializing };

// A certificate that is shown to peers or trusted.
struct CertificateStatus {
  std::string serial;  // lower-case hex
  std::vector<std::string> dns_names, uri_names, ip_names;
  event::SystemTime valid_from{}, expires{};
  std::string path;  // Of its file; empty: it came in none.
  // Of the stapled OCSP response.
  std::optional<event::SystemTime> staple_from, staple_until;
};

// Of one TLS context.
struct ContextCertificates {
  std::vector<CertificateStatus> authorities, own;
};

// What connections hold, in bytes by kind (buffer::LedgerKind).
struct HeldBytes {
  uint64_t connections = 0;
  uint64_t input = 0, headers = 0, body = 0, output = 0;
};

struct MemoryStatus {
  struct OfWorker {
    uint64_t block_bytes_in_use = 0, block_bytes_free = 0;
    HeldBytes downstream, upstream;
  };
  struct Holder {
    std::string peer;
    bool upstream = false;
    HeldBytes held;
  };
  std::vector<OfWorker> workers;
  std::vector<Holder> largest;  // The largest first.
};

// A layer of the runtime: its keys with their values as text.
struct RuntimeLayer {
  std::string name;
  std::map<std::string, std::string, std::less<>> values;
};

struct View {
  ServerState state = ServerState::kPreInitializing;
  bool health_check_failed = false;
  std::string version;  // Of this program, as /server_info shows it.
  event::SystemTime now{};
  std::chrono::seconds uptime_current_epoch{0}, uptime_all_epochs{0};
  std::vector<std::pair<std::string, std::string>>
      command_line_options;  // As Envoy's CommandLineOptions.
  std::string node_bytes;    // envoy.config.core.v3.Node
  std::shared_ptr<const std::string> bootstrap_bytes;
  event::SystemTime bootstrap_last_updated{};
  std::vector<std::string> bootstrap_ignored;
  uint32_t concurrency = 1;
  std::vector<RuntimeLayer> runtime;   // A later one goes over an earlier one.
  std::vector<ResourceSet> resources;  // Clusters, endpoints, listeners, routes.
  std::vector<ClusterStatus> clusters;
  std::vector<ListenerStatus> listeners;
  // Resources that are not in force yet, and what each waits for.
  std::vector<Waiting> waiting_listeners, waiting_clusters;
  // Of every TLS context in force. Takes a while: called by the page, on its own thread.
  std::function<std::vector<ContextCertificates>()> certificates;
  MemoryStatus memory;  // For the page that needs it.
};

}  // namespace weir::admin
