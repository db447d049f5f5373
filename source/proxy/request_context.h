// What a request, and all that serves it, needs of its connection.
#pragma once

#include <cstddef>

#include "source/generation/snapshot.h"
#include "source/proxy/http_stats.h"
#include "source/proxy/platform.h"
#include "source/stream_info/stream_info.h"

namespace weir::proxy {

// Lives as long as the connection.
struct RequestContext {
  const Platform& platform;
  const generation::Chain& chain;  // With a connection manager at its end.
  const stream_info::ConnectionInfo& connection;
  HttpStats& stats;
  size_t buffer_limit;

  const config::HttpConnectionManager& http() const { return *chain.http(); }
};

}  // namespace weir::proxy
