#include "source/config/proto/http_connection_manager.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.pb.h"
#include "envoy/extensions/request_id/uuid/v3/uuid.pb.h"
#include "source/base/hash_map.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/config/proto/access_log.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/header_changes.h"
#include "source/config/proto/http_filters.h"
#include "source/config/proto/ip_detection.h"
#include "source/config/proto/local_reply.h"
#include "source/config/proto/match_tree.h"
#include "source/config/proto/protocol_options.h"
#include "source/config/proto/proxy_status.h"
#include "source/config/proto/route_table.h"
#include "source/config/proto/upgrades.h"
#include "source/config/proto/values.h"
#include "source/config/runtime.h"
#include "source/http/header_map.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::extensions::filters::network::http_connection_manager::v3;
using Pb = pb::HttpConnectionManager;
using EarlyMutationPb =
    envoy::extensions::http::early_header_mutation::header_mutation::v3::HeaderMutation;
using UuidPb = envoy::extensions::request_id::uuid::v3::UuidRequestIdConfig;

void DecodeRoutes(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  if (message.has_route_config()) {
    manager.routes = DecodeRouteTable(message.route_config(), scope.Field("route_config"));
    return;
  }
  if (!message.has_rds()) {
    scope.Error("routes are missing: route_config or rds");
    return;
  }
  const Scope at = scope.Field("rds");
  manager.rds_name = message.rds().route_config_name();
  if (manager.rds_name.empty()) at.Field("route_config_name").Error("a name is missing");
  if (!message.rds().has_config_source()) {
    at.Field("config_source").Error("a source is missing");
    return;
  }
  manager.rds_source = DecodeConfigSource(message.rds().config_source(), at.Field("config_source"));
  manager.rds_key = ResourceKey(manager.rds_name, OriginOf(manager.rds_source));
}

void SetDuration(bool present, const google::protobuf::Duration& duration, const Scope& scope,
                 std::chrono::milliseconds& target) {
  if (present) target = DecodeDuration(duration, scope);
}

void DecodeCommonOptions(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  const envoy::config::core::v3::HttpProtocolOptions& common =
      message.common_http_protocol_options();
  const Scope at = scope.Field("common_http_protocol_options");
  at.RefuseSet(common, {"max_response_headers_kb"});
  SetDuration(common.has_idle_timeout(), common.idle_timeout(), at.Field("idle_timeout"),
              manager.idle_timeout);
  SetDuration(common.has_max_connection_duration(), common.max_connection_duration(),
              at.Field("max_connection_duration"), manager.max_connection_duration);
  manager.max_connection_duration_jitter = common.max_connection_duration_jitter().value();
  manager.http1_safe_max_connection_duration = message.http1_safe_max_connection_duration();
  SetDuration(common.has_max_stream_duration(), common.max_stream_duration(),
              at.Field("max_stream_duration"), manager.max_stream_duration);
  if (common.has_max_headers_count())
    manager.max_headers_count = common.max_headers_count().value();
  manager.max_requests_per_connection = common.max_requests_per_connection().value();
  manager.underscores = static_cast<UnderscoresInHeaders>(common.headers_with_underscores_action());
}

void DecodeLogs(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  manager.access_logs = DecodeAccessLogs(message.access_log(), scope);
  manager.log_new_requests = message.flush_access_log_on_new_request();
  SetDuration(message.has_access_log_flush_interval(), message.access_log_flush_interval(),
              scope.Field("access_log_flush_interval"), manager.log_interval);
  if (!message.has_access_log_options()) return;
  const Scope at = scope.Field("access_log_options");
  if (manager.log_new_requests || message.has_access_log_flush_interval()) {
    at.Error("takes the place of access_log_flush_interval and flush_access_log_on_new_request");
  }
  const Pb::HcmAccessLogOptions& options = message.access_log_options();
  manager.log_new_requests = options.flush_access_log_on_new_request();
  manager.log_new_tunnels = options.flush_log_on_tunnel_successfully_established();
  SetDuration(options.has_access_log_flush_interval(), options.access_log_flush_interval(),
              at.Field("access_log_flush_interval"), manager.log_interval);
}

