#include "source/config/proto/extension_decoders.h"

#include <algorithm>
#include <array>

namespace weir::config::proto {
namespace {

// Decoded as parts of a listener, a route table, a cluster or the bootstrap.
constexpr auto kBuiltIn = std::to_array<std::string_view>({
    "envoy.config.overload.v3.ShrinkHeapConfig",
    "envoy.config.route.v3.FilterConfig",
    "envoy.config.route.v3.Route",
    "envoy.config.route.v3.RouteList",
    "envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
    "envoy.extensions.early_data.v3.DefaultEarlyDataPolicy",
    "envoy.extensions.filters.http.router.v3.Router",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager."
    "ForwardClientCertConfig",
    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
    "envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery",
    "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
    "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig",
    "envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig",
    "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig",
    "envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig",
    "envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig",
    "envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig",
    "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest",
    "envoy.extensions.load_balancing_policies.random.v3.Random",
    "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin",
    "envoy.extensions.matching.common_inputs.network.v3.ApplicationProtocolInput",
    "envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput",
    "envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput",
    "envoy.extensions.matching.common_inputs.network.v3.DirectSourceIPInput",
    "envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput",
    "envoy.extensions.matching.common_inputs.network.v3.FilterStateInput",
    "envoy.extensions.matching.common_inputs.network.v3.ServerNameInput",
    "envoy.extensions.matching.common_inputs.network.v3.SourceIPInput",
    "envoy.extensions.matching.common_inputs.network.v3.SourcePortInput",
    "envoy.extensions.matching.common_inputs.network.v3.SourceTypeInput",
    "envoy.extensions.matching.common_inputs.network.v3.TransportProtocolInput",
    "envoy.extensions.matching.common_inputs.ssl.v3.DnsSanInput",
    "envoy.extensions.matching.common_inputs.ssl.v3.SubjectInput",
    "envoy.extensions.matching.common_inputs.ssl.v3.UriSanInput",
    "envoy.extensions.matching.input_matchers.ip.v3.Ip",
    "envoy.extensions.matching.input_matchers.metadata.v3.Metadata",
    "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
    "envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig",
    "envoy.extensions.regex_engines.v3.GoogleRE2",
    "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig",
    "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
    "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
    "envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction",
    "envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier",
    "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
    "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig",
    "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig",
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    "envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
    "envoy.type.matcher.v3.HttpRequestQueryParamMatchInput",
    "google.protobuf.StringValue",
    "weir.config.v1.DynamicUpdates",
    "weir.config.v1.FileWatcher",
    "xds.type.matcher.v3.IPMatcher",
    "xds.type.matcher.v3.ServerNameMatcher",
});

}  // namespace

const ExtensionDecoders::Entry* ExtensionDecoders::Find(std::string_view message_name) const {
  const auto found = entries_.find(message_name);
  return found == entries_.end() ? nullptr : &found->second;
}

schema::KnownExtension ExtensionDecoders::Known() const {
  return [this](std::string_view message_name) {
    return std::find(kBuiltIn.begin(), kBuiltIn.end(), message_name) != kBuiltIn.end() ||
           Find(message_name) != nullptr;
  };
}

}  // namespace weir::config::proto
