// The one table from a StreamError to what the client, the log and the counters get to see of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "source/http/stream_error.h"
#include "source/stream_info/response_flag.h"

namespace weir::proxy {

struct ErrorAnswer {
  uint16_t status;
  std::optional<stream_info::ResponseFlag> flag;
  std::string_view details;  // %RESPONSE_CODE_DETAILS%
  std::string_view body;     // Of the local reply; Envoy's words, which people's alerts look for.
};

// For an error that ends a request before response headers went out. Pure.
ErrorAnswer AnswerFor(const http::StreamError& error);

}  // namespace weir::proxy
