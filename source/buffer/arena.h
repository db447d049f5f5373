// The memory of one request: a bump allocator over pooled blocks that dies whole.
//
// Header maps put the values that they change here; codecs hand over the blocks that header views
// point into (Keep). One worker; no destructors are run for what is placed here, so only trivial
// things go in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "source/buffer/block_pool.h"

namespace weir::buffer {

class Arena {
 public:
  explicit Arena(BlockPool& pool) : pool_(pool) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `size` bytes, not aligned: for text.
  char* Allocate(size_t size) {
    if (current_ == nullptr || current_->capacity - current_->used < size) return AllocateNew(size);
    char* const start = current_->data + current_->used;
    current_->used += static_cast<uint32_t>(size);
    return start;
  }
  // A copy of `text` that lives as long as the arena, or until Reset.
  std::string_view Copy(std::string_view text);
  // The pieces joined, likewise.
  std::string_view Concat(std::initializer_list<std::string_view> pieces);
  // An empty string for text whose size is not known before it is put together: for one piece at a
  // time, to be copied from. It has the capacity of pieces before it, unless one was large.
  std::string& Scratch();
  // Holds `block` until Reset, so that views into it stay valid.
  void Keep(const BlockRef& block);

  // Lets everything go. The capacity of the bookkeeping and of Scratch stays for the next request.
  void Reset();
  // Bytes charged to the request: blocks of its own and blocks kept.
  size_t bytes_held() const { return bytes_held_; }
  BlockPool& pool() const { return pool_; }

 private:
  // From a block that is not there yet.
  char* AllocateNew(size_t size);

  BlockPool& pool_;
  std::vector<BlockRef> blocks_;  // The last one that is ours is where the next bytes go.
  Block* current_ = nullptr;
  size_t bytes_held_ = 0;
  std::string scratch_;
};

}  // namespace weir::buffer
