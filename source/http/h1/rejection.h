// Why a message is refused, and what the server answers before it closes the connection.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/http/stream_error.h"

namespace weir::http::h1 {

struct Rejection {
  uint16_t status;  // Of the server codec's answer; the client codec has no use for it.
  ErrorKind kind;
  std::string_view detail;  // A literal.
};

inline constexpr Rejection kBareLf{400, ErrorKind::kMalformed, "http1.bare_lf"};
inline constexpr Rejection kBareCr{400, ErrorKind::kMalformed, "http1.bare_cr"};
inline constexpr Rejection kFoldedLine{400, ErrorKind::kMalformed, "http1.folded_line"};
inline constexpr Rejection kBlankBeforeColon{400, ErrorKind::kMalformed,
                                             "http1.blank_before_colon"};
inline constexpr Rejection kBadFieldName{400, ErrorKind::kMalformed, "http1.invalid_field_name"};
inline constexpr Rejection kBadFieldValue{400, ErrorKind::kMalformed, "http1.invalid_field_value"};
inline constexpr Rejection kBadHead{400, ErrorKind::kMalformed, "http1.invalid_head"};
inline constexpr Rejection kEmptyLines{400, ErrorKind::kMalformed, "http1.empty_lines"};
inline constexpr Rejection kCutHead{400, ErrorKind::kMalformed, "http1.incomplete_head"};
inline constexpr Rejection kHeadTooLarge{431, ErrorKind::kHeadersTooLarge,
                                         "http1.headers_too_large"};
inline constexpr Rejection kTooManyFields{431, ErrorKind::kHeadersTooLarge,
                                          "http1.too_many_headers"};
inline constexpr Rejection kBadMethod{400, ErrorKind::kMalformed, "http1.invalid_method"};
inline constexpr Rejection kBadTarget{400, ErrorKind::kMalformed, "http1.invalid_url"};
inline constexpr Rejection kBadVersion{400, ErrorKind::kMalformed, "http1.invalid_version"};
inline constexpr Rejection kOtherVersion{505, ErrorKind::kUnsupported, "http1.unsupported_version"};
inline constexpr Rejection kHttp10{426, ErrorKind::kUnsupported, "low_version"};
inline constexpr Rejection kConnectContent{400, ErrorKind::kMalformed,
                                           "http1.connect_with_content"};
inline constexpr Rejection kNoHost{400, ErrorKind::kMalformed, "missing_host_header"};
inline constexpr Rejection kBadHost{400, ErrorKind::kMalformed, "http1.invalid_host"};
inline constexpr Rejection kManyHosts{400, ErrorKind::kMalformed, "http1.multiple_hosts"};
inline constexpr Rejection kBadLength{400, ErrorKind::kMalformed, "http1.invalid_content_length"};
inline constexpr Rejection kManyLengths{400, ErrorKind::kMalformed,
                                        "http1.multiple_content_length"};
inline constexpr Rejection kLengthAndCoding{400, ErrorKind::kMalformed,
                                            "http1.content_length_and_chunked_not_allowed"};
inline constexpr Rejection kBadCoding{400, ErrorKind::kMalformed,
                                      "http1.invalid_transfer_encoding"};
inline constexpr Rejection kOtherCoding{501, ErrorKind::kUnsupported,
                                        "http1.unsupported_transfer_encoding"};
inline constexpr Rejection kCodingInHttp10{400, ErrorKind::kMalformed,
                                           "http1.transfer_encoding_in_http_10"};
inline constexpr Rejection kBadConnection{400, ErrorKind::kMalformed, "http1.invalid_connection"};
inline constexpr Rejection kTraceContent{400, ErrorKind::kMalformed, "http1.trace_with_content"};
inline constexpr Rejection kBadChunk{400, ErrorKind::kMalformed, "http1.invalid_chunk"};
inline constexpr Rejection kChunkLineTooLong{400, ErrorKind::kFlood, "http1.chunk_line_too_long"};
inline constexpr Rejection kChunkOverhead{400, ErrorKind::kFlood, "http1.chunk_overhead"};
inline constexpr Rejection kBadStatusLine{502, ErrorKind::kMalformed, "http1.invalid_status_line"};
inline constexpr Rejection kSwitching{502, ErrorKind::kMalformed, "http1.unexpected_upgrade"};
inline constexpr Rejection kManyInformational{502, ErrorKind::kFlood, "http1.too_many_1xx"};
inline constexpr Rejection kUnexpectedBytes{502, ErrorKind::kMalformed, "http1.unexpected_bytes"};

}  // namespace weir::http::h1
