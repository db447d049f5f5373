// The bootstrap (envoy.config.bootstrap.v3.Bootstrap) as a value: what main hands to the server.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/config/cluster.h"
#include "source/config/listener.h"
#include "source/config/source.h"

namespace weir::config {

// ApiConfigSource of ads_config. The cluster must be one of the static ones.
struct AdsConfig {
  bool delta = false;
  std::string cluster;    // envoy_grpc.cluster_name
  std::string authority;  // empty: the cluster's name
  std::vector<std::pair<std::string, std::string>> initial_metadata;
  friend bool operator==(const AdsConfig&, const AdsConfig&) = default;
};

struct Bootstrap {
  std::string node_bytes;  // envoy.config.core.v3.Node, serialised, for the xDS client.
  std::string node_id;
  std::string node_cluster;

  std::optional<net::Address> admin_address;
  std::vector<NamedExtension> admin_access_logs;

  std::vector<std::shared_ptr<const Listener>> listeners;
  std::vector<std::shared_ptr<const Cluster>> clusters;
  std::optional<AdsConfig> ads;
  ConfigSource lds;  // kNone: no dynamic listeners.
  ConfigSource cds;

  // stats_config: tags given to every stat.
  std::vector<std::pair<std::string, std::string>> stats_tags;
};

}  // namespace weir::config
