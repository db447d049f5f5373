// The counters of a WorkerCluster that are made when they are first asked for.

#include <string>
#include <utility>

#include "source/base/strings.h"
#include "source/upstream/worker_cluster.h"

namespace weir::upstream {
namespace {

// Names that requests may bring for the counters of one cluster.
constexpr size_t kMostAltStats = 100;

}  // namespace

AltStats* WorkerCluster::alt_stats(std::string_view name) {
  const auto found = alt_stats_.find(name);
  if (found != alt_stats_.end()) return &**found->second;
  if (alt_stats_.size() == kMostAltStats) {
    stats_->upstream_rq_alt_stat_overflow.Inc();
    return nullptr;
  }
  auto block = std::make_unique<stats::Block<AltStats>>(
      platform_.stats, stats::Scope{"cluster.", StrCat(config::StatName(*config_), ".",
                                                       config::StatName(std::string(name)))});
  return &**alt_stats_.emplace(name, std::move(block)).first->second;
}

http::h2::Stats& WorkerCluster::Http2Stats() {
  if (http2_stats_ == nullptr) {
    http2_stats_ = std::make_unique<stats::Block<http::h2::Stats>>(
        platform_.stats, stats::Scope{"cluster.", config::StatName(*config_), "http2."});
  }
  return **http2_stats_;
}

net::TransportStats& WorkerCluster::transport_stats() {
  if (transport_stats_ == nullptr) {
    transport_stats_ = std::make_unique<stats::Block<net::TransportStats>>(
        platform_.stats, stats::Scope{"cluster.", config::StatName(*config_), "ssl."});
  }
  return **transport_stats_;
}

}  // namespace weir::upstream
