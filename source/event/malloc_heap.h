// The heap of glibc's malloc. Any thread.
#pragma once

#include "source/event/heap.h"

namespace weir::event {

class MallocHeap final : public Heap {
 public:
  HeapReading Read() const override;
  void Shrink() override;
};

}  // namespace weir::event
