#include "test/fakes/sim_loop.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"

namespace weir::fakes {
namespace {

constexpr event::MonotonicTime kStart{std::chrono::hours(1)};
constexpr event::SystemTime kWallStart{std::chrono::seconds(1704067200)};
// So many turns without time moving are an endless loop in what is tested.
constexpr int kMostTurnsAtOnce = 1'000'000;

}  // namespace

SimLoop::SimLoop(uint64_t seed) : start_(kStart), now_(kStart), random_(seed), timers_(kStart) {}

SimLoop::~SimLoop() {
  ended_ = true;
  std::vector<std::function<void()>> unrun;
  unrun.swap(posted_);
  unrun.clear();
  deferred_.DestroyAll();
}

event::SystemTime SimLoop::WallNow() const { return kWallStart + (now_ - start_); }

void SimLoop::Post(std::function<void()> task) {
  if (ended_) return;
  posted_.push_back(std::move(task));
}

void SimLoop::DeferDelete(std::unique_ptr<event::DeferredDeletable> object) {
  deferred_.Add(std::move(object));
}

bool SimLoop::HasWorkNow() {
  if (!posted_.empty() || !turn_end_.empty() || !deferred_.empty()) return true;
  const std::optional<event::MonotonicTime> due = timers_.NextDue();
  return due && *due <= now_;
}

bool SimLoop::RunTurn() {
  if (!HasWorkNow()) return false;
  ++turns_;
  std::vector<std::function<void()>> running;
  running.swap(posted_);
  timers_.Advance(now_);
  for (std::function<void()>& task : running) {
    task();
    task = nullptr;
  }
  turn_end_.RunAll();
  deferred_.DestroyAll();
  return true;
}

void SimLoop::RunReady() {
  for (int turns = 0; RunTurn(); ++turns) {
    WEIR_CHECK(turns < kMostTurnsAtOnce, "work without end at one moment of virtual time");
  }
}

bool SimLoop::JumpToNextTimer(event::MonotonicTime limit) {
  const std::optional<event::MonotonicTime> due = timers_.NextDue();
  if (!due || *due > limit) return false;
  now_ = std::max(now_, *due);
  return true;
}

void SimLoop::RunUntil(event::MonotonicTime time) {
  WEIR_CHECK(time >= now_, "virtual time does not go back");
  do {
    RunReady();
  } while (JumpToNextTimer(time));
  now_ = time;
  RunReady();
}

bool SimLoop::RunUntilIdle(event::Duration limit) {
  const event::MonotonicTime last = now_ + limit;
  do {
    RunReady();
  } while (JumpToNextTimer(last));
  return timers_.size() == 0;
}

bool SimLoop::RunUntilTrue(const std::function<bool()>& done, event::Duration limit) {
  const event::MonotonicTime last = now_ + limit;
  int turns_at_once = 0;
  while (!done()) {
    if (RunTurn()) {
      WEIR_CHECK(++turns_at_once < kMostTurnsAtOnce,
                 "work without end at one moment of virtual time");
      continue;
    }
    turns_at_once = 0;
    if (!JumpToNextTimer(last)) return done();
  }
  return true;
}

}  // namespace weir::fakes
