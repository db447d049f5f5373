// What the fields of one HTTP/1 message say about its framing and connection (RFC 9112, 6, 7 and
// 9), decided once, and which of them end at this hop (RFC 9110, 7.6.1). Pure, but that it marks
// fields as dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "source/http/h1/field_table.h"
#include "source/http/header_map.h"
#include "source/http/message.h"

namespace weir::http::h1 {

struct HeadFacts {
  std::string_view host;
  uint32_t host_count = 0;
  std::optional<uint64_t> content_length;
  bool chunked = false;
  bool close = false;       // Of the connection field.
  bool keep_alive = false;  // Likewise.
  bool expects_continue = false;
  // The one upgrade field; empty when there are several, or none.
  std::string_view upgrade;
  bool connection_upgrade = false;  // The connection field names it.
};

// The protocol that a message asks to switch to, or says that it has (RFC 9110, 7.8); empty: none,
// or one that a proxy never switches to. A list leaves the choice to the server, and this one makes
// none: it goes on with HTTP. Elements that are overlooked are as good as not there.
std::string_view UpgradeOf(const HeadFacts& facts,
                           const std::function<bool(std::string_view)>& overlooks);

enum class FramingFields : uint8_t {
  kCount,   // content-length and transfer-encoding say how the body ends.
  kIgnore,  // 1xx and 204: they are dropped unread (RFC 9112, 6.3).
};

// Reads the fields and drops those that a head never holds. Repeated framing fields and codings
// other than one "chunked" are refused, and so are both framing fields together unless
// `allow_chunked_length` is set: then the coding holds, and the connection is not to be used again.
const Rejection* ReadHeadFacts(FieldTable& table, FramingFields framing, bool allow_chunked_length,
                               HeadFacts& facts);

}  // namespace weir::http::h1
