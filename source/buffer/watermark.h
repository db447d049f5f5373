// When to stop the producer of bytes and when to let it go on: two marks and what was last told.
//
// A value, embedded beside the buffer that it judges. The gap between the marks keeps a producer
// from being stopped and started at each turn.
#pragma once

#include <cstddef>

namespace weir::buffer {

class Watermark {
 public:
  enum class Crossing { kNone, kRoseAboveHigh, kFellToLow };

  // Bytes. high == 0: no limit, nothing is ever crossed.
  Watermark(size_t low, size_t high) : low_(low), high_(high) {}
  // Half of `high` as the low mark.
  explicit Watermark(size_t high) : Watermark(high / 2, high) {}

  // Told the present size after each change; each crossing is reported once.
  Crossing Update(size_t size) {
    if (high_ == 0) return Crossing::kNone;
    if (!above_ && size > high_) {
      above_ = true;
      return Crossing::kRoseAboveHigh;
    }
    if (above_ && size <= low_) {
      above_ = false;
      return Crossing::kFellToLow;
    }
    return Crossing::kNone;
  }

  // Between a rise above the high mark and the fall to the low one.
  bool above() const { return above_; }
  size_t high() const { return high_; }
  size_t low() const { return low_; }

 private:
  size_t low_;
  size_t high_;
  bool above_ = false;
};

}  // namespace weir::buffer
