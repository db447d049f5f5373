#include "source/buffer/arena.h"

#include <algorithm>
#include <cstring>

#include "source/base/check.h"

namespace weir::buffer {
namespace {

// Capacity of Scratch that is kept.
constexpr size_t kKeptScratch = 1024;

}  // namespace

char* Arena::AllocateNew(size_t size) {
  WEIR_CHECK(size <= UINT32_MAX, "one piece of text above 4 GiB");
  BlockRef block = pool_.Take(std::max(static_cast<uint32_t>(size), BlockPool::kBlockSize));
  Block* const taken = block.get();
  bytes_held_ += taken->capacity;
  blocks_.push_back(std::move(block));
  taken->used = static_cast<uint32_t>(size);
  // A piece with a block of its own leaves the room of the current block to those that follow.
  if (current_ == nullptr || taken->capacity - size > current_->capacity - current_->used) {
    current_ = taken;
  }
  return taken->data;
}

std::string_view Arena::Copy(std::string_view text) {
  if (text.empty()) return {};
  char* start = Allocate(text.size());
  std::memcpy(start, text.data(), text.size());
  return {start, text.size()};
}

std::string_view Arena::Concat(std::initializer_list<std::string_view> pieces) {
  size_t total = 0;
  for (std::string_view piece : pieces) total += piece.size();
  if (total == 0) return {};
  char* const start = Allocate(total);
  char* end = start;
  for (std::string_view piece : pieces) {
    if (!piece.empty()) std::memcpy(end, piece.data(), piece.size());
    end += piece.size();
  }
  return {start, total};
}

std::string& Arena::Scratch() {
  if (scratch_.capacity() > kKeptScratch) std::string().swap(scratch_);
  scratch_.clear();
  return scratch_;
}

void Arena::Keep(const BlockRef& block) {
  // A head spans few blocks, and is told block after block: looking at the last two finds repeats.
  const size_t looked_at = std::min<size_t>(blocks_.size(), 2);
  for (size_t i = 0; i < looked_at; ++i) {
    if (blocks_[blocks_.size() - 1 - i].get() == block.get()) return;
  }
  bytes_held_ += block->capacity;
  blocks_.push_back(block);
}

void Arena::Reset() {
  blocks_.clear();
  current_ = nullptr;
  bytes_held_ = 0;
  Scratch();
}

}  // namespace weir::buffer
