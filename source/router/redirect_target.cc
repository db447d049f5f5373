#include "source/router/redirect_target.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::router {
namespace {

// Characters that a target in a request line may have (RFC 9112, 3.2.1): no blank, no control.
bool IsTarget(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::optional<RedirectTarget> ParseTarget(std::string_view location, buffer::Arena& arena) {
  RedirectTarget target;
  if (StartsWithIgnoreCase(location, "http://")) {
    target.scheme = "http";
  } else if (StartsWithIgnoreCase(location, "https://")) {
    target.scheme = "https";
  } else {
    return std::nullopt;
  }
  std::string_view rest = location.substr(target.scheme.size() + 3);
  rest = rest.substr(0, rest.find('#'));
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  target.authority = rest.substr(0, end);
  // User information is no part of an authority that is forwarded (RFC 9110, 4.2.4).
  if (target.authority.empty() || target.authority.find('@') != std::string_view::npos) {
    return std::nullopt;
  }
  target.path = rest.substr(end);
  if (!IsTarget(target.authority) || !IsTarget(target.path)) return std::nullopt;
  target.authority = arena.Copy(target.authority);
  target.path =
      target.path.starts_with('/') ? arena.Copy(target.path) : arena.Concat({"/", target.path});
  return target;
}

RedirectVerdict JudgeTarget(const config::InternalRedirect& policy, std::string_view scheme,
                            std::string_view target_scheme, uint32_t made) {
  if (scheme != target_scheme && !policy.allow_cross_scheme) return RedirectVerdict::kUnsafeScheme;
  if (made >= policy.max_redirects) return RedirectVerdict::kTooMany;
  return RedirectVerdict::kFollow;
}

RedirectVerdict JudgeRoute(const config::InternalRedirect& policy, std::string_view scheme,
                           std::string_view target_scheme, const config::Route* route,
                           std::span<const config::Route* const> previous) {
  if (route == nullptr) return RedirectVerdict::kNoRoute;
  if (policy.only_to_safe_scheme && scheme == "http" && target_scheme == "https") {
    return RedirectVerdict::kPredicate;
  }
  if (policy.never_to_previous_routes &&
      std::find(previous.begin(), previous.end(), route) != previous.end()) {
    return RedirectVerdict::kPredicate;
  }
  if (policy.allowed_routes.has_value()) {
    const auto& allowed = *policy.allowed_routes;
    if (std::find(allowed.begin(), allowed.end(), route->name) == allowed.end()) {
      return RedirectVerdict::kPredicate;
    }
  }
  return RedirectVerdict::kFollow;
}

}  // namespace weir::router
