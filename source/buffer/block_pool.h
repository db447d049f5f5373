// Memory for bytes in flight: fixed blocks from a pool that belongs to one worker.
//
// A BlockRef keeps a block alive; the count is not atomic, since a block never leaves its worker.
// The pool keeps at most `max_free_blocks` unused blocks and gives the rest back, so that memory
// follows use. A pool outlives all its blocks: its destructor checks that none is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir::buffer {

class BlockPool;
struct SliceTable;

// The bytes behind a BlockRef. Made by BlockPool alone.
struct Block {
  BlockPool* pool;
  uint32_t references;
  uint32_t capacity;  // Bytes at `data`.
  uint32_t used;      // Bytes written so far, from the start; views into them stay valid.
  char data[1];       // `capacity` of them follow in the same allocation.
};

// Counted reference to a block. A value; cheap to move.
class BlockRef {
 public:
  BlockRef() = default;
  explicit BlockRef(Block* block) : block_(block) {}  // Takes over one reference.
  BlockRef(const BlockRef& other) : block_(other.block_) {
    if (block_ != nullptr) ++block_->references;
  }
  BlockRef(BlockRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  BlockRef& operator=(BlockRef other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~BlockRef() {
    if (block_ != nullptr && --block_->references == 0) Release(block_);
  }

  Block* get() const { return block_; }
  Block* operator->() const { return block_; }
  explicit operator bool() const { return block_ != nullptr; }
  bool unique() const { return block_->references == 1; }

 private:
  static void Release(Block* block);

  Block* block_ = nullptr;
};

class BlockPool {
 public:
  // Bytes of a usual block. 16 KiB takes a whole TLS record and most request heads.
  static constexpr uint32_t kBlockSize = 16 * 1024;

  explicit BlockPool(uint32_t max_free_blocks = 256) : max_free_blocks_(max_free_blocks) {}
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

  // An empty block of at least `capacity` bytes: a pooled one up to kBlockSize, one of its own size
  // above.
  BlockRef Take(uint32_t capacity = kBlockSize);
  // An empty block of just `capacity` bytes, which goes back to the system: for little that is held
  // long.
  BlockRef TakeExact(uint32_t capacity);

  // Bytes in blocks that are referenced now, and in blocks kept for reuse.
  size_t bytes_in_use() const { return bytes_in_use_; }
  size_t bytes_free() const { return free_count_ * size_t{kBlockSize}; }

 private:
  friend class BlockRef;
  friend class Buffer;
  // Unused tables that are kept: as many buffers as a turn may fill.
  static constexpr uint32_t kMaxFreeTables = 64;

  void Return(Block* block);
  // For Buffer: an empty table; tables are kept as blocks are, so that a buffer that fills and
  // drains with each request allocates nothing.
  SliceTable* TakeTable();
  void ReturnTable(SliceTable* table);

  const uint32_t max_free_blocks_;
  uint32_t free_count_ = 0;
  uint32_t free_table_count_ = 0;
  SliceTable* free_tables_ = nullptr;
  Block* free_ = nullptr;  // Linked through the first bytes of `data`.
  size_t bytes_in_use_ = 0;
};

}  // namespace weir::buffer
