// The pool for bulk work (decoding, validating, comparing), as a seam.
#pragma once

#include <functional>

namespace weir::event {

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `work` on some thread of the pool. Results travel back by Loop::Post. Any thread.
  // The order of two pieces of work is not kept.
  virtual void Run(std::function<void()> work) = 0;
};

}  // namespace weir::event
