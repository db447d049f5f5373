// Memory for objects of one size that come and go all the time on one thread: what is freed is
// given to the next one, so that making an object in steady state calls no allocator.
//
// A class uses it through members of its own, so that `delete`, from whatever base, finds the way:
//
//   static void* operator new(size_t size, Recycler& recycler) { return recycler.Allocate(size); }
//   static void operator delete(void* memory) { Recycler::Free(memory); }
//
// A recycler outlives its objects. It keeps at most `max_free` pieces: memory follows use.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include "source/base/check.h"

namespace weir {

class Recycler {
 public:
  explicit Recycler(size_t max_free = 64) : max_free_(max_free) {}
  Recycler(const Recycler&) = delete;
  Recycler& operator=(const Recycler&) = delete;
  ~Recycler() {
    for (Header* piece : free_) ::operator delete(piece);
  }

  // Aligned as memory of ::operator new is. The size is the same in each call.
  void* Allocate(size_t size) {
    WEIR_DCHECK(size_ == 0 || size_ == size, "one size for all pieces");
    size_ = size;
    if (free_.empty()) {
      return new (::operator new(sizeof(Header) + size)) Header{this} + 1;
    }
    Header* const piece = free_.back();
    free_.pop_back();
    return piece + 1;
  }
  static void Free(void* memory) {
    Header* const piece = static_cast<Header*>(memory) - 1;
    Recycler& owner = *piece->owner;
    if (owner.free_.size() < owner.max_free_) {
      owner.free_.push_back(piece);
    } else {
      ::operator delete(piece);
    }
  }
  size_t kept() const { return free_.size(); }

 private:
  struct alignas(std::max_align_t) Header {
    Recycler* owner;
  };

  const size_t max_free_;
  size_t size_ = 0;
  std::vector<Header*> free_;
};

}  // namespace weir
