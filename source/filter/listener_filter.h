// Listener filters: look at a connection's first bytes before a filter chain is chosen.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "source/filter/worker_stats.h"
#include "source/stream_info/stream_info.h"

namespace weir::filter {

class ListenerFilter {
 public:
  virtual ~ListenerFilter() = default;
  enum class Result : unsigned char { kDone, kNeedMore, kClose };
  // All bytes received so far, which stay for whoever comes next, but for consumed(). `info` is
  // filled with what they say. `full`: no more than these will be shown (max_bytes reached, or the
  // peer ended its side).
  virtual Result OnBytes(std::string_view bytes, bool full, stream_info::ConnectionInfo& info) = 0;
  // How many bytes it wants to see at most; 0: it looks at the addresses alone.
  virtual size_t max_bytes() const = 0;
  // Once it is done: how many of the bytes shown were meant for it alone.
  virtual size_t consumed() const { return 0; }
};

class ListenerFilterFactory {
 public:
  virtual ~ListenerFilterFactory() = default;
  // `stats` are those of the worker, and outlive the filter.
  virtual std::unique_ptr<ListenerFilter> Create(WorkerStats& stats) const = 0;
};

}  // namespace weir::filter
