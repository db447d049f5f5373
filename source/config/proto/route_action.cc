#include "envoy/extensions/path/rewrite/uri_template/v3/uri_template_rewrite.pb.h"
#include "source/base/status.h"
#include "source/config/proto/cluster_plugins.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/log_format.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/route.h"
#include "source/config/proto/route_policies.h"
#include "source/config/proto/upgrades.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::route::v3;

std::optional<RegexRewrite> DecodeTemplateRewrite(
    const envoy::config::core::v3::TypedExtensionConfig& policy, const Scope& scope,
    const match::UriTemplate* path_template) {
  using Config = envoy::extensions::path::rewrite::uri_template::v3::UriTemplateRewriteConfig;
  const Scope config = scope.Field("typed_config");
  const auto message = Unpack<Config>(policy.typed_config(), config);
  if (message == nullptr) return std::nullopt;
  if (path_template == nullptr) {
    scope.Error("needs a path template in the route's match.path_match_policy");
    return std::nullopt;
  }
  absl::StatusOr<std::string> substitution =
      path_template->Substitution(message->path_template_rewrite());
  if (substitution.ok()) return RegexRewrite{path_template->regex(), *std::move(substitution)};
  config.Field("path_template_rewrite").Error(substitution.status());
  return std::nullopt;
}

// One field at most, of the four, says what becomes of the path.
class PathRewriteDecoder {
 public:
  PathRewriteDecoder(const pb::RouteAction& message, const Scope& scope)
      : message_(message), scope_(scope) {}

  PathRewrite Decode(const match::UriTemplate* path_template) {
    if (!message_.prefix_rewrite().empty()) {
      Take("prefix_rewrite", PrefixRewrite{DecodePathPrefix(message_.prefix_rewrite(),
                                                            scope_.Field("prefix_rewrite"))});
    }
    if (message_.has_regex_rewrite()) {
      Take("regex_rewrite",
           DecodeRegexRewrite(message_.regex_rewrite(), scope_.Field("regex_rewrite")));
    }
    if (message_.has_path_rewrite_policy()) {
      Take("path_rewrite_policy",
           DecodeTemplateRewrite(message_.path_rewrite_policy(),
                                 scope_.Field("path_rewrite_policy"), path_template));
    }
    if (!message_.path_rewrite().empty()) {
      Take("path_rewrite", DecodePathFormat(message_.path_rewrite(), scope_.Field("path_rewrite")));
    }
    return std::move(rewrite_);
  }

 private:
  void Take(std::string_view field, std::optional<RegexRewrite> rewrite) {
    Take(field, rewrite.has_value() ? PathRewrite(*std::move(rewrite)) : PathRewrite());
  }
  void Take(std::string_view field, PathRewrite rewrite) {
    if (!taken_.empty()) {
      scope_.Field(field).Error(StrCat("cannot be given together with ", taken_));
    }
    taken_ = field;
    rewrite_ = std::move(rewrite);
  }

  const pb::RouteAction& message_;
  const Scope& scope_;
  std::string_view taken_;
  PathRewrite rewrite_;
};

HostRewrite DecodeHostRewrite(const pb::RouteAction& message, const Scope& scope) {
  switch (message.host_rewrite_specifier_case()) {
    case pb::RouteAction::kHostRewriteLiteral:
      if (message.host_rewrite_literal().empty()) return {};
      return HostLiteral{
          DecodeAuthority(message.host_rewrite_literal(), scope.Field("host_rewrite_literal"))};
    case pb::RouteAction::kAutoHostRewrite:
      if (!message.auto_host_rewrite().value()) return {};
      return HostOfUpstream{};
    case pb::RouteAction::kHostRewriteHeader:
      return HostFromHeader{
          DecodeFieldName(message.host_rewrite_header(), scope.Field("host_rewrite_header"))};
    case pb::RouteAction::kHostRewritePathRegex: {
      auto rewrite = DecodeRegexRewrite(message.host_rewrite_path_regex(),
                                        scope.Field("host_rewrite_path_regex"));
      if (!rewrite.has_value()) return {};
      return HostFromPath{*std::move(rewrite)};
    }
    case pb::RouteAction::kHostRewrite: {
      auto format = DecodeFormatter(message.host_rewrite(), scope.Field("host_rewrite"));
      if (!format.has_value()) return {};
      return HostFromFormat{*std::move(format)};
    }
    case pb::RouteAction::HOST_REWRITE_SPECIFIER_NOT_SET:
      break;
  }
  return {};
}

void DecodeGrpcTimeout(const pb::RouteAction& message, const Scope& scope, RouteAction& action) {
  const auto offset =
      DecodeDuration(message.grpc_timeout_offset(), scope.Field("grpc_timeout_offset"));
  if (!message.has_max_grpc_timeout()) return;
  action.grpc_timeout = {
      .max = DecodeDuration(message.max_grpc_timeout(), scope.Field("max_grpc_timeout")),
      .offset = offset};
}

