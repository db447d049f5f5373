// Request lines, request targets and status lines (RFC 9112, 3 and 4). Pure; views into what was
// parsed.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/http/h1/field_table.h"
#include "source/http/message.h"

namespace weir::http::h1 {

struct RequestLine {
  std::string_view method;
  std::string_view target;
  Protocol version = Protocol::kHttp11;  // Every HTTP/1.x but 1.0 is read as 1.1 (RFC 9110, 2.5).
};

// With its CRLF. The target holds IsTargetByte only; its form is ParseTarget's.
Parsed ParseRequestLine(char* begin, char* end, RequestLine& line);

struct Target {
  std::string_view authority;  // Of an absolute-form target, or of CONNECT; else empty.
  std::string_view path;       // "/..." or "*"; empty for CONNECT.
};

const Rejection* ParseTarget(const RequestLine& line, bool allow_absolute_url, Target& target);

struct StatusLine {
  uint16_t status = 0;  // 100 to 599.
  Protocol version = Protocol::kHttp11;
};

Parsed ParseStatusLine(char* begin, char* end, StatusLine& line);

}  // namespace weir::http::h1
