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

// The length of a literal is known to the compiler.
template <size_t N>
char* Put(char* out, const char (&literal)[N]) {
  std::memcpy(out, literal, N - 1);
  return out + N - 1;
}

constexpr char kLineEnd[] = "\r\n";
// Room for what does not depend on the message: version, blanks, framing and connection lines.
constexpr size_t kFixedRoom = 192;

// How names are written. The usual way costs nothing.
struct LowerNames {
  char* PutName(char* out, std::string_view name) const { return Put(out, name); }
};

struct SpelledNames {
  const HeaderMap& spelled;
  bool proper_case;

  char* PutName(char* out, std::string_view name) const {
    const std::string_view spelling = spelled.SpellingOf(name);
    if (!spelling.empty()) return Put(out, spelling);
    if (!proper_case) return Put(out, name);
    bool capital = true;
    for (const char c : name) {
      const bool letter = c >= 'a' && c <= 'z';
      *out++ = capital && letter ? static_cast<char>(c - ('a' - 'A')) : c;
      capital = !letter && !(c >= '0' && c <= '9');
    }
    return out;
  }
};

size_t SizeOf(const HeaderMap& fields) {
  size_t size = 0;
  for (const HeaderField& field : fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

template <typename Names>
char* PutField(char* out, std::string_view name, std::string_view value, const Names& names) {
  out = Put(names.PutName(out, name), ": ");
  return Put(Put(out, value), kLineEnd);
}

template <typename Names>
char* PutFields(char* out, const HeaderMap& fields, const Names& names) {
  for (const HeaderField& field : fields) out = PutField(out, field.name, field.value, names);
  return out;
}

template <typename Names>
char* PutWireFields(char* out, const WireHead& wire, const Names& names) {
  if (wire.framing == WireFraming::kChunked) {
    out = PutField(out, "transfer-encoding", "chunked", names);
  } else if (wire.content_length.has_value()) {
    char digits[20];
    const char* const end =
        std::to_chars(digits, digits + sizeof(digits), *wire.content_length).ptr;
    out = PutField(out, "content-length", {digits, static_cast<size_t>(end - digits)}, names);
  }
  switch (wire.connection) {
    case ConnectionOption::kNone:
      if (wire.upgrade.empty()) break;
      out = PutField(out, "connection", "upgrade", names);
      out = PutField(out, "upgrade", wire.upgrade, names);
      break;
    case ConnectionOption::kClose:
      out = PutField(out, "connection", "close", names);
      break;
    case ConnectionOption::kUpgradeAndClose:
      out = PutField(out, "upgrade", "HTTP/1.1", names);
      out = PutField(out, "connection", "upgrade, close", names);
      break;
    case ConnectionOption::kKeepAlive:
      out = PutField(out, "connection", "keep-alive", names);
      break;
  }
  return Put(out, kLineEnd);
}

void Commit(buffer::Buffer& out, const char* start, const char* end) {
  out.Commit(static_cast<size_t>(end - start));
}

template <typename Names>
void WriteResponse(const ResponseHead& head, const WireHead& wire, const Names& names,
                   buffer::Buffer& out) {
  const std::string_view reason = ReasonPhrase(head.status);
  const size_t room = SizeOf(head.headers) + reason.size() + wire.upgrade.size() + kFixedRoom;
  char* const start = out.Reserve(room).data();
  char* end = Put(start, "HTTP/1.1 ");
  end = std::to_chars(end, end + 3, head.status).ptr;
  *end++ = ' ';
  end = Put(end, reason);
  end = Put(end, kLineEnd);
  end = PutFields(end, head.headers, names);
  end = PutWireFields(end, wire, names);
  Commit(out, start, end);
}

template <typename Names>
void WriteRequest(const RequestHead& head, const WireHead& wire, const Names& names,
                  buffer::Buffer& out) {
  const size_t room = SizeOf(head.headers) + head.method.size() + head.path.size() +
                      2 * head.authority.size() + wire.upgrade.size() + kFixedRoom;
  char* const start = out.Reserve(room).data();
  char* end = Put(start, head.method);
  *end++ = ' ';
  if (head.path.empty()) {
    // RFC 9112, 3.2.3: the authority form, of CONNECT.
    end = Put(end, head.authority);
  } else if (wire.absolute_form) {
    end = Put(end, head.scheme);
    end = Put(end, "://");
    end = Put(end, head.authority);
  }
  // RFC 9112, 3.2.4: the asterisk is for the authority alone.
  if (!wire.absolute_form || head.path != "*") end = Put(end, head.path);
  end = Put(end, " HTTP/1.1\r\n");
  end = PutField(end, "host", head.authority, names);
  end = PutFields(end, head.headers, names);
  if (head.expects_continue) end = PutField(end, "expect", "100-continue", names);
  // RFC 9110, 10.1.4: who sends TE names it as a connection option.
  if (head.headers.Has(HeaderId::kTe)) end = PutField(end, "connection", "te", names);
  end = PutWireFields(end, wire, names);
  Commit(out, start, end);
}

}  // namespace

void WriteResponseHead(const ResponseHead& head, const WireHead& wire, bool proper_case,
                       buffer::Buffer& out) {
  if (proper_case || head.headers.has_spellings()) {
    WriteResponse(head, wire, SpelledNames{head.headers, proper_case}, out);
  } else {
    WriteResponse(head, wire, LowerNames{}, out);
  }
}

void WriteRequestHead(const RequestHead& head, const WireHead& wire, bool proper_case,
                      buffer::Buffer& out) {
  if (proper_case || head.headers.has_spellings()) {
    WriteRequest(head, wire, SpelledNames{head.headers, proper_case}, out);
  } else {
    WriteRequest(head, wire, LowerNames{}, out);
  }
}

void WriteFieldSection(const HeaderMap& fields, buffer::Buffer& out) {
  char* const start = out.Reserve(SizeOf(fields) + 2).data();
  char* const end = Put(PutFields(start, fields, LowerNames{}), kLineEnd);
  Commit(out, start, end);
}

}  // namespace weir::http::h1
