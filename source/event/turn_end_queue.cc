#include "source/event/turn_end_queue.h"

namespace weir::event {

void TurnEndTask::Cancel() {
  if (!queued()) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

TurnEndQueue::TurnEndQueue() : waiting_(nullptr), running_(nullptr) {
  MakeEmpty(waiting_);
  MakeEmpty(running_);
}

TurnEndQueue::~TurnEndQueue() {
  Release(waiting_);
  Release(running_);
}

void TurnEndQueue::MakeEmpty(TurnEndTask& head) { head.previous_ = head.next_ = &head; }

void TurnEndQueue::Release(TurnEndTask& head) {
  while (head.next_ != &head) head.next_->Cancel();
  head.previous_ = head.next_ = nullptr;
}

void TurnEndQueue::Add(TurnEndTask& task) {
  if (task.queued()) return;
  task.previous_ = waiting_.previous_;
  task.next_ = &waiting_;
  waiting_.previous_->next_ = &task;
  waiting_.previous_ = &task;
}

void TurnEndQueue::RunAll() {
  if (empty()) return;
  running_.next_ = waiting_.next_;
  running_.previous_ = waiting_.previous_;
  running_.next_->previous_ = &running_;
  running_.previous_->next_ = &running_;
  MakeEmpty(waiting_);
  while (running_.next_ != &running_) {
    TurnEndTask& task = *running_.next_;
    task.Cancel();
    task.run_();
  }
}

void DeferredDeleteList::DestroyAll() {
  while (!objects_.empty()) {
    dying_.swap(objects_);
    dying_.clear();
  }
}

}  // namespace weir::event
