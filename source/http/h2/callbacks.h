// nghttp2's callbacks as calls of Connection, which is their user_data.
#pragma once

#include <nghttp2/nghttp2.h>

namespace weir::http::h2 {

class Callbacks {
 public:
  // Shared by all sessions; made once, never freed.
  static const nghttp2_session_callbacks* Get();
  // Reads a stream's pending bytes.
  static nghttp2_data_provider DataProvider();
};

}  // namespace weir::http::h2
