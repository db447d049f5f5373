// Equal values kept once, where each is worked out for itself: the settings of a listener's codecs
// by each connection, the parts of clusters that are alike by each cluster.
//
// Remembers the last few values; older ones live as long as who uses them. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace weir {

template <typename Value>
class RecentValues {
 public:
  // An object equal to `value`: one of the last few, where there is one.
  std::shared_ptr<const Value> Share(Value value) {
    for (const auto& held : held_) {
      if (held != nullptr && *held == value) return held;
    }
    std::shared_ptr<const Value>& place = held_[next_++ % held_.size()];
    place = std::make_shared<const Value>(std::move(value));
    return place;
  }

 private:
  std::array<std::shared_ptr<const Value>, 8> held_;
  size_t next_ = 0;
};

}  // namespace weir
