#include "source/event/epoll_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "source/base/check.h"
#include "source/base/status.h"

namespace weir::event {
namespace {

uint64_t Token(int fd, uint32_t generation) {
  return (uint64_t{generation} << 32) | static_cast<uint32_t>(fd);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EpollLoop>> EpollLoop::Create(const Clock& clock) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return FromErrno(errno, "epoll_create1");
  const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) {
    const absl::Status status = FromErrno(errno, "eventfd");
    close(epoll_fd);
    return status;
  }
  std::unique_ptr<EpollLoop> loop(new EpollLoop(clock, epoll_fd, wake_fd));
  WEIR_RETURN_IF_ERROR(loop->Register(wake_fd, loop->wake_, EPOLLIN | EPOLLET));
  loop->registered_ = 0;
  return loop;
}

EpollLoop::EpollLoop(const Clock& clock, int epoll_fd, int wake_fd)
    : clock_(clock),
      epoll_fd_(epoll_fd),
      wake_fd_(wake_fd),
      now_(clock.Monotonic()),
      timers_(now_) {}

EpollLoop::~EpollLoop() {
  // What dies here may post, defer or cancel: the loop still stands while it does.
  std::vector<std::function<void()>> unrun;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    unrun.swap(posted_);
  }
  unrun.clear();
  deferred_.DestroyAll();
  close(wake_fd_);
  close(epoll_fd_);
}

void EpollLoop::Run() {
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  while (!stop_.load(std::memory_order_acquire)) RunOnce(std::chrono::hours(1));
  std::vector<std::function<void()>> unrun;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    unrun.swap(posted_);
  }
  unrun.clear();
  deferred_.DestroyAll();
  thread_.store(std::thread::id(), std::memory_order_relaxed);
}

void EpollLoop::Stop() {
  stop_.store(true, std::memory_order_release);
  WakeUp();
}

int EpollLoop::WaitMilliseconds(Duration max_wait) {
  if (has_posted_.load(std::memory_order_acquire) || !turn_end_.empty() || !deferred_.empty()) {
    return 0;
  }
  Duration wait = max_wait;
  if (const std::optional<MonotonicTime> due = timers_.NextDue()) {
    wait = std::min(wait, std::max(*due - clock_.Monotonic(), Duration::zero()));
  }
  // Up: a timer is not waited for in a busy loop. Bounded, so that it fits.
  const int64_t milliseconds =
      (wait + std::chrono::milliseconds(1) - Duration(1)) / std::chrono::milliseconds(1);
  return static_cast<int>(std::min<int64_t>(milliseconds, 3'600'000));
}

void EpollLoop::RunOnce(Duration max_wait) {
  const int wait = WaitMilliseconds(max_wait);
  const int count = epoll_wait(epoll_fd_, events_.data(), static_cast<int>(events_.size()), wait);
  WEIR_CHECK(count >= 0 || errno == EINTR, "epoll_wait failed");
  ++turns_;
  now_ = clock_.Monotonic();
  wall_now_.reset();
  in_turn_ = true;
  // Taken before the events are handled: what they post belongs to a later turn.
  if (has_posted_.load(std::memory_order_acquire)) {
    MutexLock lock(mutex_);
    has_posted_.store(false, std::memory_order_relaxed);
    running_.swap(posted_);
  }
  for (int i = 0; i < count; ++i) Dispatch(events_[static_cast<size_t>(i)]);
  timers_.Advance(now_);
  RunPosted();
  turn_end_.RunAll();
  deferred_.DestroyAll();
  in_turn_ = false;
}

SystemTime EpollLoop::WallNow() const {
  if (!in_turn_) return clock_.System();
  if (!wall_now_) wall_now_ = clock_.System();
  return *wall_now_;
}

void EpollLoop::Dispatch(const epoll_event& event) {
  const auto fd = static_cast<uint32_t>(event.data.u64);
  const auto generation = static_cast<uint32_t>(event.data.u64 >> 32);
  const Registration& registration = registrations_[fd];
  if (registration.handler == nullptr || registration.generation != generation) return;
  registration.handler->OnEvents(event.events);
}

void EpollLoop::RunPosted() {
  for (std::function<void()>& task : running_) {
    task();
    task = nullptr;  // What it holds is let go before the next one runs.
  }
  running_.clear();
}

absl::Status EpollLoop::Register(int fd, FdHandler& handler, uint32_t events) {
  WEIR_CHECK(fd >= 0, "no descriptor");
  if (registrations_.size() <= static_cast<size_t>(fd)) {
    registrations_.resize(static_cast<size_t>(fd) + 1);
  }
  Registration& registration = registrations_[static_cast<size_t>(fd)];
  WEIR_CHECK(registration.handler == nullptr, "the descriptor is registered already");
  epoll_event event{};
  event.events = events;
  event.data.u64 = Token(fd, registration.generation);
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) return FromErrno(errno, "epoll_ctl");
  registration.handler = &handler;
  ++registered_;
  return absl::OkStatus();
}

void EpollLoop::Rearm(int fd, uint32_t events) {
  const Registration& registration = registrations_[static_cast<size_t>(fd)];
  WEIR_CHECK(registration.handler != nullptr, "the descriptor is not registered");
  epoll_event event{};
  event.events = events;
  event.data.u64 = Token(fd, registration.generation);
  WEIR_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0, "epoll_ctl failed");
}

void EpollLoop::Unregister(int fd) {
  Forget(fd);
  WEIR_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr) == 0, "epoll_ctl failed");
}

void EpollLoop::Forget(int fd) {
  Registration& registration = registrations_[static_cast<size_t>(fd)];
  WEIR_CHECK(registration.handler != nullptr, "the descriptor is not registered");
  registration.handler = nullptr;
  ++registration.generation;
  --registered_;
}

void EpollLoop::Post(std::function<void()> task) {
  bool wake;
  {
    MutexLock lock(mutex_);
    if (ended_) return;  // `task` dies with the parameter, outside of the lock.
    wake = posted_.empty();
    posted_.push_back(std::move(task));
    has_posted_.store(true, std::memory_order_release);
  }
  // The loop's own thread looks at has_posted_ before it waits.
  if (wake && thread_.load(std::memory_order_relaxed) != std::this_thread::get_id()) WakeUp();
}

void EpollLoop::DeferDelete(std::unique_ptr<DeferredDeletable> object) {
  deferred_.Add(std::move(object));
}

void EpollLoop::WakeUp() {
  const uint64_t one = 1;
  // EAGAIN says that the counter is full, which it is after 2^64 wake-ups; the edge has come then
  // too.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

}  // namespace weir::event
