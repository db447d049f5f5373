// The project's mutex: std::mutex with clang's thread-safety annotations.
//
// Not Abseil's: its shared library is not instrumented, and ThreadSanitizer reports correct code
// around it. Members guarded by a mutex carry WEIR_GUARDED_BY(mutex_).
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define WEIR_THREAD_ANNOTATION_(x) __attribute__((x))
#else
#define WEIR_THREAD_ANNOTATION_(x)
#endif
#define WEIR_GUARDED_BY(x) WEIR_THREAD_ANNOTATION_(guarded_by(x))
#define WEIR_REQUIRES(...) WEIR_THREAD_ANNOTATION_(requires_capability(__VA_ARGS__))
#define WEIR_EXCLUDES(...) WEIR_THREAD_ANNOTATION_(locks_excluded(__VA_ARGS__))

namespace weir {

class WEIR_THREAD_ANNOTATION_(capability("mutex")) Mutex {
 public:
  void Lock() WEIR_THREAD_ANNOTATION_(acquire_capability()) { mutex_.lock(); }
  void Unlock() WEIR_THREAD_ANNOTATION_(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class WEIR_THREAD_ANNOTATION_(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) WEIR_THREAD_ANNOTATION_(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() WEIR_THREAD_ANNOTATION_(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class CondVar {
 public:
  // Releases `mutex`, waits for a signal (or a spurious one), takes it again.
  void Wait(Mutex& mutex) WEIR_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // As Wait, at most until `deadline`; false when the deadline passed.
  template <typename TimePoint>
  bool WaitUntil(Mutex& mutex, TimePoint deadline) WEIR_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool signalled = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return signalled;
  }
  void Signal() { condition_.notify_one(); }
  void SignalAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace weir
