#include "source/http/h1/body_encoder.h"

#include <charconv>

#include "source/http/h1/head_writer.h"

namespace weir::http::h1 {
namespace {

void AppendChunkHead(uint64_t size, buffer::Buffer& out) {
  char line[20];
  char* end = std::to_chars(line, line + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.Append(std::string_view(line, static_cast<size_t>(end - line)));
}

}  // namespace

bool BodyEncoder::Encode(buffer::Buffer& data, bool end, buffer::Buffer& out) {
  switch (framing_) {
    case WireFraming::kNoBody:
      data.Clear();
      return true;
    case WireFraming::kLength:
      if (data.size() > remaining_ || (end && data.size() < remaining_)) return false;
      remaining_ -= data.size();
      out.MoveFrom(data);
      return true;
    case WireFraming::kUntilClose:
      out.MoveFrom(data);
      return true;
    case WireFraming::kChunked:
      break;
  }
  // A chunk's head is written for bytes in hand, never for a promise.
  if (!data.empty()) {
    AppendChunkHead(data.size(), out);
    out.MoveFrom(data);
    out.Append(end ? std::string_view("\r\n0\r\n\r\n") : std::string_view("\r\n"));
  } else if (end) {
    out.Append("0\r\n\r\n");
  }
  return true;
}

bool BodyEncoder::EncodeTrailers(const HeaderMap& trailers, bool send, buffer::Buffer& out) {
  if (framing_ == WireFraming::kLength && remaining_ != 0) return false;
  if (framing_ != WireFraming::kChunked) return true;
  if (!send || trailers.empty()) {
    out.Append("0\r\n\r\n");
    return true;
  }
  out.Append("0\r\n");
  WriteFieldSection(trailers, out);
  return true;
}

}  // namespace weir::http::h1
