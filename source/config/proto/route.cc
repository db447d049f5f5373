#include "source/config/proto/route.h"

#include "envoy/extensions/path/match/uri_template/v3/uri_template_match.pb.h"
#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/filter_overrides.h"
#include "source/config/proto/header_changes.h"
#include "source/config/proto/log_format.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/values.h"
#include "source/http/syntax.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::route::v3;

std::optional<match::UriTemplate> DecodeTemplate(
    const envoy::config::core::v3::TypedExtensionConfig& policy, const Scope& scope) {
  using Config = envoy::extensions::path::match::uri_template::v3::UriTemplateMatchConfig;
  const Scope config = scope.Field("typed_config");
  const auto message = Unpack<Config>(policy.typed_config(), config);
  if (message == nullptr) return std::nullopt;
  absl::StatusOr<match::UriTemplate> compiled =
      match::UriTemplate::Create(message->path_template());
  if (compiled.ok()) return *std::move(compiled);
  config.Field("path_template").Error(compiled.status());
  return std::nullopt;
}

std::optional<PathMatch> DecodePath(const pb::RouteMatch& message, const Scope& scope,
                                    std::optional<match::UriTemplate>& path_template) {
  switch (message.path_specifier_case()) {
    case pb::RouteMatch::kPrefix:
      return PathPrefix{message.prefix()};
    case pb::RouteMatch::kPath:
      return PathExact{message.path()};
    case pb::RouteMatch::kPathSeparatedPrefix:
      return PathSeparatedPrefix{message.path_separated_prefix()};
    case pb::RouteMatch::kSafeRegex: {
      std::optional<match::Regex> regex =
          DecodeRegex(message.safe_regex(), scope.Field("safe_regex"));
      if (!regex.has_value()) return std::nullopt;
      return PathRegex{*std::move(regex)};
    }
    case pb::RouteMatch::kConnectMatcher:
      return ConnectRequests{};
    case pb::RouteMatch::kPathMatchPolicy:
      path_template = DecodeTemplate(message.path_match_policy(), scope.Field("path_match_policy"));
      if (!path_template.has_value()) return std::nullopt;
      return PathRegex{path_template->regex()};
    case pb::RouteMatch::PATH_SPECIFIER_NOT_SET:
      break;
  }
  scope.Error(
      "a path is missing: prefix, path, path_separated_prefix, safe_regex, path_match_policy or "
      "connect_matcher");
  return std::nullopt;
}

uint16_t RedirectStatus(pb::RedirectAction::RedirectResponseCode code) {
  switch (code) {
    case pb::RedirectAction::FOUND:
      return 302;
    case pb::RedirectAction::SEE_OTHER:
      return 303;
    case pb::RedirectAction::TEMPORARY_REDIRECT:
      return 307;
    case pb::RedirectAction::PERMANENT_REDIRECT:
      return 308;
    default:
      return 301;
  }
}

RedirectAction DecodeRedirect(const pb::RedirectAction& message, const Scope& scope) {
  RedirectAction redirect;
  redirect.host = message.host_redirect();
  redirect.port = message.port_redirect();
  redirect.strip_query = message.strip_query();
  redirect.status = RedirectStatus(message.response_code());
  if (message.https_redirect()) redirect.scheme = "https";
  if (message.scheme_rewrite_specifier_case() == pb::RedirectAction::kSchemeRedirect) {
    redirect.scheme = AsciiLower(message.scheme_redirect());
  }
  if (redirect.port > 65535) {
    scope.Field("port_redirect").Error("must be at most 65535", StrCat(redirect.port));
  }
  switch (message.path_rewrite_specifier_case()) {
    case pb::RedirectAction::kPathRedirect:
      redirect.path = message.path_redirect();
      break;
    case pb::RedirectAction::kPrefixRewrite:
      // An empty one takes the prefix away.
      redirect.path_rewrite = PrefixRewrite{
          message.prefix_rewrite().empty()
              ? std::string()
              : DecodePathPrefix(message.prefix_rewrite(), scope.Field("prefix_rewrite"))};
      break;
    case pb::RedirectAction::kRegexRewrite: {
      auto rewrite = DecodeRegexRewrite(message.regex_rewrite(), scope.Field("regex_rewrite"));
      if (rewrite.has_value()) redirect.path_rewrite = *std::move(rewrite);
      break;
    }
    case pb::RedirectAction::kPathRewrite:
      redirect.path_rewrite = DecodePathFormat(message.path_rewrite(), scope.Field("path_rewrite"));
      break;
    case pb::RedirectAction::PATH_REWRITE_SPECIFIER_NOT_SET:
      break;
  }
  return redirect;
}

DirectResponse DecodeDirectResponse(const pb::DirectResponseAction& message, const Scope& scope,
                                    const RouteLimits& limits) {
  DirectResponse response;
  response.status = static_cast<uint16_t>(message.status());
  if (message.has_body_format()) {
    response.format = DecodeLogFormat(message.body_format(), scope.Field("body_format"));
    if (!message.body_format().content_type().empty()) {
      response.content_type = message.body_format().content_type();
    } else if (message.body_format().has_json_format()) {
      response.content_type = "application/json";
    }
  }
  if (!message.has_body()) return response;
  response.body = DecodeDataSource(message.body(), scope.Field("body"));
  if (response.body.size() > limits.max_direct_response_body) {
    scope.Field("body").Error(StrCat("has ", response.body.size(), " bytes, the limit is ",
                                     limits.max_direct_response_body,
                                     " (max_direct_response_body_size_bytes)"));
  }
  return response;
}

