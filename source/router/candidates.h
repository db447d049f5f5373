// The routes that a request has to be held against: lists, each ascending, which merged give the
// order of the configuration.
//
// Inside the folder alone; on the stack of one match.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::router {

class Candidates {
 public:
  // Beyond this many lists the caller has to try all routes in turn.
  static constexpr size_t kMaxLists = 64;
  // Numbers that are no list of the index (Room) and are kept here.
  static constexpr size_t kMaxOwn = 64;

  void Add(std::span<const uint32_t> list) {
    if (list.empty()) return;
    if (size_ == kMaxLists) return Overflow();
    lists_[size_++] = {list.data(), list.data() + list.size()};
  }
  // Where a list may be put together; AddOwn takes the first `count` numbers of it.
  std::span<uint32_t> Room() { return std::span(own_).subspan(own_used_); }
  void AddOwn(size_t count) {
    const std::span<const uint32_t> list = std::span(own_).subspan(own_used_, count);
    own_used_ += count;
    Add(list);
  }
  void Overflow() { overflowed_ = true; }
  bool overflowed() const { return overflowed_; }

  // The least number that was not yet taken, or kNone.
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t Next() {
    size_t best = 0;
    uint32_t least = kNone;
    for (size_t i = 0; i < size_; ++i) {
      if (*lists_[i].next < least) {
        least = *lists_[i].next;
        best = i;
      }
    }
    if (least == kNone) return kNone;
    if (++lists_[best].next == lists_[best].end) lists_[best] = lists_[--size_];
    return least;
  }

 private:
  struct List {
    const uint32_t* next;
    const uint32_t* end;
  };
  std::array<List, kMaxLists> lists_;  // The first `size_` are set; none is empty.
  std::array<uint32_t, kMaxOwn> own_;
  size_t size_ = 0;
  size_t own_used_ = 0;
  bool overflowed_ = false;
};

}  // namespace weir::router
