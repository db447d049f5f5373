// Steps that happen one after the other, each some time after the one before.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "source/event/loop.h"

namespace weir::sim {

class Script {
 public:
  explicit Script(event::Loop& loop) : timer_(loop, [this] { Run(); }) {}

  // Never runs from inside this call.
  void Then(event::Duration delay, std::function<void()> step) {
    steps_.push_back({delay, std::move(step)});
    if (steps_.size() == 1 && !running_) timer_.Enable(delay);
  }
  void Cancel() {
    steps_.clear();
    timer_.Disable();
  }

 private:
  struct Step {
    event::Duration delay;
    std::function<void()> run;
  };

  // A step may cancel, or add others.
  void Run() {
    const std::function<void()> run = std::move(steps_.front().run);
    steps_.pop_front();
    running_ = true;
    run();
    running_ = false;
    if (!steps_.empty() && !timer_.enabled()) timer_.Enable(steps_.front().delay);
  }

  std::deque<Step> steps_;
  bool running_ = false;
  event::Timer timer_;
};

}  // namespace weir::sim
