// The heap of the process, as a seam: how large it is, and a way to give back what is free.
//
// The pool and the main thread; never a worker: both calls walk the allocator's lists.
#pragma once

#include <cstdint>

namespace weir::event {

struct HeapReading {
  uint64_t allocated = 0;  // Bytes in use.
  uint64_t size = 0;       // Bytes taken from the system, in use or free.
  uint64_t resident = 0;   // Bytes of the whole process in physical memory.

  uint64_t free() const { return size > allocated ? size - allocated : 0; }
};

class Heap {
 public:
  virtual ~Heap() = default;
  virtual HeapReading Read() const = 0;
  // Gives whole pages that are free back to the system.
  virtual void Shrink() = 0;
};

}  // namespace weir::event
