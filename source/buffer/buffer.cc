#include "source/buffer/buffer.h"

#include <algorithm>
#include <cstring>

#include "source/base/check.h"

namespace weir::buffer {
namespace {

// Slices up to this size are copied behind another one rather than queued: an iovec and a held
// block cost more than the copy.
constexpr uint32_t kMergeBelow = 512;
// Room for slices that an empty buffer may keep. A usual message needs no more.
constexpr size_t kKeptSlices = 8;

char* End(const Slice& slice) { return slice.data + slice.size; }

// Whether bytes may be written right behind `slice`, and how many.
uint32_t RoomBehind(const Slice& slice) {
  const Block& block = *slice.block.get();
  return End(slice) == block.data + block.used ? block.capacity - block.used : 0;
}

}  // namespace

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(other.pool_),
      size_(std::exchange(other.size_, 0)),
      first_(std::exchange(other.first_, 0)),
      slices_(std::move(other.slices_)) {
  other.slices_.clear();
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  pool_ = other.pool_;
  size_ = std::exchange(other.size_, 0);
  first_ = std::exchange(other.first_, 0);
  slices_ = std::move(other.slices_);
  other.slices_.clear();
  return *this;
}

void Buffer::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    std::span<char> room = Reserve();
    const size_t n = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), n);
    Commit(n);
    bytes.remove_prefix(n);
  }
}

void Buffer::Append(Slice slice) {
  if (slice.size == 0) return;
  if (!slices_.empty()) {
    Slice& back = slices_.back();
    if (back.block.get() == slice.block.get() && End(back) == slice.data) {
      back.size += slice.size;
      size_ += slice.size;
      return;
    }
    if (slice.size <= kMergeBelow && (back.size <= kMergeBelow || RoomBehind(back) >= slice.size)) {
      Append(slice.view());
      return;
    }
    if (back.size == 0) slices_.pop_back();
  }
  size_ += slice.size;
  slices_.push_back(std::move(slice));
}

void Buffer::MoveFrom(Buffer& other, size_t n) {
  n = std::min(n, other.size_);
  if (n == 0) return;
  if (empty() && n == other.size_ && pool_ == other.pool_) {
    slices_.clear();
    slices_.swap(other.slices_);
    first_ = std::exchange(other.first_, 0);
    size_ = std::exchange(other.size_, 0);
    return;
  }
  while (n > 0) {
    Slice& front = other.slices_[other.first_];
    if (front.size > n) {
      Append(Slice{front.block, front.data, static_cast<uint32_t>(n)});
      other.Drain(n);
      return;
    }
    const uint32_t size = front.size;
    Slice taken = std::move(front);
    Append(std::move(taken));
    other.Drain(size);
    n -= size;
  }
}

void Buffer::AppendShared(const Buffer& other) {
  for (const Slice& slice : other.slices()) Append(slice);
}

std::span<char> Buffer::Reserve(size_t min_bytes) {
  if (!slices_.empty()) {
    const Block& block = *slices_.back().block.get();
    const size_t room = block.capacity - block.used;
    if (room >= min_bytes && room > 0) return {slices_.back().block->data + block.used, room};
    if (slices_.back().size == 0) slices_.pop_back();
  }
  WEIR_CHECK(min_bytes <= UINT32_MAX, "one contiguous piece above 4 GiB");
  BlockRef block = pool_->Take(std::max(static_cast<uint32_t>(min_bytes), BlockPool::kBlockSize));
  char* const data = block->data;
  const size_t capacity = block->capacity;
  slices_.push_back(Slice{std::move(block), data, 0});
  return {data, capacity};
}

void Buffer::Commit(size_t n) {
  WEIR_CHECK(!slices_.empty(), "Commit without Reserve");
  Slice& back = slices_.back();
  Block& block = *back.block.get();
  if (n == 0) {
    if (back.size == 0) slices_.pop_back();
    return;
  }
  WEIR_CHECK(n <= block.capacity - block.used, "more committed than reserved");
  char* const start = block.data + block.used;
  block.used += static_cast<uint32_t>(n);
  size_ += n;
  if (End(back) == start) {
    back.size += static_cast<uint32_t>(n);
  } else {
    slices_.push_back(Slice{back.block, start, static_cast<uint32_t>(n)});
  }
}

void Buffer::Drain(size_t n) {
  WEIR_CHECK(n <= size_, "drained more than there is");
  size_ -= n;
  if (size_ == 0) {
    first_ = 0;
    if (slices_.capacity() > kKeptSlices) {
      std::vector<Slice>().swap(slices_);
    } else {
      slices_.clear();
    }
    return;
  }
  while (n > 0) {
    Slice& front = slices_[first_];
    if (front.size > n) {
      front.data += n;
      front.size -= static_cast<uint32_t>(n);
      break;
    }
    n -= front.size;
    front = Slice{};
    ++first_;
  }
  // Slices in front that are gone are squeezed out when they are the larger part: constant time a
  // slice.
  if (first_ > 16 && first_ * 2 > slices_.size()) {
    slices_.erase(slices_.begin(), slices_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
}

std::string_view Buffer::Front() const {
  return size_ == 0 ? std::string_view() : slices_[first_].view();
}

std::string_view Buffer::Linearize(size_t n) {
  WEIR_CHECK(n <= size_, "linearized more than there is");
  if (n == 0) return {};
  if (slices_[first_].size >= n) return {slices_[first_].data, n};
  WEIR_CHECK(n <= UINT32_MAX, "one contiguous piece above 4 GiB");
  BlockRef block = pool_->Take(static_cast<uint32_t>(n));
  // Only what was asked for is copied; the rest of the last slice touched stays where it is.
  uint32_t copied = 0;
  size_t last = first_;
  for (;; ++last) {
    Slice& slice = slices_[last];
    const uint32_t part = std::min(slice.size, static_cast<uint32_t>(n) - copied);
    std::memcpy(block->data + copied, slice.data, part);
    copied += part;
    if (copied == n) {
      slice.data += part;
      slice.size -= part;
      break;
    }
  }
  block->used = copied;
  // The joined piece takes the place of the slice before `last`, which is emptied and at or after
  // first_.
  const size_t place = last - 1;
  for (size_t i = first_; i < place; ++i) slices_[i] = Slice{};
  slices_[place] = Slice{std::move(block), nullptr, copied};
  slices_[place].data = slices_[place].block->data;
  if (slices_[last].size == 0) slices_.erase(slices_.begin() + static_cast<ptrdiff_t>(last));
  first_ = place;
  return slices_[first_].view();
}

const BlockRef& Buffer::FrontBlock() const {
  WEIR_CHECK(size_ > 0, "an empty buffer has no front");
  return slices_[first_].block;
}

size_t Buffer::Gather(std::span<iovec> vectors) const {
  size_t count = 0;
  for (const Slice& slice : slices()) {
    if (count == vectors.size()) break;
    if (slice.size == 0) continue;
    vectors[count++] = iovec{slice.data, slice.size};
  }
  return count;
}

std::string Buffer::ToString() const {
  std::string out;
  out.reserve(size_);
  for (const Slice& slice : slices()) out.append(slice.view());
  return out;
}

}  // namespace weir::buffer
