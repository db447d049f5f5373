// Heads as bytes. The framing and connection fields come from the arguments, never from the map.
// Each head is written in one contiguous piece.
#pragma once

#include <cstdint>

#include "source/buffer/buffer.h"
#include "source/http/h1/body_encoder.h"
#include "source/http/message.h"

namespace weir::http::h1 {

enum class ConnectionOption : uint8_t {
  kNone,
  kClose,
  kKeepAlive,
  kUpgradeAndClose,  // With what to upgrade to: HTTP/1.1.
};

// What the head says about the bytes after it.
struct WireHead {
  WireFraming framing = WireFraming::kNoBody;
  // Written as content-length, with kLength and, for answers to HEAD and 304, with kNoBody.
  std::optional<uint64_t> content_length;
  ConnectionOption connection = ConnectionOption::kNone;
  bool absolute_form = false;
  // What the peer is asked to switch to, or is told that it was; empty: nothing.
  std::string_view upgrade;
};

// Field names go out as the head's map has them spelled; others in lower case, or "As-This" with
// `proper_case`.
void WriteResponseHead(const ResponseHead& head, const WireHead& wire, bool proper_case,
                       buffer::Buffer& out);
// `head.authority` becomes the host field, first of all. With `wire.absolute_form` the target says
// the scheme and authority, too.
void WriteRequestHead(const RequestHead& head, const WireHead& wire, bool proper_case,
                      buffer::Buffer& out);
// The fields and the empty line: a trailer section.
void WriteFieldSection(const HeaderMap& fields, buffer::Buffer& out);

}  // namespace weir::http::h1
