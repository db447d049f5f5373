// The heap of glibc's malloc. Any thread.
#pragma once

#include <cstdint>

#include "source/event/heap.h"

namespace weir::event {

class MallocHeap final : public Heap {
 public:
  // Threads share at most `arenas` parts of the heap: each part keeps the holes that a large update
  // leaves, and glibc would make eight for each CPU. Before other threads are started.
  explicit MallocHeap(uint32_t arenas);

  HeapReading Read() const override;
  void Shrink() override;
};

}  // namespace weir::event
