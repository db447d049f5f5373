// A queue of bytes made of slices of pooled blocks: read into at the back, parsed and drained at
// the front.
//
// One owner, one worker. An empty Buffer holds no block and no table of slices, so an idle
// connection costs nothing here. Moving bytes between buffers moves slices and copies nothing,
// except that short slices are merged. Views returned stay valid until the bytes are drained,
// unless the caller keeps the block by a BlockRef.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "source/buffer/block_pool.h"
#include "source/buffer/slice_table.h"

namespace weir::buffer {

class Buffer {
 public:
  explicit Buffer(BlockPool& pool) : pool_(&pool) {}
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { ReleaseTable(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  BlockPool& pool() const { return *pool_; }

  // Copies `bytes` to the back.
  void Append(std::string_view bytes);
  // Shares the bytes of `slice`.
  void Append(Slice slice);
  // Shares all bytes of `other`, which keeps them.
  void AppendShared(const Buffer& other);
  // Moves the first `n` bytes of `other` (all by default) to the back of this one. Never calls
  // anybody.
  void MoveFrom(Buffer& other, size_t n = SIZE_MAX);

  // Room for at least `min_bytes` contiguous bytes at the back; Commit says how many were filled.
  // The room is at most what is left in the last block, or a new block.
  std::span<char> Reserve(size_t min_bytes = 1);
  void Commit(size_t n);

  // Removes the first `n` bytes; n <= size().
  void Drain(size_t n);
  void Clear() { Drain(size_); }
  // Moves the bytes, when they are few and hold much larger blocks, to a block of just their size:
  // for who waits long for the rest of them. Views into them need their block kept.
  void Compact() {
    if (size_ > 0 && size_ <= kCompactBelow) CompactFew();
  }

  // The first contiguous piece; empty when the buffer is.
  std::string_view Front() const;
  // The first `n` bytes as one view, copied into one block when they are not there already; n <=
  // size().
  std::string_view Linearize(size_t n);
  // The block behind Front(), for who keeps views into it. The buffer must not be empty.
  const BlockRef& FrontBlock() const;

  // Fills at most `vectors.size()` entries from the front; returns how many.
  size_t Gather(std::span<iovec> vectors) const;
  // All bytes, copied. For tests, dumps and small bodies.
  std::string ToString() const;

 private:
  // Bytes that Compact moves at most: more would be copied too often while they grow byte by byte.
  static constexpr size_t kCompactBelow = 1024;

  void CompactFew();
  // The table, taken from the pool where there is none yet.
  SliceTable& Table();
  void ReleaseTable() {
    if (table_ != nullptr) pool_->ReturnTable(std::exchange(table_, nullptr));
  }
  // Takes an empty slice at the back away.
  void DropEmptyBack();

  BlockPool* pool_;
  size_t size_ = 0;
  SliceTable* table_ = nullptr;  // Null when nothing is held.
};

}  // namespace weir::buffer
