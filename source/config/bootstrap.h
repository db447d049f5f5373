// The bootstrap (envoy.config.bootstrap.v3.Bootstrap) as a value: what main hands to the server.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/config/certificate_provider.h"
#include "source/config/cluster.h"
#include "source/config/listener.h"
#include "source/config/overload.h"
#include "source/config/runtime.h"
#include "source/config/source.h"
#include "source/config/tls.h"
#include "source/match/string_matcher.h"

namespace weir::config {

// weir.config.v1.LastGood: the last good generation on disk.
struct LastGoodFile {
  std::string path;
  bool include_secrets = false;
  std::chrono::milliseconds control_plane_wait{5000};
};

// weir.config.v1.DynamicUpdates
struct DynamicUpdates {
  bool transactional = false;  // An update applies whole or not at all.
  std::optional<LastGoodFile> last_good;
};

// envoy.config.metrics.v3.StatsConfig, and stats_flush_interval.
struct StatsConfig {
  struct Tag {
    std::string name;
    // At most one; none: the default tag of that name.
    std::optional<std::string> fixed_value, regex;
    friend bool operator==(const Tag&, const Tag&) = default;
  };
  std::vector<Tag> tags;
  bool all_default_tags = true;
  // Which stats are shown, by `patterns` over their names.
  enum class Shown { kAll, kNone, kMatching, kOthers } shown = Shown::kAll;
  std::vector<match::StringMatcher> patterns;
  std::chrono::milliseconds flush_interval{5000};
  std::optional<uint64_t> server_version;  // stats_server_version_override
};

struct Bootstrap {
  std::string node_bytes;  // envoy.config.core.v3.Node, serialised, for the xDS client.
  std::string node_id;
  std::string node_cluster;

  std::optional<net::Address> admin_address;
  std::vector<net::SocketOption> admin_socket_options;
  std::vector<match::StringMatcher> admin_allow_paths;  // Empty: all.
  std::vector<AccessLog> admin_access_logs;

  std::string flags_path;  // Empty: none.

  std::vector<std::shared_ptr<const Listener>> listeners;
  std::vector<std::shared_ptr<const Cluster>> clusters;
  std::vector<std::shared_ptr<const Secret>> secrets;
  std::shared_ptr<const UpstreamBind> upstream_bind;  // For clusters without one; may be null.
  std::optional<GrpcSource> ads;
  ConfigSource lds;  // kNone: no dynamic listeners.
  ConfigSource cds;
  DynamicUpdates updates;
  // Outlives every resource that is decoded with it.
  std::shared_ptr<const CertificateProviders> certificate_providers =
      std::make_shared<CertificateProviders>();

  std::optional<OverloadManager> overload;
  // layered_runtime, its layers merged. Outlives every resource that is decoded with it.
  std::shared_ptr<const Runtime> runtime = std::make_shared<Runtime>();

  StatsConfig stats;
};

}  // namespace weir::config
