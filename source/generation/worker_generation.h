// A worker's hold on generations: one reference to each that it still uses, and a plain count of
// its users.
//
// Install makes a generation the current one; requests pin the current one and let go when they
// end. When an older generation has no user left on this worker, its reference is handed to
// `release`, which posts it to where it may be freed: no worker frees a generation. Worker's
// thread; owned by the worker.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "source/generation/snapshot.h"

namespace weir::generation {

class WorkerGeneration {
 public:
  using Release = std::function<void(std::shared_ptr<const void>)>;

 private:
  struct Held {
    std::shared_ptr<const Snapshot> snapshot;
    uint32_t users = 0;
  };

 public:
  // A user of one generation. Moved, not copied; must not outlive the WorkerGeneration.
  class Pin {
   public:
    Pin() = default;
    Pin(Pin&& other) noexcept;
    Pin& operator=(Pin&& other) noexcept;
    ~Pin() { Reset(); }
    void Reset();
    const Snapshot* get() const { return held_ == nullptr ? nullptr : held_->snapshot.get(); }
    const Snapshot* operator->() const { return get(); }

   private:
    friend class WorkerGeneration;
    Pin(WorkerGeneration* owner, Held* held) : owner_(owner), held_(held) {}
    WorkerGeneration* owner_ = nullptr;
    Held* held_ = nullptr;
  };

  // What a user keeps of a generation that it lets go. It is freed as a generation is.
  class Part {
   public:
    Part() = default;
    Part(Part&& other) noexcept = default;
    Part& operator=(Part&& other) noexcept;
    ~Part() { Reset(); }

   private:
    friend class WorkerGeneration;
    Part(const Release& release, std::shared_ptr<const void> object)
        : release_(&release), object_(std::move(object)) {}
    void Reset();
    const Release* release_ = nullptr;
    std::shared_ptr<const void> object_;
  };

  explicit WorkerGeneration(Release release) : release_(std::move(release)) {}
  WorkerGeneration(const WorkerGeneration&) = delete;
  WorkerGeneration& operator=(const WorkerGeneration&) = delete;
  // Checks that no user is left.
  ~WorkerGeneration();

  // The one before is released here when it has no user.
  void Install(std::shared_ptr<const Snapshot> snapshot);
  // After the first Install.
  const Snapshot& current() const { return *held_.back().snapshot; }
  Pin PinCurrent();
  // `object` is shared by the generation that the caller has pinned. For the few that live long: it
  // costs locked instructions. Must not outlive the WorkerGeneration.
  Part Keep(std::shared_ptr<const void> object) { return Part(release_, std::move(object)); }
  // How many generations this worker still holds, the current one among them.
  size_t held_count() const { return held_.size(); }

 private:
  void Drop(Held& held);

  Release release_;
  std::list<Held> held_;  // The current one is the last.
};

}  // namespace weir::generation
