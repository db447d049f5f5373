#include "source/buffer/block_pool.h"

#include <cstdlib>
#include <cstring>

#include "source/base/check.h"
#include "source/buffer/slice_table.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define WEIR_POISON(start, size) ASAN_POISON_MEMORY_REGION(start, size)
#define WEIR_UNPOISON(start, size) ASAN_UNPOISON_MEMORY_REGION(start, size)
#endif
#endif
#ifndef WEIR_POISON
#define WEIR_POISON(start, size) ((void)(start), (void)(size))
#define WEIR_UNPOISON(start, size) ((void)(start), (void)(size))
#endif

namespace weir::buffer {
namespace {

// The link of the free list lies in the first bytes of the data, which need not be aligned for it.
Block* NextFree(const Block* block) {
  Block* next;
  std::memcpy(&next, block->data, sizeof(next));
  return next;
}

void SetNextFree(Block* block, Block* next) { std::memcpy(block->data, &next, sizeof(next)); }

// Slices that a table which is kept may have room for. A usual message needs no more.
constexpr size_t kKeptSlices = 8;

Block* Allocate(BlockPool* pool, uint32_t capacity) {
  void* memory = std::malloc(offsetof(Block, data) + capacity);
  WEIR_CHECK(memory != nullptr, "out of memory");
  Block* block = static_cast<Block*>(memory);
  block->pool = pool;
  block->capacity = capacity;
  return block;
}

}  // namespace

void BlockRef::Release(Block* block) { block->pool->Return(block); }

BlockPool::~BlockPool() {
  WEIR_CHECK(bytes_in_use_ == 0, "a block outlived its pool");
  while (free_ != nullptr) {
    Block* block = free_;
    free_ = NextFree(block);
    WEIR_UNPOISON(block->data, block->capacity);
    std::free(block);
  }
  while (free_tables_ != nullptr) delete std::exchange(free_tables_, free_tables_->next_free);
}

BlockRef BlockPool::Take(uint32_t capacity) {
  Block* block;
  if (capacity > kBlockSize) {
    block = Allocate(this, capacity);
  } else if (free_ != nullptr) {
    block = free_;
    free_ = NextFree(block);
    --free_count_;
    WEIR_UNPOISON(block->data, block->capacity);
  } else {
    block = Allocate(this, kBlockSize);
  }
  block->references = 1;
  block->used = 0;
  bytes_in_use_ += block->capacity;
  return BlockRef(block);
}

BlockRef BlockPool::TakeExact(uint32_t capacity) {
  WEIR_CHECK(capacity != kBlockSize, "blocks of this size are pooled");
  Block* const block = Allocate(this, capacity);
  block->references = 1;
  block->used = 0;
  bytes_in_use_ += capacity;
  return BlockRef(block);
}

void BlockPool::Return(Block* block) {
  bytes_in_use_ -= block->capacity;
  if (block->capacity != kBlockSize || free_count_ >= max_free_blocks_) {
    std::free(block);
    return;
  }
  SetNextFree(block, free_);
  free_ = block;
  ++free_count_;
  // A view that outlived its block is found at its first use; the link stays readable.
  WEIR_POISON(block->data + sizeof(Block*), block->capacity - sizeof(Block*));
}

SliceTable* BlockPool::TakeTable() {
  if (free_tables_ == nullptr) return new SliceTable();
  --free_table_count_;
  return std::exchange(free_tables_, free_tables_->next_free);
}

void BlockPool::ReturnTable(SliceTable* table) {
  table->slices.clear();
  table->first = 0;
  if (free_table_count_ == kMaxFreeTables || table->slices.capacity() > kKeptSlices) {
    delete table;
    return;
  }
  table->next_free = free_tables_;
  free_tables_ = table;
  ++free_table_count_;
}

}  // namespace weir::buffer
