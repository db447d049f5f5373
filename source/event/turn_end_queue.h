// What a loop does when its turn ends: the tasks asked for, then the deaths deferred. Loops embed
// these.
//
// Loop's thread. A task queued while the tasks run is run in the next turn (so each runs at most
// once a turn): a loop that finds the queue not empty does not sleep.
#pragma once

#include <memory>
#include <vector>

#include "source/event/loop.h"

namespace weir::event {

class TurnEndQueue {
 public:
  TurnEndQueue();
  TurnEndQueue(const TurnEndQueue&) = delete;
  TurnEndQueue& operator=(const TurnEndQueue&) = delete;
  ~TurnEndQueue();

  // Nothing when `task` is queued already.
  void Add(TurnEndTask& task);
  bool empty() const { return waiting_.next_ == &waiting_; }
  // Runs those that are queued now, in their order.
  void RunAll();

 private:
  static void MakeEmpty(TurnEndTask& head);
  static void Release(TurnEndTask& head);

  TurnEndTask waiting_;  // Heads of two rings.
  TurnEndTask running_;
};

// Objects that die at the end of the turn. Their destructors may defer others, which die too.
class DeferredDeleteList {
 public:
  ~DeferredDeleteList() { DestroyAll(); }

  void Add(std::unique_ptr<DeferredDeletable> object) { objects_.push_back(std::move(object)); }
  bool empty() const { return objects_.empty(); }
  void DestroyAll();

 private:
  std::vector<std::unique_ptr<DeferredDeletable>> objects_;
  std::vector<std::unique_ptr<DeferredDeletable>>
      dying_;  // A member so that its capacity is reused.
};

}  // namespace weir::event
