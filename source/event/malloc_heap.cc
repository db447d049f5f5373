#include "source/event/malloc_heap.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

namespace weir::event {
namespace {

// The second number of the file, in pages (proc(5)); 0 where there is none.
uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

MallocHeap::MallocHeap(uint32_t arenas) { mallopt(M_ARENA_MAX, static_cast<int>(arenas)); }

HeapReading MallocHeap::Read() const {
  // Over all arenas; hblkhd is what was mapped singly.
  const struct mallinfo2 heap = mallinfo2();
  return {.allocated = heap.uordblks + heap.hblkhd,
          .size = heap.arena + heap.hblkhd,
          .resident = ResidentBytes()};
}

void MallocHeap::Shrink() { malloc_trim(0); }

}  // namespace weir::event
