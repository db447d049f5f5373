// A heap as large as the test says.
#pragma once

#include "source/event/heap.h"

namespace weir::fakes {

class FakeHeap final : public event::Heap {
 public:
  event::HeapReading Read() const override { return reading; }
  // What is free is given back at once, but for `holes` bytes.
  void Shrink() override {
    ++shrinks;
    reading.size = reading.allocated + holes;
  }

  event::HeapReading reading;
  uint64_t holes = 0;
  int shrinks = 0;
};

}  // namespace weir::fakes
