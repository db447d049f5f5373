// From a cluster's configuration to what its connections are made with.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/cluster.h"
#include "source/stream_info/stream_info.h"
#include "source/upstream/host.h"
#include "source/upstream/pool_context.h"

namespace weir::upstream {

// What the codec takes of the configuration's options, which listeners and clusters share; limits
// and scheme are the user's.
http::h2::Options Http2OptionsOf(const config::Http2Options& config);
http::h2::Keepalive::Settings Http2KeepaliveOf(const config::Http2Options& config);

// `transport` may be null: raw_buffer.
std::shared_ptr<const ConnectionSettings> MakeConnectionSettings(
    const config::Cluster& cluster, std::shared_ptr<const net::TransportSocketFactory> transport);

// What connections of a pool offer in their handshakes.
std::vector<std::string> ProtocolsOf(PoolKind kind);

// The pools for a request; `downstream_http2`: its client speaks HTTP/2, `raw`: it is a tunnel.
PoolKind KindFor(config::Cluster::Protocol protocol, bool downstream_http2, bool raw);

// What connections for a request say of whom they are for. See StreamOptions.
net::ConnectionPurpose PurposeOf(const config::Cluster& cluster, const ConnectionSettings& settings,
                                 const stream_info::ConnectionInfo* downstream,
                                 std::string_view server_name);
// Whether a connection of one of them says anything of the client's; `transports` may be null.
bool TellsOfDownstream(const config::Transports* transports);

// Begins to connect to `host`, whose name is added to `options`.
std::unique_ptr<net::ByteStream> Connect(const PoolContext& context, const Host& host,
                                         const ConnectionSettings& settings,
                                         net::TransportOptions options);

// Whether connections made for one are good for the other too.
bool HaveEqualConnections(const config::Cluster& a, const config::Cluster& b);

}  // namespace weir::upstream
