#include "source/config/proto/upstream_options.h"

#include "envoy/extensions/load_balancing_policies/least_request/v3/least_request.pb.h"
#include "envoy/extensions/load_balancing_policies/random/v3/random.pb.h"
#include "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/protocol_options.h"
#include "source/config/proto/route_policies.h"
#include "source/config/proto/values.h"
#include "source/config/request_policies.h"
#include "source/config/runtime.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::cluster::v3;
namespace lb = envoy::extensions::load_balancing_policies;
namespace http_pb = envoy::extensions::upstreams::http::v3;

constexpr std::string_view kProtocolOptionsKey =
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

// LeastRequest, or the older field of the cluster.
template <typename Message>
void DecodeLeastRequest(const Message& message, const Scope& scope, Cluster& cluster) {
  if (message.has_choice_count()) cluster.choice_count = message.choice_count().value();
  if (!message.has_active_request_bias()) return;
  const auto& bias = message.active_request_bias();
  const Runtime* const runtime = scope.context().runtime;
  const auto value = runtime == nullptr ? std::nullopt : runtime->NumberOf(bias.runtime_key());
  cluster.active_request_bias = value.value_or(bias.default_value());
  if (!(cluster.active_request_bias >= 0)) {
    scope.Field("active_request_bias")
        .Error("must be at least 0", StrCat(cluster.active_request_bias));
  }
}

// False when the policy is none that is supported: the next of the list is looked at.
bool DecodePolicy(const google::protobuf::Any& any, const Scope& scope, Cluster& cluster) {
  const std::string type = schema::ExtensionTypeName(any);
  if (type == lb::round_robin::v3::RoundRobin::descriptor()->full_name()) {
    cluster.balancer = BalancerKind::kRoundRobin;
    return true;
  }
  if (type == lb::random::v3::Random::descriptor()->full_name()) {
    cluster.balancer = BalancerKind::kRandom;
    return true;
  }
  if (type != lb::least_request::v3::LeastRequest::descriptor()->full_name()) return false;
  cluster.balancer = BalancerKind::kLeastRequest;
  const auto policy = Unpack<lb::least_request::v3::LeastRequest>(any, scope);
  if (policy != nullptr) DecodeLeastRequest(*policy, scope, cluster);
  return true;
}

void DecodePolicies(const pb::LoadBalancingPolicy& list, const Scope& scope, Cluster& cluster) {
  for (int i = 0; i < list.policies_size(); ++i) {
    const auto& extension = list.policies(i).typed_extension_config();
    const Scope item = scope.Item("policies", i);
    const Scope at = item.Field("typed_extension_config");
    if (DecodePolicy(extension.typed_config(), at.Field("typed_config"), cluster)) return;
  }
  scope.Error("none of the policies is supported; there are round_robin, least_request and random");
}

void DecodeCommon(const envoy::config::core::v3::HttpProtocolOptions& common, const Scope& scope,
                  HttpLimits& options) {
  scope.RefuseSet(common, {"headers_with_underscores_action"});
  if (common.has_idle_timeout()) {
    options.idle_timeout = DecodeDuration(common.idle_timeout(), scope.Field("idle_timeout"));
  }
  if (common.has_max_connection_duration()) {
    options.max_connection_duration =
        DecodeDuration(common.max_connection_duration(), scope.Field("max_connection_duration"));
  }
  options.max_connection_duration_jitter = common.max_connection_duration_jitter().value();
  if (common.has_max_stream_duration()) {
    options.max_stream_duration =
        DecodeDuration(common.max_stream_duration(), scope.Field("max_stream_duration"));
  }
  if (common.has_max_requests_per_connection()) {
    options.max_requests_per_connection = common.max_requests_per_connection().value();
  }
  if (common.has_max_response_headers_kb()) {
    options.max_response_headers_kb = common.max_response_headers_kb().value();
  }
  if (common.has_max_headers_count())
    options.max_headers_count = common.max_headers_count().value();
}

void DecodeNames(const envoy::config::core::v3::UpstreamHttpProtocolOptions& names,
                 Cluster& cluster) {
  cluster.names =
      NamesFromRequests{.auto_sni = names.auto_sni(),
                        .auto_san_validation = names.auto_san_validation(),
                        .override_auto_sni_header = AsciiLower(names.override_auto_sni_header())};
}

std::shared_ptr<const RequestPolicies> DecodePoliciesOfRequests(
    const http_pb::HttpProtocolOptions& options, const Scope& scope) {
  RequestPolicies policies;
  if (options.has_retry_policy()) {
    policies.retry = DecodeRetryPolicy(options.retry_policy(), scope.Field("retry_policy"));
  }
  policies.mirrors = DecodeMirrors(options.request_mirror_policies(), scope, {});
  policies.hash_policy = DecodeHashPolicy(options.hash_policy(), scope);
  if (policies == RequestPolicies()) return nullptr;
  return std::make_shared<const RequestPolicies>(std::move(policies));
}

