#include "source/config/proto/http_connection_manager.h"

#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/protocol_options.h"
#include "source/config/proto/route_table.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::extensions::filters::network::http_connection_manager::v3;
using Pb = pb::HttpConnectionManager;
using RouterPb = envoy::extensions::filters::http::router::v3::Router;

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
}

void DecodeHttpFilters(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  const std::string& router_type = RouterPb::descriptor()->full_name();
  const int last = message.http_filters_size() - 1;
  if (last < 0) scope.Field("http_filters").Error("the router filter is missing");
  HashSet names;
  for (int i = 0; i <= last; ++i) {
    const pb::HttpFilter& filter = message.http_filters(i);
    const Scope item = scope.Item("http_filters", i);
    const Scope config_scope = item.Field("typed_config");
    item.RefuseSet(filter, {"disabled"});
    if (!names.insert(filter.name()).second) {
      item.Field("name").Error("there is a filter of this name already", filter.name());
    }
    const std::string type = schema::ExtensionTypeName(filter.typed_config());
    if ((type == router_type) != (i == last)) {
      item.Error(i == last ? "the last HTTP filter must be the router"
                           : "the router must be the last HTTP filter",
                 filter.name());
      continue;
    }
    if (type == router_type) {
      const auto router = Unpack<RouterPb>(filter.typed_config(), config_scope);
      if (router != nullptr) manager.suppress_envoy_headers = router->suppress_envoy_headers();
      continue;
    }
    if (filter.is_optional() && scope.context().extensions.Find(type) == nullptr) {
      scope.context().ignored.push_back({.kind = schema::Unsupported::Kind::kExtension,
                                         .path = config_scope.path(),
                                         .message = filter.GetDescriptor()->full_name(),
                                         .field = "typed_config",
                                         .value = type,
                                         .reason = "is_optional"});
      continue;
    }
    auto config = DecodeExtension(filter.typed_config(), ExtensionDecoders::Category::kHttpFilter,
                                  config_scope);
    if (config != nullptr) manager.http_filters.push_back({filter.name(), std::move(config)});
  }
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
  SetDuration(common.has_max_stream_duration(), common.max_stream_duration(),
              at.Field("max_stream_duration"), manager.max_stream_duration);
  if (common.has_max_headers_count())
    manager.max_headers_count = common.max_headers_count().value();
  manager.max_requests_per_connection = common.max_requests_per_connection().value();
  manager.underscores = static_cast<UnderscoresInHeaders>(common.headers_with_underscores_action());
}

void DecodeTimeouts(const Pb& message, const Scope& scope, HttpConnectionManager& manager) {
  SetDuration(message.has_stream_idle_timeout(), message.stream_idle_timeout(),
              scope.Field("stream_idle_timeout"), manager.stream_idle_timeout);
  SetDuration(message.has_request_timeout(), message.request_timeout(),
              scope.Field("request_timeout"), manager.request_timeout);
  SetDuration(message.has_request_headers_timeout(), message.request_headers_timeout(),
              scope.Field("request_headers_timeout"), manager.request_headers_timeout);
  SetDuration(message.has_drain_timeout(), message.drain_timeout(), scope.Field("drain_timeout"),
              manager.drain_timeout);
  SetDuration(message.has_delayed_close_timeout(), message.delayed_close_timeout(),
              scope.Field("delayed_close_timeout"), manager.delayed_close_timeout);
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

void DecodeHeaders(const Pb& message, HttpConnectionManager& manager) {
  if (!message.server_name().empty()) manager.server_name = message.server_name();
  manager.server_header = static_cast<ServerHeader>(message.server_header_transformation());
  manager.via = message.via();
  manager.use_remote_address = message.use_remote_address().value();
  manager.xff_num_trusted_hops = message.xff_num_trusted_hops();
  manager.skip_xff_append = message.skip_xff_append();
  if (message.has_generate_request_id()) {
    manager.generate_request_id = message.generate_request_id().value();
  }
  manager.preserve_external_request_id = message.preserve_external_request_id();
  manager.always_set_request_id_in_response = message.always_set_request_id_in_response();
  manager.normalize_path = message.normalize_path().value();
  manager.merge_slashes = message.merge_slashes();
  manager.escaped_slashes = SlashesAction(message.path_with_escaped_slashes_action());
}

}  // namespace

std::shared_ptr<const HttpConnectionManager> DecodeHttpConnectionManager(const Pb& message,
                                                                         const Scope& scope) {
  scope.RefuseSet(message, {"proxy_100_continue", "strip_matching_host_port", "strip_any_host_port",
                            "strip_trailing_host_dot", "append_x_forwarded_port"});
  if (message.add_user_agent().value()) scope.RefuseSet(message, {"add_user_agent"});
  scope.Field("internal_address_config")
      .RefuseSet(message.internal_address_config(), {"unix_sockets", "cidr_ranges"});
  auto manager = std::make_shared<HttpConnectionManager>();
  manager->stat_prefix = message.stat_prefix();
  manager->codec = static_cast<CodecType>(message.codec_type());
  DecodeRoutes(message, scope, *manager);
  DecodeHttpFilters(message, scope, *manager);
  manager->access_logs = DecodeAccessLogs(message.access_log(), scope);
  manager->http1 =
      DecodeHttp1Options(message.http_protocol_options(), scope.Field("http_protocol_options"));
  manager->http2 =
      DecodeHttp2Options(message.http2_protocol_options(), scope.Field("http2_protocol_options"),
                         message.stream_error_on_invalid_http_message().value());
  if (message.has_max_request_headers_kb()) {
    manager->max_request_headers_kb = message.max_request_headers_kb().value();
  }
  DecodeCommonOptions(message, scope, *manager);
  DecodeTimeouts(message, scope, *manager);
  DecodeHeaders(message, *manager);
  return manager;
}

}  // namespace weir::config::proto
