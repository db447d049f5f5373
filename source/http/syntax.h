// The grammar that every codec applies, so that HTTP/1 and HTTP/2 accept the same hosts, paths and
// fields. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "source/http/header_map.h"

namespace weir::http {

// RFC 9110, 5.6.2: 1*tchar.
bool IsToken(std::string_view text);

// uri-host [ ":" port ] (RFC 3986, 3.2): a bracketed IPv6 address, or a name without empty labels
// (a final dot is allowed), with no user information and no escapes; port at most 65535. Commas are
// refused, though the grammar has them: receivers take them for lists.
bool IsValidAuthority(std::string_view authority);

// The target of CONNECT: an authority with a port from 1 to 65535 (RFC 9110, 9.3.6).
bool IsConnectTarget(std::string_view authority);

// origin-form (RFC 9112, 3.2.1): begins with '/', IsTargetByte throughout; each '%' of the path
// (not of the query) begins an escape, and none is %00.
bool IsValidPath(std::string_view path);

// 1*DIGIT below 2^63.
std::optional<uint64_t> ParseContentLength(std::string_view text);

// What may follow a body (RFC 9110, 6.5.1): not framing, routing, authentication, nor what
// describes the content. Other fields are dropped by the codecs.
bool IsAllowedInTrailers(const HeaderField& field);

// Calls visit(std::string_view) for each non-empty element of a comma-separated list, blanks
// trimmed.
template <typename Visit>
void ForEachElement(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) {
      element.remove_prefix(1);
    }
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) {
      element.remove_suffix(1);
    }
    if (!element.empty()) visit(element);
  }
}

}  // namespace weir::http
