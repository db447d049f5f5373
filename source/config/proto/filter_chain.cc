#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/http_connection_manager.h"
#include "source/config/proto/listener.h"
#include "source/config/proto/tcp_proxy.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::listener::v3;
using ManagerPb =
    envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using TcpProxyPb = envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;

template <typename Ranges>
void DecodeRanges(const Ranges& ranges, const Scope& scope, std::string_view field,
                  std::vector<net::CidrRange>& decoded) {
  for (int i = 0; i < ranges.size(); ++i) {
    std::optional<net::CidrRange> range = DecodeCidrRange(ranges[i], scope.Item(field, i));
    if (range.has_value()) decoded.push_back(*std::move(range));
  }
}

FilterChainMatch DecodeMatch(const pb::FilterChainMatch& message, const Scope& scope) {
  FilterChainMatch match;
  if (message.has_destination_port()) {
    match.destination_port = static_cast<uint16_t>(message.destination_port().value());
  }
  DecodeRanges(message.prefix_ranges(), scope, "prefix_ranges", match.destination_ranges);
  for (int i = 0; i < message.server_names_size(); ++i) {
    std::string name = AsciiLower(message.server_names(i));
    const std::string_view rest = std::string_view(name).substr(name.starts_with("*.") ? 2 : 0);
    if (rest.empty() || rest.find('*') != std::string_view::npos) {
      scope.Item("server_names", i).Error("must be a name or \"*.suffix\"", name);
    }
    match.server_names.push_back(std::move(name));
  }
  match.transport_protocol = message.transport_protocol();
  match.application_protocols.assign(message.application_protocols().begin(),
                                     message.application_protocols().end());
  DecodeRanges(message.direct_source_prefix_ranges(), scope, "direct_source_prefix_ranges",
               match.direct_source_ranges);
  match.source_type = static_cast<FilterChainMatch::SourceType>(message.source_type());
  DecodeRanges(message.source_prefix_ranges(), scope, "source_prefix_ranges", match.source_ranges);
  for (const uint32_t port : message.source_ports()) {
    match.source_ports.push_back(static_cast<uint16_t>(port));
  }
  return match;
}

bool IsTerminal(std::string_view type) {
  return type == ManagerPb::descriptor()->full_name() ||
         type == TcpProxyPb::descriptor()->full_name();
}

void DecodeTerminal(const pb::Filter& filter, const Scope& scope, FilterChain& chain) {
  if (schema::ExtensionTypeName(filter.typed_config()) == TcpProxyPb::descriptor()->full_name()) {
    const auto proxy = Unpack<TcpProxyPb>(filter.typed_config(), scope);
    if (proxy != nullptr) chain.terminal = DecodeTcpProxy(*proxy, scope);
    return;
  }
  const auto manager = Unpack<ManagerPb>(filter.typed_config(), scope);
  if (manager != nullptr) chain.terminal = DecodeHttpConnectionManager(*manager, scope);
}

void DecodeNetworkFilter(const pb::Filter& filter, bool last, const Scope& scope,
                         FilterChain& chain) {
  const Scope config_scope = scope.Field("typed_config");
  const std::string type = schema::ExtensionTypeName(filter.typed_config());
  if (IsTerminal(type)) {
    if (!last) {
      scope.Error("a terminal filter must be the last of its chain", filter.name());
      return;
    }
    DecodeTerminal(filter, config_scope, chain);
    return;
  }
  auto config = DecodeExtension(filter.typed_config(), ExtensionDecoders::Category::kNetworkFilter,
                                config_scope);
  if (config == nullptr) return;
  chain.network_filters.push_back({filter.name(), std::move(config)});
  if (last) {
    scope.Error("the last filter of a chain must be terminal: http_connection_manager or tcp_proxy",
                filter.name());
  }
}

}  // namespace

std::shared_ptr<const FilterChain> DecodeFilterChain(const pb::FilterChain& message,
                                                     const Scope& scope) {
  auto chain = std::make_shared<FilterChain>();
  chain->name = message.name();
  chain->match = DecodeMatch(message.filter_chain_match(), scope.Field("filter_chain_match"));
  if (message.has_transport_socket()) {
    chain->transport_socket = DecodeTransportSocket(
        message.transport_socket(), ExtensionDecoders::Category::kDownstreamTransportSocket,
        scope.Field("transport_socket"));
  }
  if (message.has_transport_socket_connect_timeout()) {
    chain->transport_socket_connect_timeout =
        DecodeDuration(message.transport_socket_connect_timeout(),
                       scope.Field("transport_socket_connect_timeout"));
  }
  if (message.filters_size() == 0) {
    scope.Field("filters").Error(
        "a chain needs a terminal filter: http_connection_manager or tcp_proxy");
  }
  for (int i = 0; i < message.filters_size(); ++i) {
    DecodeNetworkFilter(message.filters(i), i == message.filters_size() - 1,
                        scope.Item("filters", i), *chain);
  }
  return chain;
}

}  // namespace weir::config::proto
