// Where an upstream's redirect leads: what following it here (InternalRedirectPolicy) needs. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "source/config/route.h"
#include "source/http/message.h"

namespace weir::router {

struct RedirectTarget {
  std::string_view scheme;     // "http" or "https"
  std::string_view authority;  // with its port
  std::string_view path;       // with its query, without the fragment; begins with "/"
};

// An absolute URL of a Location, in `arena`; nothing for anything else.
std::optional<RedirectTarget> ParseTarget(std::string_view location, buffer::Arena& arena);

enum class RedirectVerdict : uint8_t {
  kFollow,
  kUnsafeScheme,
  kTooMany,
  kNoRoute,
  kPredicate,
};

// What the policy says of a target before its route is known: scheme and number.
RedirectVerdict JudgeTarget(const config::InternalRedirect& policy, std::string_view scheme,
                            std::string_view target_scheme, uint32_t made);
// What it says of the route that was found. `previous`: the routes that led here, the present one
// among them.
RedirectVerdict JudgeRoute(const config::InternalRedirect& policy, std::string_view scheme,
                           std::string_view target_scheme, const config::Route* route,
                           std::span<const config::Route* const> previous);

}  // namespace weir::router