NonForwarding DecodeFilterAction(const pb::FilterAction& message, const Scope& scope) {
  if (message.has_action()) {
    scope.Field("action").Error("must be empty: no filter reads it", message.action().type_url());
  }
  return {};
}

}  // namespace

PathRewrite DecodePathFormat(const std::string& text, const Scope& scope) {
  std::optional<format::Formatter> format = DecodeFormatter(text, scope);
  if (!format.has_value()) return {};
  const std::string* const literal = format->literal();
  if (literal != nullptr && !http::IsValidPath(*literal)) {
    scope.Error("must make a path, which begins with \"/\"", text);
  }
  return PathFromFormat{*std::move(format)};
}

std::string DecodePathPrefix(const std::string& text, const Scope& scope) {
  if (!http::IsValidPath(text)) scope.Error("must begin a path, as \"/a\" does", text);
  return text;
}

std::string DecodeAuthority(const std::string& text, const Scope& scope) {
  if (!text.empty() && !http::IsValidAuthority(text)) {
    scope.Error("must be a host, with a port or without", text);
  }
  return text;
}

std::string DecodeFieldName(const std::string& name, const Scope& scope) {
  std::string lower = AsciiLower(name);
  const std::string_view token = std::string_view(lower).substr(lower.starts_with(':') ? 1 : 0);
  if (!http::HeaderMap::IsValidName(token)) scope.Error("is not a valid field name", name);
  return lower;
}

std::optional<RouteMatch> DecodeRouteMatch(const pb::RouteMatch& message, const Scope& scope,
                                           std::optional<match::UriTemplate>& path_template) {
  std::optional<PathMatch> path = DecodePath(message, scope, path_template);
  RouteMatch match{.path = path.has_value() ? *std::move(path) : PathMatch(PathExact{})};
  match.case_sensitive = !message.has_case_sensitive() || message.case_sensitive().value();
  match.grpc_only = message.has_grpc();
  match.headers = DecodeHeaderMatchers(message.headers(), scope, "headers");
  for (int i = 0; i < message.query_parameters_size(); ++i) {
    auto parameter =
        DecodeQueryMatcher(message.query_parameters(i), scope.Item("query_parameters", i));
    if (parameter.has_value()) match.query.push_back(*std::move(parameter));
  }
  for (int i = 0; i < message.cookies_size(); ++i) {
    auto cookie = DecodeCookieMatcher(message.cookies(i), scope.Item("cookies", i));
    if (cookie.has_value()) match.cookies.push_back(*std::move(cookie));
  }
  if (message.has_runtime_fraction()) {
    match.runtime_fraction =
        DecodeFraction(message.runtime_fraction(), scope.Field("runtime_fraction"));
  }
  for (int i = 0; i < message.dynamic_metadata_size(); ++i) {
    auto metadata =
        DecodeMetadataMatcher(message.dynamic_metadata(i), scope.Item("dynamic_metadata", i));
    if (metadata.has_value()) match.metadata.push_back(*std::move(metadata));
  }
  for (int i = 0; i < message.filter_state_size(); ++i) {
    auto state = DecodeFilterStateMatcher(message.filter_state(i), scope.Item("filter_state", i));
    if (state.has_value()) match.filter_state.push_back(*std::move(state));
  }
  if (message.has_tls_context()) {
    TlsMatch& tls = match.tls.emplace();
    if (message.tls_context().has_presented()) {
      tls.presented = message.tls_context().presented().value();
    }
    if (message.tls_context().has_validated()) {
      tls.validated = message.tls_context().validated().value();
    }
  }
  return match;
}

std::optional<Route> DecodeRoute(const pb::Route& message, const Scope& scope,
                                 const RouteLimits& limits) {
  std::optional<match::UriTemplate> path_template;
  std::optional<RouteMatch> match =
      DecodeRouteMatch(message.match(), scope.Field("match"), path_template);
  if (!match.has_value()) return std::nullopt;
  Route route{.name = message.name(), .match = *std::move(match)};
  DecodeAllHeaderChanges(message, scope, route.request_headers, route.response_headers);
  route.filters = DecodeFilterOverrides(message.typed_per_filter_config(), scope);
  route.replay_limit = DecodeReplayLimit(message);
  if (!message.stat_prefix().empty()) {
    route.stats =
        DecodeCountedName(StrCat(limits.virtual_host, ".route.", message.stat_prefix()), scope);
  }
  switch (message.action_case()) {
    case pb::Route::kRoute:
      route.action = DecodeRouteAction(message.route(), scope.Field("route"), limits,
                                       path_template.has_value() ? &*path_template : nullptr);
      break;
    case pb::Route::kRedirect:
      route.action = DecodeRedirect(message.redirect(), scope.Field("redirect"));
      break;
    case pb::Route::kDirectResponse:
      route.action =
          DecodeDirectResponse(message.direct_response(), scope.Field("direct_response"), limits);
      break;
    case pb::Route::kNonForwardingAction:
      route.action = NonForwarding{};
      break;
    case pb::Route::kFilterAction:
      route.action = DecodeFilterAction(message.filter_action(), scope.Field("filter_action"));
      break;
    case pb::Route::ACTION_NOT_SET:
      scope.Error(
          "an action is missing: route, redirect, direct_response, filter_action or "
          "non_forwarding_action");
      return std::nullopt;
  }
  return route;
}

}  // namespace weir::config::proto
