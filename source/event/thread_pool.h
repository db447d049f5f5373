// The pool for bulk work: a few threads and one queue.
//
// Run is for any thread. Destroying it waits for the work that runs and destroys the work that
// waits without running it: results that nobody will take are not computed.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "source/base/mutex.h"
#include "source/event/executor.h"

namespace weir::event {

class ThreadPool final : public Executor {
 public:
  // `threads` > 0.
  explicit ThreadPool(size_t threads);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() override;

  void Run(std::function<void()> work) override;

 private:
  void Work();

  Mutex mutex_;
  CondVar changed_;
  bool ended_ WEIR_GUARDED_BY(mutex_) = false;
  std::deque<std::function<void()>> waiting_ WEIR_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace weir::event
