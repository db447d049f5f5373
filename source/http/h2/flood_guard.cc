#include "source/http/h2/flood_guard.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

namespace weir::http::h2 {

const Flood* FloodGuard::OnFrame(uint8_t type, uint8_t flags, size_t payload_bytes) {
  switch (type) {
    case NGHTTP2_DATA:
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION: {
      const uint8_t ends =
          type == NGHTTP2_CONTINUATION ? NGHTTP2_FLAG_END_HEADERS : NGHTTP2_FLAG_END_STREAM;
      if (payload_bytes > 0 || (flags & ends) != 0) {
        empty_frames_ = 0;
      } else if (++empty_frames_ > options_.max_consecutive_inbound_frames_with_empty_payload) {
        return &kEmptyFramesFlood;
      }
      return nullptr;
    }
    case NGHTTP2_PRIORITY:
      if (++priority_frames_ > options_.max_inbound_priority_frames_per_stream * (1 + streams_)) {
        return &kPriorityFlood;
      }
      return nullptr;
    case NGHTTP2_WINDOW_UPDATE: {
      const uint64_t allowed =
          5 + 2 * (streams_ + options_.max_inbound_window_update_frames_per_data_frame_sent *
                                  data_frames_sent_);
      return ++window_updates_ > allowed ? &kWindowUpdateFlood : nullptr;
    }
    default:
      return nullptr;
  }
}

// Envoy's rule: more than half of the streams, of which there count as many as the limit at least.
const Flood* FloodGuard::OnStreamEnd(bool premature) {
  ++ended_;
  if (!premature) return nullptr;
  ++premature_ends_;
  const uint64_t of = std::max<uint64_t>(ended_, options_.premature_reset_total_stream_count);
  return premature_ends_ * 2 >= of ? &kPrematureResets : nullptr;
}

}  // namespace weir::http::h2
