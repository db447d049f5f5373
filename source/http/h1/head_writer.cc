#include "source/http/h1/head_writer.h"

#include <charconv>
#include <cstring>

#include "source/base/strings.h"

namespace weir::http::h1 {
namespace {

// Most pieces of a head are shorter than a call of memcpy is worth.
inline char* Put(char* out, std::string_view text) {
  const size_t n = text.size();
  const char* const from = text.data();
  if (n >= 16) {
    if (n > 32) {
      std::memcpy(out, from, n);
    } else {
      std::memcpy(out, from, 16);
      std::memcpy(out + n - 16, from + n - 16, 16);
    }
  } else if (n >= 8) {
    std::memcpy(out, from, 8);
    std::memcpy(out + n - 8, from + n - 8, 8);
  } else if (n >= 4) {
    std::memcpy(out, from, 4);
    std::memcpy(out + n - 4, from + n - 4, 4);
  } else {
    for (size_t i = 0; i < n; ++i) out[i] = from[i];
  }
  return out + n;
}

constexpr std::string_view kLengthName = "content-length: ";
constexpr std::string_view kChunkedLine = "transfer-encoding: chunked\r\n";
constexpr std::string_view kLineEnd = "\r\n";
// Room for what does not depend on the message: version, blanks, framing and connection lines.
constexpr size_t kFixedRoom = 192;

size_t SizeOf(const HeaderMap& fields) {
  size_t size = 0;
  for (const HeaderField& field : fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

char* PutFields(char* out, const HeaderMap& fields) {
  for (const HeaderField& field : fields) {
    out = Put(out, field.name);
    *out++ = ':';
    *out++ = ' ';
    out = Put(out, field.value);
    *out++ = '\r';
    *out++ = '\n';
  }
  return out;
}

char* PutWireFields(char* out, const WireHead& wire) {
  if (wire.framing == WireFraming::kChunked) {
    out = Put(out, kChunkedLine);
  } else if (wire.content_length.has_value()) {
    out = Put(out, kLengthName);
    out = std::to_chars(out, out + 20, *wire.content_length).ptr;
    out = Put(out, kLineEnd);
  }
  switch (wire.connection) {
    case ConnectionOption::kNone:
      break;
    case ConnectionOption::kClose:
      out = Put(out, "connection: close\r\n");
      break;
    case ConnectionOption::kKeepAlive:
      out = Put(out, "connection: keep-alive\r\n");
      break;
  }
  return Put(out, kLineEnd);
}

void Commit(buffer::Buffer& out, const char* start, const char* end) {
  out.Commit(static_cast<size_t>(end - start));
}

}  // namespace

void WriteResponseHead(const ResponseHead& head, const WireHead& wire, buffer::Buffer& out) {
  const std::string_view reason = ReasonPhrase(head.status);
  char* const start = out.Reserve(SizeOf(head.headers) + reason.size() + kFixedRoom).data();
  char* end = Put(start, "HTTP/1.1 ");
  end = std::to_chars(end, end + 3, head.status).ptr;
  *end++ = ' ';
  end = Put(end, reason);
  end = Put(end, kLineEnd);
  end = PutFields(end, head.headers);
  end = PutWireFields(end, wire);
  Commit(out, start, end);
}

void WriteRequestHead(const RequestHead& head, const WireHead& wire, buffer::Buffer& out) {
  const size_t room = SizeOf(head.headers) + head.method.size() + head.path.size() +
                      head.authority.size() + kFixedRoom;
  char* const start = out.Reserve(room).data();
  char* end = Put(start, head.method);
  *end++ = ' ';
  end = Put(end, head.path);
  end = Put(end, " HTTP/1.1\r\nhost: ");
  end = Put(end, head.authority);
  end = Put(end, kLineEnd);
  end = PutFields(end, head.headers);
  if (head.expects_continue) end = Put(end, "expect: 100-continue\r\n");
  // RFC 9110, 10.1.4: who sends TE names it as a connection option.
  if (head.headers.Has(HeaderId::kTe)) end = Put(end, "connection: te\r\n");
  end = PutWireFields(end, wire);
  Commit(out, start, end);
}

void WriteFieldSection(const HeaderMap& fields, buffer::Buffer& out) {
  char* const start = out.Reserve(SizeOf(fields) + kLineEnd.size()).data();
  char* const end = Put(PutFields(start, fields), kLineEnd);
  Commit(out, start, end);
}

void WriteErrorAnswer(uint16_t status, buffer::Buffer& out) {
  const std::string_view reason = ReasonPhrase(status);
  // A 426 must say what to upgrade to (RFC 9110, 15.5.22).
  const std::string_view connection =
      status == 426 ? "upgrade: HTTP/1.1\r\nconnection: upgrade, close\r\n\r\n"
                    : "connection: close\r\n\r\n";
  out.Append(StrCat("HTTP/1.1 ", status, " ", reason, "\r\ncontent-length: ", reason.size(),
                    "\r\ncontent-type: text/plain\r\n", connection, reason));
}

}  // namespace weir::http::h1
