// Equal values kept once: the connections of a listener share what their codecs are set to, each
// with one reference, though each works it out for itself.
//
// Remembers the last few values; older ones live as long as who uses them. Worker's thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace weir::proxy {

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

}  // namespace weir::proxy
