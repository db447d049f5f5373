// From an address as text to envoy.config.core.v3.Address. Pure.
#pragma once

#include <string_view>

#include "source/admin/draft.h"

namespace weir::admin {

// `text`: "127.0.0.1:80", "[::1]:80" or the path of a UNIX socket, as net::Address::ToString writes
// it.
void FillAddress(std::string_view text, Draft address);

}  // namespace weir::admin
