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
  executor_.Run([weak = std::weak_ptr<HeapWatch*>(self_), &loop = loop_, &heap = heap_,
                 given = given_back_] {
    event::HeapReading reading = heap.Read();
    // What was used again since is not given back any more.
    uint64_t given_back = std::min(given, reading.free());
    if (reading.free() - given_back > std::max(kMayBeFree, reading.allocated / kMayBeFreeShare)) {
      heap.Shrink();
      reading = heap.Read();
      given_back = reading.free();
    }
    loop.Post([weak, reading, given_back] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      (*self)->given_back_ = given_back;
      (*self)->read_(reading);
    });
  });
}

}  // namespace weir::server
