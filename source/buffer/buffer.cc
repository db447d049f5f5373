#include "source/buffer/buffer.h"

#include <algorithm>
#include <cstring>

#include "source/base/check.h"

namespace weir::buffer {
namespace {

// Slices up to this size are copied behind another one rather than queued: an iovec and a held
// block cost more than the copy.
constexpr uint32_t kMergeBelow = 512;

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
      table_(std::exchange(other.table_, nullptr)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  ReleaseTable();
  pool_ = other.pool_;
  size_ = std::exchange(other.size_, 0);
  table_ = std::exchange(other.table_, nullptr);
  return *this;
}

SliceTable& Buffer::Table() {
  if (table_ == nullptr) table_ = pool_->TakeTable();
  return *table_;
}

void Buffer::DropEmptyBack() {
  table_->slices.pop_back();
  if (size_ == 0) ReleaseTable();
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
  if (table_ != nullptr) {
    Slice& back = table_->slices.back();
    if (back.block.get() == slice.block.get() && End(back) == slice.data) {
      back.size += slice.size;
      size_ += slice.size;
      return;
    }
    if (slice.size <= kMergeBelow && (back.size <= kMergeBelow || RoomBehind(back) >= slice.size)) {
      Append(slice.view());
      return;
    }
    if (back.size == 0) DropEmptyBack();
  }
  size_ += slice.size;
  Table().slices.push_back(std::move(slice));
}

void Buffer::MoveFrom(Buffer& other, size_t n) {
  n = std::min(n, other.size_);
  if (n == 0) return;
  if (empty() && n == other.size_ && pool_ == other.pool_) {
    *this = std::move(other);
    return;
  }
  while (n > 0) {
    Slice& front = other.table_->front();
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
  if (other.table_ == nullptr) return;
  for (const Slice& slice : other.table_->queued()) Append(slice);
}

std::span<char> Buffer::Reserve(size_t min_bytes) {
  if (table_ != nullptr) {
    Slice& back = table_->slices.back();
    const Block& block = *back.block.get();
    const size_t room = block.capacity - block.used;
    if (room >= min_bytes && room > 0) return {back.block->data + block.used, room};
    if (back.size == 0) DropEmptyBack();
  }
  WEIR_CHECK(min_bytes <= UINT32_MAX, "one contiguous piece above 4 GiB");
  BlockRef block = pool_->Take(std::max(static_cast<uint32_t>(min_bytes), BlockPool::kBlockSize));
  char* const data = block->data;
  const size_t capacity = block->capacity;
  Table().slices.push_back(Slice{std::move(block), data, 0});
  return {data, capacity};
}

void Buffer::Commit(size_t n) {
  WEIR_CHECK(table_ != nullptr, "Commit without Reserve");
  Slice& back = table_->slices.back();
  Block& block = *back.block.get();
  if (n == 0) {
    if (back.size == 0) DropEmptyBack();
    return;
  }
  WEIR_CHECK(n <= block.capacity - block.used, "more committed than reserved");
  char* const start = block.data + block.used;
  block.used += static_cast<uint32_t>(n);
  size_ += n;
  if (End(back) == start) {
    back.size += static_cast<uint32_t>(n);
  } else {
    table_->slices.push_back(Slice{back.block, start, static_cast<uint32_t>(n)});
  }
}

void Buffer::Drain(size_t n) {
  WEIR_CHECK(n <= size_, "drained more than there is");
  size_ -= n;
  if (size_ == 0) return ReleaseTable();
  size_t& first = table_->first;
  while (n > 0) {
    Slice& front = table_->slices[first];
    if (front.size > n) {
      front.data += n;
      front.size -= static_cast<uint32_t>(n);
      break;
    }
    n -= front.size;
    front = Slice{};
    ++first;
  }
  // Slices in front that are gone are squeezed out when they are the larger part: constant time a
  // slice.
  if (first > 16 && first * 2 > table_->slices.size()) {
    table_->slices.erase(table_->slices.begin(),
                         table_->slices.begin() + static_cast<ptrdiff_t>(first));
    first = 0;
  }
}

void Buffer::CompactFew() {
  size_t held = 0;
  for (const Slice& slice : table_->queued()) held += slice.block->capacity;
  if (held <= 2 * kCompactBelow) return;
  BlockRef block = pool_->TakeExact(static_cast<uint32_t>(size_));
  for (const Slice& slice : table_->queued()) {
    std::memcpy(block->data + block->used, slice.data, slice.size);
    block->used += slice.size;
  }
  char* const data = block->data;
  table_->slices.clear();
  table_->first = 0;
  table_->slices.push_back(Slice{std::move(block), data, static_cast<uint32_t>(size_)});
}

std::string_view Buffer::Front() const {
  return size_ == 0 ? std::string_view() : table_->front().view();
}

std::string_view Buffer::Linearize(size_t n) {
  WEIR_CHECK(n <= size_, "linearized more than there is");
  if (n == 0) return {};
  std::vector<Slice>& slices = table_->slices;
  size_t& first = table_->first;
  if (slices[first].size >= n) return {slices[first].data, n};
  WEIR_CHECK(n <= UINT32_MAX, "one contiguous piece above 4 GiB");
  BlockRef block = pool_->Take(static_cast<uint32_t>(n));
  // Only what was asked for is copied; the rest of the last slice touched stays where it is.
  uint32_t copied = 0;
  size_t last = first;
  for (;; ++last) {
    Slice& slice = slices[last];
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
  // first.
  const size_t place = last - 1;
  for (size_t i = first; i < place; ++i) slices[i] = Slice{};
  slices[place] = Slice{std::move(block), nullptr, copied};
  slices[place].data = slices[place].block->data;
  if (slices[last].size == 0) slices.erase(slices.begin() + static_cast<ptrdiff_t>(last));
  first = place;
  return slices[first].view();
}

const BlockRef& Buffer::FrontBlock() const {
  WEIR_CHECK(size_ > 0, "an empty buffer has no front");
  return table_->front().block;
}

size_t Buffer::Gather(std::span<iovec> vectors) const {
  size_t count = 0;
  if (table_ == nullptr) return count;
  for (const Slice& slice : table_->queued()) {
    if (count == vectors.size()) break;
    if (slice.size == 0) continue;
    vectors[count++] = iovec{slice.data, slice.size};
  }
  return count;
}

std::string Buffer::ToString() const {
  std::string out;
  out.reserve(size_);
  if (table_ == nullptr) return out;
  for (const Slice& slice : table_->queued()) out.append(slice.view());
  return out;
}

}  // namespace weir::buffer
