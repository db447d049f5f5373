// Executors without threads: one that works in the call, and one that keeps the work until it is
// told.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "source/event/executor.h"

namespace weir::fakes {

// Does the work at once, in the caller.
class InlineExecutor final : public event::Executor {
 public:
  void Run(std::function<void()> work) override { work(); }
};

// Keeps the work, so that a test decides when, and whether, a slow validation ends.
class DeferredExecutor final : public event::Executor {
 public:
  void Run(std::function<void()> work) override { waiting_.push_back(std::move(work)); }

  size_t waiting() const { return waiting_.size(); }
  // The oldest piece. False when there is none.
  bool RunOne() {
    if (waiting_.empty()) return false;
    std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    work();
    return true;
  }
  // The newest piece first: the order of two pieces is not kept by a pool either.
  bool RunNewest() {
    if (waiting_.empty()) return false;
    std::function<void()> work = std::move(waiting_.back());
    waiting_.pop_back();
    work();
    return true;
  }
  void RunAll() {
    while (RunOne()) {
    }
  }

 private:
  std::deque<std::function<void()>> waiting_;
};

}  // namespace weir::fakes
