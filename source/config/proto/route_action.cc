#include <algorithm>
#include <array>

#include "source/base/status.h"
#include "source/config/proto/header_changes.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/route.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::route::v3;

void CheckCluster(const std::string& name, const Scope& scope, const RouteLimits& limits) {
  if (limits.known_clusters == nullptr || limits.known_clusters->contains(name)) return;
  const std::vector<std::string> names(limits.known_clusters->begin(),
                                       limits.known_clusters->end());
  const std::optional<std::string> nearest = Nearest(name, names);
  scope.Error(StrCat("there is no such cluster",
                     nearest.has_value() ? StrCat("; did you mean '", *nearest, "'?") : ""),
              name);
}

WeightedClusters DecodeWeighted(const pb::WeightedCluster& message, const Scope& scope,
                                const RouteLimits& limits) {
  scope.RefuseSet(message, {"header_name"});
  scope.IgnoreSet(message, {"runtime_key_prefix"}, "there is no runtime layer: the weights hold");
  scope.IgnoreSet(message, {"total_weight"}, "the sum of the weights is taken");
  WeightedClusters decoded;
  bool all_given = true;
  for (int i = 0; i < message.clusters_size(); ++i) {
    const pb::WeightedCluster::ClusterWeight& weight = message.clusters(i);
    const Scope item = scope.Item("clusters", i);
    if (weight.name().empty()) item.Field("name").Error("a cluster is missing");
    if (!weight.has_weight()) {
      item.Field("weight").Error("a weight is missing");
      all_given = false;
    }
    CheckCluster(weight.name(), item.Field("name"), limits);
    WeightedCluster cluster;
    cluster.name = weight.name();
    cluster.weight = weight.weight().value();
    cluster.host_rewrite = weight.host_rewrite_literal();
    DecodeAllHeaderChanges(weight, item, cluster.request_headers, cluster.response_headers);
    decoded.total_weight += cluster.weight;
    decoded.clusters.push_back(std::move(cluster));
  }
  if (all_given && (decoded.total_weight == 0 || decoded.total_weight > UINT32_MAX)) {
    scope.Field("clusters")
        .Error("the sum of the weights must be from 1 to 4294967295", StrCat(decoded.total_weight));
    decoded.total_weight = std::max<uint64_t>(decoded.total_weight, 1);
  }
  return decoded;
}

struct RetryCondition {
  std::string_view name;
  uint32_t bit;  // 0: known to Envoy, not supported here
};
constexpr std::array<RetryCondition, 16> kConditions = {{
    {"5xx", kRetryOn5xx},
    {"gateway-error", kRetryOnGatewayError},
    {"reset", kRetryOnReset},
    {"reset-before-request", kRetryOnResetBeforeRequest},
    {"connect-failure", kRetryOnConnectFailure},
    {"refused-stream", kRetryOnRefusedStream},
    {"retriable-4xx", kRetryOnRetriable4xx},
    {"retriable-status-codes", kRetryOnRetriableStatusCodes},
    {"cancelled", kRetryOnGrpcCancelled},
    {"deadline-exceeded", kRetryOnGrpcDeadlineExceeded},
    {"internal", kRetryOnGrpcInternal},
    {"resource-exhausted", kRetryOnGrpcResourceExhausted},
    {"unavailable", kRetryOnGrpcUnavailable},
    {"envoy-ratelimited", 0},
    {"retriable-headers", 0},
    {"http3-post-connect-failure", 0},
}};

uint32_t DecodeRetryOn(std::string_view text, const Scope& scope) {
  uint32_t bits = 0;
  for (std::string_view word : Split(text, ',')) {
    word = TrimOws(word);
    if (word.empty()) continue;
    const auto found = std::find_if(kConditions.begin(), kConditions.end(),
                                    [&](const RetryCondition& c) { return c.name == word; });
    if (found != kConditions.end() && found->bit != 0) {
      bits |= found->bit;
      continue;
    }
    std::vector<std::string> names;
    for (const RetryCondition& condition : kConditions) {
      if (condition.bit != 0) names.emplace_back(condition.name);
    }
    const std::optional<std::string> nearest = Nearest(word, names);
    scope.Error(StrCat("the retry condition is not supported",
                       nearest.has_value() ? StrCat("; did you mean '", *nearest, "'?") : ""),
                word);
  }
  return bits;
}

