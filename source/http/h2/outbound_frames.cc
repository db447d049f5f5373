#include "source/http/h2/outbound_frames.h"

namespace weir::http::h2 {

void OutboundFrames::BeginTurn(size_t output_bytes) {
  taken_.bytes += size_ - output_bytes;
  size_ = output_bytes;
  for (; first_ < marks_.size() && marks_[first_].bytes <= taken_.bytes; ++first_) {
    taken_ = {taken_.bytes, marks_[first_].frames, marks_[first_].control};
  }
  if (first_ * 2 < marks_.size()) return;
  marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

void OutboundFrames::EndTurn(size_t output_bytes) {
  if (output_bytes == size_) return;
  made_.bytes += output_bytes - size_;
  size_ = output_bytes;
  marks_.push_back(made_);
}

}  // namespace weir::http::h2
