// Requests that wait for a connection, first in, first out: linked through themselves, so that
// waiting allocates nothing. Each holds one unit of max_pending_requests. Owned by a pool or the
// cluster.
#pragma once

#include <cstddef>

#include "source/upstream/pool_context.h"
#include "source/upstream/stream_request.h"

namespace weir::upstream {

class StreamQueue {
 public:
  explicit StreamQueue(PoolContext& context) : context_(context) {}
  StreamQueue(const StreamQueue&) = delete;
  StreamQueue& operator=(const StreamQueue&) = delete;
  // Forgets those that wait, without a word to them: the worker ends.
  ~StreamQueue();

  bool empty() const { return first_ == nullptr; }
  size_t size() const { return size_; }

  // False at the limit of pending requests; nothing was done then.
  bool Push(StreamRequest& request);
  // The first one, which gives its unit back. Must not be empty.
  StreamRequest& Pop();
  // All, to the end of `other`, a queue of the same priority; their units stay taken.
  void MoveTo(StreamQueue& other);
  // The user gave `request` up, which waits here.
  void Cancel(StreamRequest& request);

 private:
  void Append(StreamRequest& request);
  void Unlink(StreamRequest& request);

  PoolContext& context_;
  StreamRequest* first_ = nullptr;
  StreamRequest* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace weir::upstream