void DecodeTimeouts(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  SetDuration(message.has_stream_idle_timeout(), message.stream_idle_timeout(),
              scope.Field("stream_idle_timeout"), manager.stream_idle_timeout);
  manager.stream_flush_timeout = manager.stream_idle_timeout;
  SetDuration(message.has_stream_flush_timeout(), message.stream_flush_timeout(),
              scope.Field("stream_flush_timeout"), manager.stream_flush_timeout);
  SetDuration(message.has_request_timeout(), message.request_timeout(),
              scope.Field("request_timeout"), manager.request_timeout);
  SetDuration(message.has_request_headers_timeout(), message.request_headers_timeout(),
              scope.Field("request_headers_timeout"), manager.request_headers_timeout);
  SetDuration(message.has_drain_timeout(), message.drain_timeout(), scope.Field("drain_timeout"),
              manager.drain_timeout);
  manager.drain_timeout_jitter = message.drain_timeout_jitter().value() / 100;
  SetDuration(message.has_delayed_close_timeout(), message.delayed_close_timeout(),
              scope.Field("delayed_close_timeout"), manager.delayed_close_timeout);
}

// What has no field, and a name in the runtime alone.
void DecodeRuntime(const Runtime* runtime, HttpConnectionManager& manager) {
  if (runtime == nullptr) return;
  if (const auto count = runtime->IntegerOf("overload.premature_reset_total_stream_count")) {
    manager.http2.premature_reset_total_stream_count =
        static_cast<uint32_t>(std::min<uint64_t>(*count, UINT32_MAX));
  }
  const auto lifetime = runtime->IntegerOf("overload.premature_reset_min_stream_lifetime_seconds");
  if (lifetime.has_value()) {
    manager.premature_reset_min_stream_lifetime =
        std::chrono::seconds(std::min<uint64_t>(*lifetime, UINT32_MAX));
  }
}

PathNormalization SlashesAction(Pb::PathWithEscapedSlashesAction action) {
  switch (action) {
    case Pb::REJECT_REQUEST:
      return PathNormalization::kReject;
    case Pb::UNESCAPE_AND_REDIRECT:
      return PathNormalization::kUnescapeAndRedirect;
    case Pb::UNESCAPE_AND_FORWARD:
      return PathNormalization::kUnescapeAndForward;
    default:
      return PathNormalization::kKeep;
  }
}

void DecodeRequestId(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  if (message.has_generate_request_id()) {
    manager.generate_request_id = message.generate_request_id().value();
  }
  manager.preserve_external_request_id = message.preserve_external_request_id();
  manager.always_set_request_id_in_response = message.always_set_request_id_in_response();
  if (!message.has_request_id_extension()) return;
  // The one there is; both of its fields speak of tracing.
  Unpack<UuidPb>(message.request_id_extension().typed_config(),
                 scope.Field("request_id_extension").Field("typed_config"));
}

// Of the connection manager, or of an action of its matcher.
template <typename Message>
ClientCertForwarding DecodeClientCert(const Message& message) {
  const Pb::SetCurrentClientCertDetails& details = message.set_current_client_cert_details();
  return {.mode = static_cast<ForwardClientCert>(message.forward_client_cert_details()),
          .details = {.subject = details.subject().value(),
                      .cert = details.cert(),
                      .dns = details.dns(),
                      .uri = details.uri(),
                      .chain = details.chain()}};
}