void DecodeRewrites(const pb::RouteAction& message, const Scope& scope, RouteAction& action) {
  action.prefix_rewrite = message.prefix_rewrite();
  if (message.has_regex_rewrite()) {
    if (!message.prefix_rewrite().empty()) {
      scope.Field("regex_rewrite").Error("cannot be given together with prefix_rewrite");
    }
    action.regex_rewrite =
        DecodeRegexRewrite(message.regex_rewrite(), scope.Field("regex_rewrite"));
  }
  scope.RefuseSet(message, {"auto_host_rewrite", "host_rewrite_header", "host_rewrite_path_regex"});
  if (message.host_rewrite_specifier_case() == pb::RouteAction::kHostRewriteLiteral) {
    action.host_rewrite = message.host_rewrite_literal();
  }
  action.append_x_forwarded_host = message.append_x_forwarded_host();
}

void DecodeTimeouts(const pb::RouteAction& message, const Scope& scope, RouteAction& action) {
  if (message.has_timeout())
    action.timeout = DecodeDuration(message.timeout(), scope.Field("timeout"));
  if (message.has_idle_timeout()) {
    action.idle_timeout = DecodeDuration(message.idle_timeout(), scope.Field("idle_timeout"));
  }
  const Scope at = scope.Field("max_stream_duration");
  at.RefuseSet(message.max_stream_duration(),
               {"grpc_timeout_header_max", "grpc_timeout_header_offset"});
  if (message.max_stream_duration().has_max_stream_duration()) {
    action.max_stream_duration = DecodeDuration(message.max_stream_duration().max_stream_duration(),
                                                at.Field("max_stream_duration"));
  }
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

}  // namespace

RetryPolicy DecodeRetryPolicy(const pb::RetryPolicy& message, const Scope& scope) {
  scope.RefuseSet(message,
                  {"retriable_headers", "retriable_request_headers", "per_try_idle_timeout"});
  RetryPolicy policy;
  policy.retry_on = DecodeRetryOn(message.retry_on(), scope.Field("retry_on"));
  if (message.has_num_retries()) policy.num_retries = message.num_retries().value();
  if (message.has_per_try_timeout()) {
    policy.per_try_timeout =
        DecodeDuration(message.per_try_timeout(), scope.Field("per_try_timeout"));
  }
  for (int i = 0; i < message.retriable_status_codes_size(); ++i) {
    const uint32_t code = message.retriable_status_codes(i);
    if (code < 100 || code > 599) {
      scope.Item("retriable_status_codes", i).Error("must be from 100 to 599", StrCat(code));
      continue;
    }
    policy.retriable_status_codes.push_back(static_cast<uint16_t>(code));
  }
  std::sort(policy.retriable_status_codes.begin(), policy.retriable_status_codes.end());
  if (!message.has_retry_back_off()) return policy;
  const pb::RetryPolicy::RetryBackOff& back_off = message.retry_back_off();
  const Scope at = scope.Field("retry_back_off");
  policy.back_off_base = DecodeDuration(back_off.base_interval(), at.Field("base_interval"));
  policy.back_off_max = back_off.has_max_interval()
                            ? DecodeDuration(back_off.max_interval(), at.Field("max_interval"))
                            : policy.back_off_base * 10;
  if (policy.back_off_max < policy.back_off_base) {
    at.Field("max_interval").Error("must not be less than base_interval");
  }
  return policy;
}

RouteAction DecodeRouteAction(const pb::RouteAction& message, const Scope& scope,
                              const RouteLimits& limits) {
  RouteAction action;
  switch (message.cluster_specifier_case()) {
    case pb::RouteAction::kCluster:
      action.cluster = ClusterName{message.cluster()};
      CheckCluster(message.cluster(), scope.Field("cluster"), limits);
      break;
    case pb::RouteAction::kWeightedClusters:
      action.cluster =
          DecodeWeighted(message.weighted_clusters(), scope.Field("weighted_clusters"), limits);
      break;
    case pb::RouteAction::kClusterHeader:
      scope.RefuseSet(message, {"cluster_header"});
      break;
    case pb::RouteAction::CLUSTER_SPECIFIER_NOT_SET:
      scope.Error("a cluster is missing: cluster or weighted_clusters");
      break;
  }
  action.cluster_not_found_code = NotFoundCode(message.cluster_not_found_response_code());
  action.high_priority = message.priority() == envoy::config::core::v3::HIGH;
  DecodeRewrites(message, scope, action);
  DecodeTimeouts(message, scope, action);
  if (message.has_retry_policy()) {
    action.retry = DecodeRetryPolicy(message.retry_policy(), scope.Field("retry_policy"));
  }
  return action;
}

}  // namespace weir::config::proto