void DecodeTimeouts(const pb::RouteAction& message, const Scope& scope, RouteAction& action) {
  if (message.has_timeout())
    action.timeout = DecodeDuration(message.timeout(), scope.Field("timeout"));
  if (message.has_idle_timeout()) {
    action.idle_timeout = DecodeDuration(message.idle_timeout(), scope.Field("idle_timeout"));
  }
  if (message.has_flush_timeout()) {
    action.flush_timeout = DecodeDuration(message.flush_timeout(), scope.Field("flush_timeout"));
  }
  DecodeGrpcTimeout(message, scope, action);
  if (!message.has_max_stream_duration()) return;
  const Scope at = scope.Field("max_stream_duration");
  const pb::RouteAction::MaxStreamDuration& limits = message.max_stream_duration();
  MaxStreamDuration& decoded = action.max_stream_duration.emplace();
  if (limits.has_max_stream_duration()) {
    decoded.limit = DecodeDuration(limits.max_stream_duration(), at.Field("max_stream_duration"));
  }
  if (limits.has_grpc_timeout_header_max()) {
    decoded.grpc_header_max =
        DecodeDuration(limits.grpc_timeout_header_max(), at.Field("grpc_timeout_header_max"));
  }
  decoded.grpc_header_offset =
      DecodeDuration(limits.grpc_timeout_header_offset(), at.Field("grpc_timeout_header_offset"));
}

uint16_t NotFoundCode(pb::RouteAction::ClusterNotFoundResponseCode code) {
  switch (code) {
    case pb::RouteAction::NOT_FOUND:
      return 404;
    case pb::RouteAction::INTERNAL_SERVER_ERROR:
      return 500;
    default:
      return 503;
  }
}

void DecodeCluster(const pb::RouteAction& message, const Scope& scope, const RouteLimits& limits,
                   RouteAction& action) {
  switch (message.cluster_specifier_case()) {
    case pb::RouteAction::kCluster:
      action.cluster = ClusterName{message.cluster()};
      CheckCluster(message.cluster(), scope.Field("cluster"), limits);
      break;
    case pb::RouteAction::kWeightedClusters:
      action.cluster = DecodeWeightedClusters(message.weighted_clusters(),
                                              scope.Field("weighted_clusters"), limits);
      break;
    case pb::RouteAction::kClusterHeader:
      action.cluster =
          ClusterHeader{DecodeFieldName(message.cluster_header(), scope.Field("cluster_header"))};
      break;
    case pb::RouteAction::kClusterSpecifierPlugin:
      action.cluster = FindClusterPlugin(message.cluster_specifier_plugin(),
                                         scope.Field("cluster_specifier_plugin"), limits);
      break;
    case pb::RouteAction::kInlineClusterSpecifierPlugin:
      action.cluster = DecodeClusterPlugin(message.inline_cluster_specifier_plugin(),
                                           scope.Field("inline_cluster_specifier_plugin"), limits);
      break;
    case pb::RouteAction::CLUSTER_SPECIFIER_NOT_SET:
      scope.Error(
          "a cluster is missing: cluster, cluster_header, weighted_clusters, "
          "cluster_specifier_plugin or inline_cluster_specifier_plugin");
      break;
  }
}

}  // namespace

RouteAction DecodeRouteAction(const pb::RouteAction& message, const Scope& scope,
                              const RouteLimits& limits, const match::UriTemplate* path_template) {
  RouteAction action;
  DecodeCluster(message, scope, limits, action);
  action.cluster_not_found_code = NotFoundCode(message.cluster_not_found_response_code());
  action.high_priority = message.priority() == envoy::config::core::v3::HIGH;
  action.path_rewrite = PathRewriteDecoder(message, scope).Decode(path_template);
  action.host_rewrite = DecodeHostRewrite(message, scope);
  action.append_x_forwarded_host = message.append_x_forwarded_host();
  DecodeTimeouts(message, scope, action);
  if (message.has_retry_policy()) {
    action.retry = DecodeRetryPolicy(message.retry_policy(), scope.Field("retry_policy"));
  }
  if (message.has_hedge_policy()) {
    action.hedge_on_per_try_timeout =
        DecodeHedgePolicy(message.hedge_policy(), scope.Field("hedge_policy"));
  }
  action.internal_redirect = DecodeInternalRedirect(message, scope);
  if (message.has_early_data_policy()) {
    CheckEarlyDataPolicy(message.early_data_policy(), scope.Field("early_data_policy"));
  }
  action.mirrors = DecodeMirrors(message.request_mirror_policies(), scope, limits);
  action.hash_policy = DecodeHashPolicy(message.hash_policy(), scope);
  action.upgrades = DecodeUpgrades(message.upgrade_configs(), scope);
  return action;
}

}  // namespace weir::config::proto
