// The path of a request as filters, routes and the upstream see it (RFC 3986, 6.2.2 and 5.2.4).
//
// One order of steps, whatever is switched on: escaped slashes, percent-encoded unreserved
// characters, backslashes, dot segments, repeated slashes. The query is never touched. A function
// of its arguments; a path that needs nothing costs one look at each byte and no memory.
#pragma once

#include <string_view>

#include "source/buffer/arena.h"
#include "source/config/listener.h"

namespace weir::proxy {

enum class PathOutcome : unsigned char { kUnchanged, kChanged, kRedirect, kRefused };

// `path` begins with '/', or is "*" and stays so; a changed one lies in `arena`. kRedirect: the
// client is to ask again for `path`, which had escaped slashes.
PathOutcome NormalizePath(const config::HttpConnectionManager& config, buffer::Arena& arena,
                          std::string_view& path);

}  // namespace weir::proxy
