// Slices of blocks, and the table of those that one Buffer queues: parts of Buffer and BlockPool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "source/buffer/block_pool.h"

namespace weir::buffer {

// A part of one block. Keeps the block alive.
struct Slice {
  BlockRef block;
  char* data = nullptr;
  uint32_t size = 0;

  std::string_view view() const { return {data, size}; }
};

// A buffer has one while it holds bytes, and gives it back to the pool when it has become empty.
struct SliceTable {
  std::vector<Slice> slices;
  size_t first = 0;                 // Index of the front slice; drained ones lie before it.
  SliceTable* next_free = nullptr;  // While the pool has it.

  std::span<const Slice> queued() const { return {slices.data() + first, slices.size() - first}; }
  Slice& front() { return slices[first]; }
};

}  // namespace weir::buffer
