// Death at the end of the turn for what may be on the stack and does not derive from
// DeferredDeletable.
#pragma once

#include <memory>
#include <utility>

#include "source/event/loop.h"

namespace weir::upstream {

template <typename T>
void DestroyAtTurnEnd(event::Loop& loop, std::unique_ptr<T> object) {
  class Holder final : public event::DeferredDeletable {
   public:
    explicit Holder(std::unique_ptr<T> held) : held_(std::move(held)) {}

   private:
    std::unique_ptr<T> held_;
  };
  loop.DeferDelete(std::make_unique<Holder>(std::move(object)));
}

}  // namespace weir::upstream
