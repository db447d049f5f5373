// Earliest deadline first: picks entries in proportion to their weights, and evenly spread.
//
// Each entry waits for 1/weight between two picks. Over a time in which no weight changes, the
// number of picks of an entry is off from its exact share by less than one. A pick costs O(log n).
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace weir::upstream {

class EdfSchedule {
 public:
  void Reserve(size_t n) { heap_.reserve(n); }
  // `phase` in [0, 1): how much of its first waiting time has passed. weight > 0.
  void Add(size_t index, double weight, double phase) {
    heap_.push_back({(1.0 - phase) / weight, next_order_++, index});
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }

  // The entry that is due next, which then waits for its turn by `weight_of(index)` > 0. Must not
  // be empty.
  template <typename WeightOf>
  size_t Pick(WeightOf weight_of) {
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    Entry& entry = heap_.back();
    const size_t index = entry.index;
    now_ = entry.deadline;
    entry.deadline = now_ + 1.0 / weight_of(index);
    entry.order = next_order_++;
    std::push_heap(heap_.begin(), heap_.end(), Later);
    if (now_ > kRebaseAt) Rebase();
    return index;
  }

  bool empty() const { return heap_.empty(); }

 private:
  struct Entry {
    double deadline;
    size_t order;  // First come, first served among equals.
    size_t index;
  };
  static bool Later(const Entry& a, const Entry& b) {
    return a.deadline != b.deadline ? a.deadline > b.deadline : a.order > b.order;
  }
  // So that small steps are not lost against a large sum.
  static constexpr double kRebaseAt = 1e6;
  void Rebase() {
    for (Entry& entry : heap_) entry.deadline -= now_;
    now_ = 0;
  }

  double now_ = 0;
  size_t next_order_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace weir::upstream
