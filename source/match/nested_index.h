// Things of which two contain one another or have nothing in common (prefixes of texts, ranges of
// addresses), found by what they contain: the innermost, then those around it.
//
// Sorted, a thing comes before those inside it; so whatever contains a point is the last one that
// does not begin behind the point, or lies around that one. O(log n), and a step for each thing
// around.
//
// Immutable once made; any thread. Lookups allocate nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "source/net/address.h"

namespace weir::match {

// Texts by their beginnings.
struct TextPrefix {
  using Key = std::string;
  using Point = std::string_view;
  static bool Before(const Key& a, const Key& b) { return a < b; }
  static bool BeginsBehind(const Key& key, Point point) { return key > point; }
  static bool Contains(const Key& key, Point point) { return point.starts_with(key); }
  static Point BeginOf(const Key& key) { return key; }
};

// Addresses of one family by the ranges that they are in.
struct AddressRange {
  using Key = net::CidrRange;
  using Point = net::IpAddress;
  static bool Before(const Key& a, const Key& b) {
    return std::forward_as_tuple(a.address(), a.prefix_length()) <
           std::forward_as_tuple(b.address(), b.prefix_length());
  }
  static bool BeginsBehind(const Key& key, const Point& point) { return key.address() > point; }
  static bool Contains(const Key& key, const Point& point) { return key.Contains(point); }
  static const Point& BeginOf(const Key& key) { return key.address(); }
};

template <typename Kind, typename Value>
class NestedIndex {
 public:
  using Key = typename Kind::Key;
  using Point = typename Kind::Point;

  NestedIndex() = default;
  // Of equal keys the earlier one counts as the inner one.
  explicit NestedIndex(std::vector<std::pair<Key, Value>> entries) {
    std::vector<uint32_t> order(entries.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&entries](uint32_t a, uint32_t b) {
      const Key& left = entries[a].first;
      const Key& right = entries[b].first;
      return Kind::Before(left, right) || (!Kind::Before(right, left) && a > b);
    });
    for (const uint32_t number : order) {
      auto& [key, value] = entries[number];
      uint32_t around = static_cast<uint32_t>(entries_.size());
      while (around != 0 && !Kind::Contains(entries_[around - 1].key, Kind::BeginOf(key))) {
        around = entries_[around - 1].around;
      }
      entries_.push_back({std::move(key), std::move(value), around});
    }
  }

  // Calls visit(value) for each thing that contains `point`, from the inside out, until it returns
  // true. Returns whether it did.
  template <typename Visit>
  bool VisitContaining(const Point& point, Visit visit) const {
    const auto behind = std::upper_bound(
        entries_.begin(), entries_.end(), point,
        [](const Point& at, const Entry& entry) { return Kind::BeginsBehind(entry.key, at); });
    uint32_t at = static_cast<uint32_t>(behind - entries_.begin());
    for (; at != 0; at = entries_[at - 1].around) {
      const Entry& entry = entries_[at - 1];
      if (Kind::Contains(entry.key, point) && visit(entry.value)) return true;
    }
    return false;
  }

  friend bool operator==(const NestedIndex&, const NestedIndex&) = default;

 private:
  struct Entry {
    Key key;
    Value value;
    uint32_t around;  // The next one around it, counted from 1; 0: none.
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries_;
};

}  // namespace weir::match
