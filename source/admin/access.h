// Who may talk to the admin server: not a page of another origin in the operator's browser. Pure.
//
// A browser can be brought to send requests here from any page. Two things tell them apart: the
// Host of a name that an attacker made point here (DNS rebinding) is one that nobody gave this
// server, and a POST names its Origin.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "source/admin/page.h"

namespace weir::admin {

// Whether `authority` (a Host field) is an IP literal, localhost, or one of `names` (lower case),
// with any port.
bool IsAllowedHost(std::string_view authority, std::span<const std::string> names);

// The refusal (403), or nothing when the request may go on. `names`: as IsAllowedHost.
std::optional<Page> Refuse(const Request& request, std::span<const std::string> names);

}  // namespace weir::admin
