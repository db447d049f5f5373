// The one table from a StreamError to what the client, the log and the counters get to see of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "source/buffer/arena.h"
#include "source/http/stream_error.h"
#include "source/stream_info/response_flag.h"
#include "source/stream_info/stream_info.h"

namespace weir::proxy {

struct ErrorAnswer {
  uint16_t status;
  std::optional<stream_info::ResponseFlag> flag;
  std::string_view details;  // %RESPONSE_CODE_DETAILS%
  std::string_view body;     // Of the local reply; Envoy's words, which people's alerts look for.
  // Where the upstream was reset: Envoy's word for it, of which details and body are made.
  std::string_view reset_reason = {};
};

// For an error that ends a request before response headers went out. Pure.
ErrorAnswer AnswerFor(const http::StreamError& error);
// The same with what is known of the tries: that there were several, and what the transport of the
// last one said. Texts made of that lie in `arena`.
ErrorAnswer AnswerFor(const http::StreamError& error, const stream_info::UpstreamInfo& upstream,
                      buffer::Arena& arena);

}  // namespace weir::proxy
