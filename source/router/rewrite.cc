// Paths and locations that a route gives to a request.
#include "source/base/strings.h"
#include "source/router/route_index.h"

namespace weir::router {
namespace {

// How much of `path` (without its query) the route's criterion covers: what a prefix rewrite
// replaces.
size_t MatchedLength(const config::RouteMatch& match, std::string_view path) {
  if (const auto* prefix = std::get_if<config::PathPrefix>(&match.path))
    return prefix->value.size();
  if (const auto* prefix = std::get_if<config::PathSeparatedPrefix>(&match.path)) {
    return prefix->value.size();
  }
  return path.size();
}

struct SplitPath {
  std::string_view path;
  std::string_view query;  // with its '?', and what follows
};

SplitPath Split(std::string_view target) {
  const size_t end = target.find_first_of("?#");
  if (end == std::string_view::npos) return {target, {}};
  return {target.substr(0, end), target.substr(end)};
}

struct HostPort {
  std::string_view host;
  std::string_view port;  // with its ':'; empty without
};

HostPort SplitAuthority(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) {
    return {authority, {}};
  }
  return {authority.substr(0, colon), authority.substr(colon)};
}

bool IsDefaultPort(std::string_view scheme, std::string_view port) {
  return (scheme == "http" && port == ":80") || (scheme == "https" && port == ":443");
}

// The authority of the Location. A port that was the default one of the request's scheme goes when
// the scheme changes, as does every port for which there is a new one.
void AppendAuthority(std::string& out, const config::RedirectAction& redirect,
                     const http::RequestHead& head, std::string_view scheme) {
  if (!redirect.host.empty()) {
    out += redirect.host;
  } else {
    const HostPort from = SplitAuthority(head.authority);
    out += from.host;
    const bool drop =
        redirect.port != 0 || (scheme != head.scheme && IsDefaultPort(head.scheme, from.port));
    if (!drop) out += from.port;
  }
  if (redirect.port != 0) StrAppend(out, ":", redirect.port);
}

}  // namespace

std::string_view RewritePath(const config::Route& route, http::RequestHead& head) {
  const auto* const action = std::get_if<config::RouteAction>(&route.action);
  // CONNECT has none.
  if (action == nullptr || head.path.empty()) return head.path;
  const SplitPath from = Split(head.path);
  if (action->regex_rewrite.has_value()) {
    const config::RegexRewrite& rewrite = *action->regex_rewrite;
    return head.headers.arena().Concat(
        {rewrite.pattern.ReplaceAll(from.path, rewrite.substitution), from.query});
  }
  if (action->prefix_rewrite.empty()) return head.path;
  const size_t matched = std::min(MatchedLength(route.match, from.path), from.path.size());
  return head.headers.arena().Concat(
      {action->prefix_rewrite, from.path.substr(matched), from.query});
}

std::string_view RewriteAuthority(const Decision& decision, const http::RequestHead& head) {
  if (decision.weighted != nullptr && !decision.weighted->host_rewrite.empty()) {
    return decision.weighted->host_rewrite;
  }
  const auto& rewrite = std::get<config::RouteAction>(decision.route->action).host_rewrite;
  if (const auto* literal = std::get_if<config::HostLiteral>(&rewrite)) return literal->value;
  if (const auto* header = std::get_if<config::HostFromHeader>(&rewrite)) {
    const auto value = match::HeaderValue(head, header->field);
    return value.has_value() && !value->empty() ? *value : head.authority;
  }
  if (const auto* path = std::get_if<config::HostFromPath>(&rewrite)) {
    const config::RegexRewrite& regex = path->rewrite;
    return head.headers.arena().Copy(
        regex.pattern.ReplaceAll(Split(head.path).path, regex.substitution));
  }
  return head.authority;
}

std::string RedirectLocation(const config::RedirectAction& redirect, const config::Route& route,
                             const http::RequestHead& head) {
  const std::string_view scheme =
      redirect.scheme.empty() ? head.scheme : std::string_view(redirect.scheme);
  std::string location = StrCat(scheme, "://");
  AppendAuthority(location, redirect, head, scheme);
  const SplitPath from = Split(head.path);
  const std::string_view query = redirect.strip_query ? std::string_view() : from.query;
  if (!redirect.path.empty()) {
    // Its own query stands, whatever strip_query says.
    const bool has_query = redirect.path.find('?') != std::string::npos;
    StrAppend(location, redirect.path, has_query ? std::string_view() : query);
  } else if (redirect.has_prefix) {
    const size_t matched = std::min(MatchedLength(route.match, from.path), from.path.size());
    StrAppend(location, redirect.prefix, from.path.substr(matched), query);
  } else if (redirect.regex_rewrite.has_value()) {
    StrAppend(
        location,
        redirect.regex_rewrite->pattern.ReplaceAll(from.path, redirect.regex_rewrite->substitution),
        query);
  } else {
    StrAppend(location, from.path, query);
  }
  return location;
}

std::string HttpsLocation(const http::RequestHead& head) {
  std::string location = "https://";
  AppendAuthority(location, {}, head, "https");
  location += head.path;
  return location;
}

}  // namespace weir::router
