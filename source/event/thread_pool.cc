#include "source/event/thread_pool.h"

#include <utility>

#include "source/base/check.h"

namespace weir::event {

ThreadPool::ThreadPool(size_t threads) {
  WEIR_CHECK(threads > 0, "a pool without threads");
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

ThreadPool::~ThreadPool() {
  std::deque<std::function<void()>> unrun;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    unrun.swap(waiting_);
  }
  changed_.SignalAll();
  unrun.clear();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::Run(std::function<void()> work) {
  {
    MutexLock lock(mutex_);
    if (ended_) return;
    waiting_.push_back(std::move(work));
  }
  changed_.Signal();
}

void ThreadPool::Work() {
  for (;;) {
    std::function<void()> work;
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && !ended_) changed_.Wait(mutex_);
      if (ended_) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace weir::event
