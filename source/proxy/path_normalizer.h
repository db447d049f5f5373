// The path of a request as filters, routes and the upstream see it (RFC 3986, 6.2.2 and 5.2.4).
//
// Escaped slashes come first, then the steps in their order. The query is never touched. A function
// of its arguments; a path that needs nothing costs one look at each byte and no memory.
#pragma once

#include <span>
#include <string_view>

#include "source/buffer/arena.h"
#include "source/config/listener.h"

namespace weir::proxy {

enum class PathOutcome : unsigned char { kUnchanged, kChanged, kRedirect, kRefused };

// `path` begins with '/', or is "*" and stays so; a changed one lies in `arena`. kRedirect: the
// client is to ask again for `path`, which had escaped slashes.
PathOutcome NormalizePath(std::span<const config::PathStep> steps,
                          config::PathNormalization slashes, buffer::Arena& arena,
                          std::string_view& path);

}  // namespace weir::proxy
