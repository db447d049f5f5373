#include "source/event/malloc_heap.h"

#include <malloc.h>

namespace weir::event {

MallocHeap::MallocHeap(uint32_t arenas) { mallopt(M_ARENA_MAX, static_cast<int>(arenas)); }

HeapReading MallocHeap::Read() const {
  // Over all arenas; hblkhd is what was mapped singly.
  const struct mallinfo2 heap = mallinfo2();
  return {.allocated = heap.uordblks + heap.hblkhd, .size = heap.arena + heap.hblkhd};
}

void MallocHeap::Shrink() { malloc_trim(0); }

}  // namespace weir::event
