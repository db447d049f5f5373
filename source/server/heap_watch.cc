#include "source/server/heap_watch.h"

#include <algorithm>
#include <utility>

namespace weir::server {

HeapWatch::HeapWatch(event::Loop& loop, event::Executor& executor, event::Heap& heap,
                     std::function<void(const event::HeapReading&)> read)
    : loop_(loop),
      executor_(executor),
      heap_(heap),
      read_(std::move(read)),
      timer_(loop, [this] { Look(); }),
      self_(std::make_shared<HeapWatch*>(this)) {}

void HeapWatch::Start() { Look(); }

void HeapWatch::Look() {
  timer_.Enable(kInterval);
  executor_.Run([weak = std::weak_ptr<HeapWatch*>(self_), &loop = loop_, &heap = heap_] {
    event::HeapReading reading = heap.Read();
    if (reading.free() > std::max(kMayBeFree, reading.allocated / kMayBeFreeShare)) {
      heap.Shrink();
      reading = heap.Read();
    }
    loop.Post([weak, reading] {
      if (const auto self = weak.lock()) (*self)->read_(reading);
    });
  });
}

}  // namespace weir::server
