// A heap as large as the test says.
#pragma once

#include "source/event/heap.h"

namespace weir::fakes {

class FakeHeap final : public event::Heap {
 public:
  event::HeapReading Read() const override { return reading; }
  // What is free is given back at once.
  void Shrink() override {
    ++shrinks;
    reading.size = reading.allocated;
  }

  event::HeapReading reading;
  int shrinks = 0;
};

}  // namespace weir::fakes
