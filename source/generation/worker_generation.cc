#include "source/generation/worker_generation.h"

#include <utility>

#include "source/base/check.h"

namespace weir::generation {

WorkerGeneration::Pin::Pin(Pin&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), held_(std::exchange(other.held_, nullptr)) {}

WorkerGeneration::Pin& WorkerGeneration::Pin::operator=(Pin&& other) noexcept {
  if (this != &other) {
    Reset();
    owner_ = std::exchange(other.owner_, nullptr);
    held_ = std::exchange(other.held_, nullptr);
  }
  return *this;
}

void WorkerGeneration::Pin::Reset() {
  if (held_ == nullptr) return;
  Held* held = std::exchange(held_, nullptr);
  --held->users;
  owner_->Drop(*held);
}

WorkerGeneration::Part& WorkerGeneration::Part::operator=(Part&& other) noexcept {
  if (this != &other) {
    Reset();
    release_ = other.release_;
    object_ = std::move(other.object_);
  }
  return *this;
}

void WorkerGeneration::Part::Reset() {
  if (object_ != nullptr) (*release_)(std::exchange(object_, nullptr));
}

WorkerGeneration::~WorkerGeneration() {
  for (Held& held : held_) {
    WEIR_CHECK(held.users == 0, "a request outlived its worker's generations");
    release_(std::move(held.snapshot));
  }
}

void WorkerGeneration::Install(std::shared_ptr<const Snapshot> snapshot) {
  held_.push_back(Held{std::move(snapshot)});
  if (held_.size() > 1) Drop(*std::prev(held_.end(), 2));
}

WorkerGeneration::Pin WorkerGeneration::PinCurrent() {
  Held& held = held_.back();
  ++held.users;
  return Pin(this, &held);
}

void WorkerGeneration::Drop(Held& held) {
  if (held.users > 0 || &held == &held_.back()) return;
  release_(std::move(held.snapshot));
  held_.remove_if([&](const Held& each) { return &each == &held; });
}

}  // namespace weir::generation
