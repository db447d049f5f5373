// What connections on one worker are built from. References outlive every connection of the worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/base/recent_values.h"
#include "source/buffer/block_pool.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/filter/worker_stats.h"
#include "source/generation/worker_generation.h"
#include "source/http/h1/codec.h"
#include "source/http/h2/codec.h"
#include "source/http/h2/stats.h"
#include "source/proxy/http_stats.h"
#include "source/proxy/overload_state.h"
#include "source/proxy/request_headers.h"
#include "source/proxy/request_memory.h"
#include "source/proxy/route_stats.h"
#include "source/proxy/shadow_request.h"
#include "source/proxy/stats_by_prefix.h"
#include "source/upstream/cluster_map.h"

namespace weir::proxy {

// How much of the connections that finish a request are told to go: 0 none, 1 all. Set by a post
// from the server while listeners drain gradually.
struct DrainState {
  double closing_share = 0;
};

// What codecs of downstream connections are set to.
struct CodecOptions {
  RecentValues<http::h1::Options> h1;
  RecentValues<http::h2::Options> h2;
};

struct Platform {
  event::Loop& loop;
  event::Random& random;
  buffer::BlockPool& blocks;
  generation::WorkerGeneration& generations;
  upstream::ClusterMap& clusters;
  RequestMemoryPool& request_memory;
  StatsByPrefix<HttpStats>& http_stats;
  StatsByPrefix<TcpStats>& tcp_stats;
  StatsByPrefix<RouteStats>& route_stats;
  StatsByPrefix<http::h2::Stats>& http2_stats;  // One block, without a prefix.
  filter::WorkerStats& filter_stats;
  ShadowRequests& shadows;
  CodecOptions& codec_options;
  DateText& date;
  const DrainState& drain;
  const OverloadState& overload;

  // The same for connections that drain, or are refused, by other states.
  Platform With(const DrainState& other_drain, const OverloadState& other_overload) const {
    return {loop,          random,    blocks,      generations,   clusters,     request_memory,
            http_stats,    tcp_stats, route_stats, http2_stats,   filter_stats, shadows,
            codec_options, date,      other_drain, other_overload};
  }
};

}  // namespace weir::proxy
