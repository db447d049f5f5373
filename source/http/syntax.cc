#include "source/http/syntax.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "source/base/strings.h"
#include "source/http/scan.h"

namespace weir::http {
namespace {

bool IsHexDigit(char c) {
  const char lower = AsciiToLower(c);
  return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What a byte is in a name: unreserved and sub-delims of RFC 3986, without the comma.
enum class NameByte : uint8_t { kNone, kOfLabel, kDot };
consteval std::array<NameByte, 256> MakeNameTable() {
  std::array<NameByte, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9')) table[c] = NameByte::kOfLabel;
  }
  for (char c : {'-', '_', '~', '!', '$', '&', '\'', '(', ')', '*', '+', ';', '='}) {
    table[static_cast<uint8_t>(c)] = NameByte::kOfLabel;
  }
  table['.'] = NameByte::kDot;
  return table;
}
constexpr std::array<NameByte, 256> kNameBytes = MakeNameTable();

bool IsIpv6(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(copy)) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  in6_addr address;
  return std::strlen(copy) == text.size() && inet_pton(AF_INET6, copy, &address) == 1;
}

// Empty, or ":" and at most five digits up to 65535.
bool IsPortPart(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != ':' || text.size() > 6) return false;
  uint32_t port = 0;
  for (char c : text.substr(1)) {
    if (!IsDigit(c)) return false;
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  return port <= 65535;
}

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenByte);
}

bool IsValidAuthority(std::string_view authority) {
  if (authority.empty()) return false;
  if (authority.front() == '[') {
    const size_t close = authority.find(']');
    return close != std::string_view::npos && IsIpv6(authority.substr(1, close - 1)) &&
           IsPortPart(authority.substr(close + 1));
  }
  size_t length = 0;
  NameByte previous = NameByte::kDot;  // So that a leading dot is an empty label.
  for (; length < authority.size(); ++length) {
    const NameByte byte = kNameBytes[static_cast<uint8_t>(authority[length])];
    if (byte == NameByte::kNone) break;
    if (byte == NameByte::kDot && previous == NameByte::kDot) return false;
    previous = byte;
  }
  return length > 0 && IsPortPart(authority.substr(length));
}

bool IsValidPath(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  const char* const end = path.data() + path.size();
  if (FindTargetEnd(path.data(), end) != end) return false;
  if (std::memchr(path.data(), '%', path.size()) == nullptr) return true;
  path = path.substr(0, path.find('?'));
  for (size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 3)) {
    if (path.size() - at < 3 || !IsHexDigit(path[at + 1]) || !IsHexDigit(path[at + 2]))
      return false;
    if (path[at + 1] == '0' && path[at + 2] == '0') return false;
  }
  return true;
}

std::optional<uint64_t> ParseContentLength(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (char c : text) {
    if (!IsDigit(c) || value > (INT64_MAX - 9) / 10) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

bool IsAllowedInTrailers(const HeaderField& field) {
  switch (field.id) {
    case HeaderId::kGrpcStatus:
    case HeaderId::kGrpcMessage:
    case HeaderId::kXRequestId:
      return true;
    case HeaderId::kOther:
      break;
    default:
      return false;  // Each of the others frames, routes, authenticates or describes the content.
  }
  for (std::string_view prefix :
       {"content-", "proxy-", "x-envoy-", "x-forwarded-", "if-", "www-"}) {
    if (field.name.starts_with(prefix)) return false;
  }
  for (std::string_view name : {"age", "expires", "max-forwards", "pragma", "range", "vary",
                                "warning", "authentication-info", "authority", "set-cookie2"}) {
    if (field.name == name) return false;
  }
  return true;
}

bool IsConnectTarget(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || !IsValidAuthority(authority)) return false;
  const std::string_view port = authority.substr(colon + 1);
  return !port.empty() && port.find_first_not_of('0') != std::string_view::npos &&
         port.back() != ']';
}

}  // namespace weir::http
