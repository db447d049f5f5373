// Listener filters: look at a connection's first bytes before a filter chain is chosen.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "source/stream_info/stream_info.h"

namespace weir::filter {

class ListenerFilter {
 public:
  virtual ~ListenerFilter() = default;
  enum class Result : unsigned char { kDone, kNeedMore, kClose };
  // All bytes received so far, which stay for whoever comes next. `info` is filled with what they
  // say. `full`: no more than these will be shown (max_bytes reached, or the peer ended its side).
  virtual Result OnBytes(std::string_view bytes, bool full, stream_info::ConnectionInfo& info) = 0;
  // How many bytes it wants to see at most; 0: it looks at the addresses alone.
  virtual size_t max_bytes() const = 0;
};

class ListenerFilterFactory {
 public:
  virtual ~ListenerFilterFactory() = default;
  virtual std::unique_ptr<ListenerFilter> Create() const = 0;
};

}  // namespace weir::filter