ForwardProto DecodeForwardProto(const pb::ForwardProtoConfig& message, const Scope& scope) {
  HashSet seen;
  const auto ports = [&](const auto& numbers, std::string_view field) {
    std::vector<uint16_t> decoded;
    for (int i = 0; i < numbers.size(); ++i) {
      const std::string text = StrCat(numbers[i]);
      if (numbers[i] == 0 || numbers[i] > UINT16_MAX) {
        scope.Item(field, i).Error("must be a port, 1 to 65535", text);
      } else if (!seen.insert(text).second) {
        scope.Item(field, i).Error("is there already", text);
      }
      decoded.push_back(static_cast<uint16_t>(numbers[i]));
    }
    std::sort(decoded.begin(), decoded.end());
    return decoded;
  };
  return {.https_ports = ports(message.https_destination_ports(), "https_destination_ports"),
          .http_ports = ports(message.http_destination_ports(), "http_destination_ports")};
}

void DecodeClient(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  manager.use_remote_address = message.use_remote_address().value();
  manager.xff_num_trusted_hops = message.xff_num_trusted_hops();
  manager.skip_xff_append = message.skip_xff_append();
  manager.ip_detection = DecodeIpDetection(message, scope);
  manager.append_x_forwarded_port = message.append_x_forwarded_port();
  manager.forward_proto =
      DecodeForwardProto(message.forward_proto_config(), scope.Field("forward_proto_config"));
  manager.ipv4_as_mapped_ipv6 = message.represent_ipv4_remote_address_as_ipv4_mapped_ipv6();
  manager.client_cert = DecodeClientCert(message);
  if (message.has_forward_client_cert_matcher()) {
    manager.client_cert_matcher = DecodeActionTree<ClientCertForwarding>(
        message.forward_client_cert_matcher(), scope.Field("forward_client_cert_matcher"),
        MatchStage::kRequest, [](const google::protobuf::Any& action, const Scope& place) {
          const auto config = Unpack<Pb::ForwardClientCertConfig>(action, place);
          return config == nullptr ? ClientCertForwarding() : DecodeClientCert(*config);
        });
  }
  const Pb::InternalAddressConfig& internal = message.internal_address_config();
  const Scope at = scope.Field("internal_address_config");
  manager.internal_addresses.unix_sockets = internal.unix_sockets();
  // Asked for without ranges: the private ones, as Envoy has it.
  if (message.has_internal_address_config() && internal.cidr_ranges().empty()) {
    manager.internal_addresses.ranges = InternalAddresses::PrivateRanges();
  }
  for (int i = 0; i < internal.cidr_ranges_size(); ++i) {
    const auto range = DecodeCidrRange(internal.cidr_ranges(i), at.Item("cidr_ranges", i));
    if (range.has_value()) manager.internal_addresses.ranges.push_back(*range);
  }
}

std::vector<PathStep> StepsOf(const envoy::type::http::v3::PathTransformation& transformation) {
  std::vector<PathStep> steps;
  for (const auto& operation : transformation.operations()) {
    steps.push_back(operation.has_merge_slashes() ? PathStep::kMergeSlashes : PathStep::kNormalize);
  }
  return steps;
}

void DecodePathSteps(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  if (message.normalize_path().value()) manager.path_steps.push_back(PathStep::kNormalize);
  if (message.merge_slashes()) manager.path_steps.push_back(PathStep::kMergeSlashes);
  if (!message.has_path_normalization_options()) return;
  if (!manager.path_steps.empty()) {
    scope.Field("path_normalization_options")
        .Error("takes the place of normalize_path and merge_slashes");
  }
  const Pb::PathNormalizationOptions& options = message.path_normalization_options();
  manager.path_steps = StepsOf(options.forwarding_transformation());
  manager.filter_path_steps = StepsOf(options.http_filter_transformation());
}

