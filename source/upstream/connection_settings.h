// From a cluster's configuration to what its connections are made with.
#pragma once

#include <memory>

#include "source/config/cluster.h"
#include "source/upstream/pool_context.h"

namespace weir::upstream {

// What the codec takes of the configuration's options, which listeners and clusters share; limits
// and scheme are the user's.
http::h2::Options Http2OptionsOf(const config::Http2Options& config);
http::h2::Keepalive::Settings Http2KeepaliveOf(const config::Http2Options& config);

// `transport` may be null: raw_buffer.
std::shared_ptr<const ConnectionSettings> MakeConnectionSettings(
    const config::Cluster& cluster, std::shared_ptr<const net::TransportSocketFactory> transport);

// Whether connections made for one are good for the other too.
bool HaveEqualConnections(const config::Cluster& a, const config::Cluster& b);

}  // namespace weir::upstream
