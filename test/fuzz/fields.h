// Fields of a message out of a fuzzer's lines, as a codec lets them through.
#pragma once

#include <string_view>

#include "source/base/strings.h"
#include "source/http/header_map.h"
#include "test/fuzz/lines.h"

namespace weir {

// "name:value"; what is no valid field is left out.
inline void AddField(std::string_view line, http::HeaderMap& headers) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon), value = line.substr(colon + 1);
  if (http::HeaderMap::IsValidName(name) && http::HeaderMap::IsValidValue(value)) {
    headers.Add(AsciiLower(name), value);
  }
}

// Up to the end, or to an empty line.
inline void TakeFields(std::string_view& rest, http::HeaderMap& headers) {
  while (!rest.empty()) {
    const std::string_view line = TakeLine(rest);
    if (line.empty()) return;
    AddField(line, headers);
  }
}

}  // namespace weir
