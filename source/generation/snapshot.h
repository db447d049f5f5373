// A generation: all configuration in force, immutable, shared by all workers.
//
// Built by the server off the data path, sharing with the one before what did not change; published
// by one post to each worker. Parts are freed on the main thread alone (see WorkerGeneration).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/base/hash_map.h"
#include "source/base/persistent_map.h"
#include "source/config/cluster.h"
#include "source/config/listener.h"
#include "source/filter/factories.h"
#include "source/router/chain_index.h"
#include "source/router/route_index.h"

namespace weir::generation {

struct HttpFilter {
  std::string name;
  std::shared_ptr<const filter::HttpFilterFactory> factory;
  bool disabled = false;  // It runs only where a route says so.
};

struct Router {
  config::Router config;
  std::vector<std::shared_ptr<const filter::AccessLog>> upstream_logs;
};

struct HttpFilters {
  std::vector<HttpFilter> before_router;  // In order.
  Router router;
};

// A filter chain with everything made that a connection needs. A connection pins this part alone.
struct Chain {
  std::shared_ptr<const config::FilterChain> config;
  HttpFilters http_filters;
  // In their place for requests that ask for an upgrade of a type which has its own.
  HashMap<HttpFilters> upgrade_filters;
  std::vector<std::shared_ptr<const filter::AccessLog>> access_logs;
  // Of an inline route_config; null when the routes come by RDS.
  std::shared_ptr<const router::RouteIndex> inline_routes;

  // One of the two is null.
  const config::HttpConnectionManager* http() const {
    const auto* const http =
        std::get_if<std::shared_ptr<const config::HttpConnectionManager>>(&config->terminal);
    return http == nullptr ? nullptr : http->get();
  }
  const config::TcpProxy* tcp() const;
};

struct Listener {
  std::shared_ptr<const config::Listener> config;
  std::shared_ptr<const router::ChainIndex> index;
  // By the address of the configuration that `index` gives: the chain itself may be the one of an
  // earlier version whose configuration was equal, so that its connections are left alone.
  absl::flat_hash_map<const config::FilterChain*, std::shared_ptr<const Chain>> chains;
  // Of the chains that have one, with today's secrets: for new connections. Not part of the chain,
  // which connections keep when a secret is replaced.
  absl::flat_hash_map<const config::FilterChain*,
                      std::shared_ptr<const net::TransportSocketFactory>>
      transports;
  std::vector<std::shared_ptr<const filter::ListenerFilterFactory>> listener_filters;
  std::vector<std::shared_ptr<const filter::AccessLog>> access_logs;

  // Null when the listener has no such chain.
  std::shared_ptr<const Chain> ChainFor(const config::FilterChain& wanted) const;
  // Null: raw.
  const net::TransportSocketFactory* TransportFor(const config::FilterChain& wanted) const;
  bool Has(const Chain& chain) const;
};

struct Snapshot {
  uint64_t number = 0;  // Grows by one a generation.
  PersistentMap<config::ClusterEntry> clusters;
  PersistentMap<std::shared_ptr<const router::RouteIndex>> routes;  // By rds_key.
  PersistentMap<std::shared_ptr<const Listener>> listeners;
};

}  // namespace weir::generation
