// The loop over Linux' epoll: one a thread, for workers, the main thread and the admin server
// alike.
//
//   Create -> Register, timers, posts ... -> Run (until Stop, from any thread)
//
// Everything but Post and Stop is for the thread that runs it (before Run: for the one that made
// it). Descriptors are registered once, edge-triggered, for both directions. An event that the
// kernel reported together with one whose handling closed its descriptor is dropped: no handler
// hears of a descriptor after Unregister or Forget, and a new one with the same number does not get
// the old one's event.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/mutex.h"
#include "source/event/clock.h"
#include "source/event/loop.h"
#include "source/event/timer_wheel.h"
#include "source/event/turn_end_queue.h"

namespace weir::event {

// Who is told about a descriptor.
class FdHandler {
 public:
  // `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR as epoll_wait gave them.
  virtual void OnEvents(uint32_t events) = 0;

 protected:
  ~FdHandler() = default;
};

class EpollLoop final : public Loop {
 public:
  static constexpr uint32_t kBothDirections = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

  static absl::StatusOr<std::unique_ptr<EpollLoop>> Create(const Clock& clock);
  EpollLoop(const EpollLoop&) = delete;
  EpollLoop& operator=(const EpollLoop&) = delete;
  ~EpollLoop() override;

  // Turns until Stop. Posts that were not run by then are destroyed.
  void Run();
  // Any thread. The turn under way is finished, turn-end tasks and deferred deaths included.
  void Stop();
  // One turn; waits for something to do at most `max_wait` (0: not at all).
  void RunOnce(Duration max_wait);

  // The present state is reported as a first event. `handler` outlives the registration.
  absl::Status Register(int fd, FdHandler& handler, uint32_t events = kBothDirections);
  // Reports the present state once more, as after Register.
  void Rearm(int fd, uint32_t events = kBothDirections);
  // No event any more; the descriptor stays open.
  void Unregister(int fd);
  // The same for a descriptor that the caller closes right after and that was never duplicated: the
  // kernel removes it by itself.
  void Forget(int fd);

  // Loop:
  // Before Run and between turns there is no turn's time: the clock is read.
  MonotonicTime Now() const override { return in_turn_ ? now_ : clock_.Monotonic(); }
  SystemTime WallNow() const override;
  void Arm(Timer& timer, Duration delay) override { timers_.Arm(timer, Now(), delay); }
  void Disarm(Timer& timer) override { timers_.Disarm(timer); }
  void Post(std::function<void()> task) override;
  void AtTurnEnd(TurnEndTask& task) override { turn_end_.Add(task); }
  void DeferDelete(std::unique_ptr<DeferredDeletable> object) override;

  // Turns taken so far, and descriptors registered now. Loop's thread.
  uint64_t turns() const { return turns_; }
  size_t registered() const { return registered_; }

 private:
  struct Registration {
    FdHandler* handler = nullptr;
    uint32_t generation = 0;  // Grows when the descriptor is given up.
  };
  class Wake final : public FdHandler {
   public:
    void OnEvents(uint32_t) override {}  // Edge-triggered: the counter need not be read.
  };

  EpollLoop(const Clock& clock, int epoll_fd, int wake_fd);

  int WaitMilliseconds(Duration max_wait);
  void Dispatch(const epoll_event& event);
  void RunPosted();
  void WakeUp();

  const Clock& clock_;
  const int epoll_fd_;
  const int wake_fd_;
  Wake wake_;
  MonotonicTime now_;
  mutable std::optional<SystemTime> wall_now_;  // Of this turn, once asked for.
  bool in_turn_ = false;
  uint64_t turns_ = 0;
  size_t registered_ = 0;
  std::vector<Registration> registrations_;  // By descriptor.
  std::array<epoll_event, 256> events_;

  TimerWheel timers_;
  TurnEndQueue turn_end_;
  DeferredDeleteList deferred_;

  std::atomic<bool> stop_{false};
  std::atomic<std::thread::id> thread_;  // The one inside Run.
  // Says that posted_ is not empty, so that a turn without posts takes no lock.
  std::atomic<bool> has_posted_{false};
  Mutex mutex_;
  bool ended_ WEIR_GUARDED_BY(mutex_) = false;
  std::vector<std::function<void()>> posted_ WEIR_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> running_;
};

}  // namespace weir::event