void DecodeTarget(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  DecodePathSteps(message, scope, manager);
  manager.escaped_slashes = SlashesAction(message.path_with_escaped_slashes_action());
  if (message.strip_matching_host_port() && message.strip_any_host_port()) {
    scope.Field("strip_matching_host_port")
        .Error("cannot be given together with strip_any_host_port");
  }
  if (message.strip_matching_host_port()) manager.host_port = HostPort::kStripMatching;
  if (message.strip_any_host_port()) manager.host_port = HostPort::kStripAny;
  manager.strip_trailing_host_dot = message.strip_trailing_host_dot();
  manager.scheme = message.scheme_header_transformation().scheme_to_overwrite();
  manager.scheme_of_upstream =
      manager.scheme.empty() && message.scheme_header_transformation().match_upstream();
}

// A value that is written as it stands.
void DecodeFieldValue(const std::string& value, const Scope& scope, std::string& target) {
  if (value.empty()) return;
  if (!http::HeaderMap::IsValidValue(value)) scope.Error("is not a valid field value", value);
  target = value;
}

void DecodeEarlyMutations(const Pb& message, const Scope& scope, HeaderMutations& mutations) {
  for (int i = 0; i < message.early_header_mutation_extensions_size(); ++i) {
    const Scope item = scope.Item("early_header_mutation_extensions", i);
    const Scope at = item.Field("typed_config");
    const auto extension =
        Unpack<EarlyMutationPb>(message.early_header_mutation_extensions(i).typed_config(), at);
    if (extension == nullptr) continue;
    HeaderMutations decoded = DecodeHeaderMutations(extension->mutations(), at, "mutations");
    std::move(decoded.in_order.begin(), decoded.in_order.end(),
              std::back_inserter(mutations.in_order));
  }
}

void DecodeHeaders(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  DecodeFieldValue(message.server_name(), scope.Field("server_name"), manager.server_name);
  DecodeFieldValue(message.via(), scope.Field("via"), manager.via);
  manager.server_header = static_cast<ServerHeader>(message.server_header_transformation());
  manager.proxy_100_continue = message.proxy_100_continue();
  manager.append_local_overload = message.append_local_overload();
  manager.proxy_status = DecodeProxyStatus(message, manager.server_name, scope);
  DecodeEarlyMutations(message, scope, manager.early_mutations);
  if (message.has_add_proxy_protocol_connection_state()) {
    manager.tells_upstreams_of_client = message.add_proxy_protocol_connection_state().value();
  }
  DecodeRequestId(message, scope, manager);
  DecodeClient(message, scope, manager);
  DecodeTarget(message, scope, manager);
}

}  // namespace

std::shared_ptr<const HttpConnectionManager> DecodeHttpConnectionManager(const Pb& message,
                                                                         const Scope& scope) {
  if (message.add_user_agent().value()) scope.RefuseSet(message, {"add_user_agent"});
  auto manager = std::make_shared<HttpConnectionManager>();
  manager->stat_prefix = DecodeCountedName(message.stat_prefix(), scope);
  manager->codec = static_cast<CodecType>(message.codec_type());
  DecodeRoutes(message, scope, *manager);
  manager->http_filters = DecodeHttpFilters(message.http_filters(), scope, "http_filters");
  DecodeLogs(message, scope, *manager);
  manager->local_replies =
      DecodeLocalReplies(message.local_reply_config(), scope.Field("local_reply_config"));
  manager->http1 =
      DecodeHttp1Options(message.http_protocol_options(), scope.Field("http_protocol_options"),
                         message.stream_error_on_invalid_http_message().value());
  manager->http2 =
      DecodeHttp2Options(message.http2_protocol_options(), scope.Field("http2_protocol_options"),
                         message.stream_error_on_invalid_http_message().value());
  if (message.has_max_request_headers_kb()) {
    manager->max_request_headers_kb = message.max_request_headers_kb().value();
  }
  manager->upgrades = DecodeUpgrades(message.upgrade_configs(), scope);
  DecodeCommonOptions(message, scope, *manager);
  DecodeTimeouts(message, scope, *manager);
  DecodeHeaders(message, scope, *manager);
  DecodeRuntime(scope.context().runtime, *manager);
  return manager;
}

}  // namespace weir::config::proto
