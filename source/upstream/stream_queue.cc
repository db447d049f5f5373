#include "source/upstream/stream_queue.h"

namespace weir::upstream {

void StreamRequest::Cancel() {
  if (queue_ != nullptr) queue_->Cancel(*this);
}

StreamQueue::~StreamQueue() {
  while (!empty()) Pop();
}

bool StreamQueue::Push(StreamRequest& request) {
  if (!context_.leases.pending_requests.TryTake()) return false;
  context_.stats.upstream_rq_pending_total.Inc();
  context_.stats.upstream_rq_pending_active.Inc();
  Append(request);
  return true;
}

StreamRequest& StreamQueue::Pop() {
  StreamRequest& request = *first_;
  Unlink(request);
  context_.leases.pending_requests.Give();
  context_.stats.upstream_rq_pending_active.Dec();
  return request;
}

void StreamQueue::MoveTo(StreamQueue& other) {
  while (!empty()) {
    StreamRequest& request = *first_;
    Unlink(request);
    other.Append(request);
  }
}

void StreamQueue::Cancel(StreamRequest& request) {
  Unlink(request);
  context_.leases.pending_requests.Give();
  context_.stats.upstream_rq_pending_active.Dec();
  context_.stats.upstream_rq_cancelled.Inc();
  context_.owner.OnLessUse();
}

void StreamQueue::Append(StreamRequest& request) {
  request.queue_ = this;
  request.previous_ = last_;
  request.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = &request;
  last_ = &request;
  ++size_;
}

void StreamQueue::Unlink(StreamRequest& request) {
  (request.previous_ == nullptr ? first_ : request.previous_->next_) = request.next_;
  (request.next_ == nullptr ? last_ : request.next_->previous_) = request.previous_;
  request.queue_ = nullptr;
  request.previous_ = request.next_ = nullptr;
  --size_;
}

}  // namespace weir::upstream
