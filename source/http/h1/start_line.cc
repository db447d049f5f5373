#include "source/http/h1/start_line.h"

#include <cstring>

#include "source/base/strings.h"
#include "source/http/scan.h"
#include "source/http/syntax.h"

namespace weir::http::h1 {
namespace {

// Longer ones are noise: the longest registered method has 17 letters.
constexpr ptrdiff_t kMaxMethod = 64;
constexpr ptrdiff_t kVersionSize = 8;  // "HTTP/1.1"

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view View(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

// The eight bytes of "HTTP/d.d".
const Rejection* ReadVersion(const char* text, Protocol& version) {
  if (std::memcmp(text, "HTTP/1.1", kVersionSize) == 0) {
    version = Protocol::kHttp11;
    return nullptr;
  }
  if (std::memcmp(text, "HTTP/", 5) != 0 || !IsDigit(text[5]) || text[6] != '.' ||
      !IsDigit(text[7])) {
    return &kBadVersion;
  }
  if (text[5] != '1') return &kOtherVersion;
  version = text[7] == '0' ? Protocol::kHttp10 : Protocol::kHttp11;
  return nullptr;
}

const Rejection* ParseAbsoluteForm(const RequestLine& line, Target& target) {
  std::string_view rest = line.target;
  if (StartsWithIgnoreCase(rest, "http://")) {
    rest.remove_prefix(7);
  } else if (StartsWithIgnoreCase(rest, "https://")) {
    rest.remove_prefix(8);
  } else {
    return &kBadTarget;
  }
  const size_t authority_size = rest.find_first_of("/?");
  target.authority = rest.substr(0, authority_size);
  if (!IsValidAuthority(target.authority)) return &kBadTarget;
  if (authority_size == std::string_view::npos) {
    target.path = line.method == "OPTIONS" ? "*" : "/";
    return nullptr;
  }
  target.path = rest.substr(authority_size);
  // "http://host?query" would need a '/' that is not in the bytes; no client sends it.
  return IsValidPath(target.path) ? nullptr : &kBadTarget;
}

}  // namespace

Parsed ParseRequestLine(char* begin, char* end, RequestLine& line) {
  const char* at = begin;
  const char* const method_limit = end - begin > kMaxMethod ? begin + kMaxMethod : end;
  while (at != method_limit && IsTokenByte(*at)) ++at;
  if (at == end) return {};
  if (at == begin || *at != ' ') return {.why = &kBadMethod};
  line.method = View(begin, at);
  const char* const target = at + 1;
  const char* const target_end = FindTargetEnd(target, end);
  if (target_end == end) return {};
  if (target_end == target || *target_end != ' ') return {.why = &kBadTarget};
  line.target = View(target, target_end);
  const char* const version = target_end + 1;
  if (end - version < kVersionSize + 2) return {};
  if (const Rejection* why = ReadVersion(version, line.version)) return {.why = why};
  const char* const line_end = version + kVersionSize;
  if (line_end[0] != '\r' || line_end[1] != '\n') return {.why = &kBadVersion};
  return {.next = begin + (line_end + 2 - begin)};
}

const Rejection* ParseTarget(const RequestLine& line, bool allow_absolute_url, Target& target) {
  if (line.method == "CONNECT") {
    target.authority = line.target;
    return IsConnectTarget(line.target) ? nullptr : &kBadTarget;
  }
  if (line.target.front() == '/') {
    target.path = line.target;
    return IsValidPath(target.path) ? nullptr : &kBadTarget;
  }
  if (line.target == "*") {
    target.path = line.target;
    return line.method == "OPTIONS" ? nullptr : &kBadTarget;
  }
  return allow_absolute_url ? ParseAbsoluteForm(line, target) : &kBadTarget;
}

Parsed ParseStatusLine(char* begin, char* end, StatusLine& line) {
  constexpr ptrdiff_t kFixed = kVersionSize + 4;  // "HTTP/1.1 200"
  if (end - begin < kFixed + 2) return {};
  if (ReadVersion(begin, line.version) != nullptr) return {.why = &kBadStatusLine};
  const char* const code = begin + kVersionSize + 1;
  if (code[-1] != ' ' || !IsDigit(code[0]) || !IsDigit(code[1]) || !IsDigit(code[2])) {
    return {.why = &kBadStatusLine};
  }
  line.status =
      static_cast<uint16_t>((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
  if (line.status < 100 || line.status > 599) return {.why = &kBadStatusLine};
  // A reason phrase may be empty, and so may the blank before it.
  if (code[3] != ' ' && code[3] != '\r') return {.why = &kBadStatusLine};
  const char* const stop = FindValueEnd(code + 3, end);
  if (end - stop < 2) return {};
  if (stop[0] != '\r' || stop[1] != '\n')
    return {.why = stop[0] == '\n' ? &kBareLf : &kBadStatusLine};
  return {.next = begin + (stop + 2 - begin)};
}

}  // namespace weir::http::h1