void DecodeProtocolOptions(const http_pb::HttpProtocolOptions& options, const Scope& scope,
                           Cluster& cluster) {
  cluster.policies = DecodePoliciesOfRequests(options, scope);
  if (options.has_common_http_protocol_options()) {
    DecodeCommon(options.common_http_protocol_options(),
                 scope.Field("common_http_protocol_options"), cluster.http_limits.Edit());
  }
  DecodeNames(options.upstream_http_protocol_options(), cluster);
  if (options.has_use_downstream_protocol_config()) {
    const auto& use = options.use_downstream_protocol_config();
    const Scope at = scope.Field("use_downstream_protocol_config");
    cluster.protocol = Cluster::Protocol::kDownstream;
    cluster.http1 =
        DecodeHttp1Options(use.http_protocol_options(), at.Field("http_protocol_options"));
    cluster.http2 =
        DecodeHttp2Options(use.http2_protocol_options(), at.Field("http2_protocol_options"));
    return;
  }
  if (options.has_auto_config()) {
    const auto& by_handshake = options.auto_config();
    const Scope at = scope.Field("auto_config");
    cluster.protocol = Cluster::Protocol::kAuto;
    cluster.http1 =
        DecodeHttp1Options(by_handshake.http_protocol_options(), at.Field("http_protocol_options"));
    cluster.http2 = DecodeHttp2Options(by_handshake.http2_protocol_options(),
                                       at.Field("http2_protocol_options"));
    return;
  }
  const auto& config = options.explicit_http_config();
  const Scope at = scope.Field("explicit_http_config");
  if (config.has_http2_protocol_options()) {
    cluster.protocol = Cluster::Protocol::kHttp2;
    cluster.http2 =
        DecodeHttp2Options(config.http2_protocol_options(), at.Field("http2_protocol_options"));
  } else {
    cluster.protocol = Cluster::Protocol::kHttp1;
    cluster.http1 =
        DecodeHttp1Options(config.http_protocol_options(), at.Field("http_protocol_options"));
  }
}

void DecodeDeprecatedOptions(const pb::Cluster& message, const Scope& scope, Cluster& cluster) {
  if (message.has_common_http_protocol_options()) {
    DecodeCommon(message.common_http_protocol_options(),
                 scope.Field("common_http_protocol_options"), cluster.http_limits.Edit());
  }
  DecodeNames(message.upstream_http_protocol_options(), cluster);
  if (message.has_http2_protocol_options()) {
    cluster.protocol = Cluster::Protocol::kHttp2;
    cluster.http2 =
        DecodeHttp2Options(message.http2_protocol_options(), scope.Field("http2_protocol_options"));
  }
  if (message.has_http_protocol_options()) {
    cluster.http1 =
        DecodeHttp1Options(message.http_protocol_options(), scope.Field("http_protocol_options"));
  }
}

}  // namespace

void DecodeBalancer(const pb::Cluster& message, const Scope& scope, Cluster& cluster) {
  if (message.has_load_balancing_policy()) {
    DecodePolicies(message.load_balancing_policy(), scope.Field("load_balancing_policy"), cluster);
    return;
  }
  switch (message.lb_policy()) {
    case pb::Cluster::LEAST_REQUEST:
      cluster.balancer = BalancerKind::kLeastRequest;
      break;
    case pb::Cluster::RANDOM:
      cluster.balancer = BalancerKind::kRandom;
      break;
    case pb::Cluster::LOAD_BALANCING_POLICY_CONFIG:
      scope.Field("load_balancing_policy").Error("lb_policy LOAD_BALANCING_POLICY_CONFIG needs it");
      break;
    default:
      cluster.balancer = BalancerKind::kRoundRobin;
  }
  DecodeLeastRequest(message.least_request_lb_config(), scope.Field("least_request_lb_config"),
                     cluster);
}

void DecodeUpstreamProtocol(const pb::Cluster& message, const Scope& scope, Cluster& cluster) {
  if (message.has_max_requests_per_connection()) {
    cluster.http_limits.Edit().max_requests_per_connection =
        message.max_requests_per_connection().value();
  }
  bool decoded = false;
  for (const auto& [key, any] : message.typed_extension_protocol_options()) {
    const Scope at = scope.Key("typed_extension_protocol_options", key);
    if (key != kProtocolOptionsKey) {
      at.Error(StrCat("protocol options are not supported; there is ", kProtocolOptionsKey), key);
      continue;
    }
    const auto options = Unpack<http_pb::HttpProtocolOptions>(any, at);
    if (options != nullptr) DecodeProtocolOptions(*options, at, cluster);
    decoded = true;
  }
  if (!decoded) {
    DecodeDeprecatedOptions(message, scope, cluster);
    return;
  }
  scope.IgnoreSet(message,
                  {"http_protocol_options", "http2_protocol_options",
                   "common_http_protocol_options", "upstream_http_protocol_options"},
                  "HttpProtocolOptions in typed_extension_protocol_options takes its place");
}

}  // namespace weir::config::proto
