// Paths and locations that a route gives to a request.
#include "source/base/strings.h"
#include "source/http/syntax.h"
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

// What a format makes of the request, in its arena's scratch; missing values leave nothing behind.
const std::string& Formatted(const format::Formatter& format, const http::RequestHead& head,
                             const stream_info::StreamInfo& info) {
  std::string& out = head.headers.arena().Scratch();
  format.Append(out, {.info = info, .request = &head}, true);
  return out;
}

// Gives a path what its route says, and `tail` behind it; in the head's arena. What is made of the
// request and would be no path leaves the path as it is.
struct PathRewriter {
  const config::RouteMatch& match;
  const http::RequestHead& head;
  const stream_info::StreamInfo& info;
  std::string_view path;  // without its query
  std::string_view tail;

  std::string_view Join(std::string_view begin, std::string_view end) const {
    return head.headers.arena().Concat({begin, end, tail});
  }
  std::string_view OrAsItIs(const std::string& made) const {
    return Join(http::IsValidPath(made) ? std::string_view(made) : path, {});
  }

  std::string_view operator()(std::monostate) const { return Join(path, {}); }
  std::string_view operator()(const config::PrefixRewrite& rewrite) const {
    const size_t matched = std::min(MatchedLength(match, path), path.size());
    const std::string_view made = Join(rewrite.value, path.substr(matched));
    const bool is_path = http::IsValidPath(made.substr(0, made.size() - tail.size()));
    return is_path ? made : Join(path, {});
  }
  std::string_view operator()(const config::RegexRewrite& rewrite) const {
    return OrAsItIs(rewrite.pattern.ReplaceAll(path, rewrite.substitution));
  }
  std::string_view operator()(const config::PathFromFormat& rewrite) const {
    return OrAsItIs(Formatted(rewrite.value, head, info));
  }
};

// The same for an authority.
struct HostRewriter {
  const http::RequestHead& head;
  const stream_info::StreamInfo& info;

  std::string_view OrAsItIs(const std::string& made) const {
    return http::IsValidAuthority(made) ? head.headers.arena().Copy(made) : head.authority;
  }

  std::string_view operator()(std::monostate) const { return head.authority; }
  std::string_view operator()(const config::HostLiteral& literal) const { return literal.value; }
  std::string_view operator()(const config::HostOfUpstream&) const { return head.authority; }
  std::string_view operator()(const config::HostFromHeader& header) const {
    const auto value = match::HeaderValue(head, header.field);
    return value.has_value() && http::IsValidAuthority(*value) ? *value : head.authority;
  }
  std::string_view operator()(const config::HostFromPath& from) const {
    return OrAsItIs(
        from.rewrite.pattern.ReplaceAll(Split(head.path).path, from.rewrite.substitution));
  }
  std::string_view operator()(const config::HostFromFormat& from) const {
    return OrAsItIs(Formatted(from.value, head, info));
  }
};

}  // namespace

std::string_view RewritePath(const config::Route& route, const http::RequestHead& head,
                             const stream_info::StreamInfo& info) {
  const auto* const action = std::get_if<config::RouteAction>(&route.action);
  // CONNECT has none.
  if (action == nullptr || head.path.empty()) return head.path;
  if (std::holds_alternative<std::monostate>(action->path_rewrite)) return head.path;
  const SplitPath from = Split(head.path);
  return std::visit(PathRewriter{route.match, head, info, from.path, from.query},
                    action->path_rewrite);
}

std::string_view RewriteAuthority(const Decision& decision, const http::RequestHead& head,
                                  const stream_info::StreamInfo& info) {
  if (decision.weighted != nullptr && !decision.weighted->host_rewrite.empty()) {
    return decision.weighted->host_rewrite;
  }
  return std::visit(HostRewriter{head, info},
                    std::get<config::RouteAction>(decision.route->action).host_rewrite);
}

std::string RedirectLocation(const config::RedirectAction& redirect, const config::Route& route,
                             const http::RequestHead& head, const stream_info::StreamInfo& info) {
  const std::string_view scheme =
      redirect.scheme.empty() ? head.scheme : std::string_view(redirect.scheme);
  std::string location = StrCat(scheme, "://");
  AppendAuthority(location, redirect, head, scheme);
  const SplitPath from = Split(head.path);
  const std::string_view query = redirect.strip_query ? std::string_view() : from.query;
  if (redirect.path.empty()) {
    location +=
        std::visit(PathRewriter{route.match, head, info, from.path, query}, redirect.path_rewrite);
    return location;
  }
  // Its own query stands, whatever strip_query says.
  const bool has_query = redirect.path.find('?') != std::string::npos;
  StrAppend(location, redirect.path, has_query ? std::string_view() : query);
  return location;
}

std::string HttpsLocation(const http::RequestHead& head) {
  std::string location = "https://";
  AppendAuthority(location, {}, head, "https");
  location += head.path;
  return location;
}

}  // namespace weir::router
