#include "source/config/proto/listener.h"

#include "google/protobuf/wrappers.pb.h"
#include "source/base/status.h"
#include "source/config/proto/access_log.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/match_tree.h"
#include "source/config/proto/sockets.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::listener::v3;

void DecodeFilters(const pb::Listener& message, const Scope& scope, Listener& listener) {
  for (int i = 0; i < message.listener_filters_size(); ++i) {
    const Scope item = scope.Item("listener_filters", i);
    auto config =
        DecodeExtension(message.listener_filters(i).typed_config(),
                        ExtensionDecoders::Category::kListenerFilter, item.Field("typed_config"));
    if (config == nullptr) continue;
    listener.listener_filters.push_back({message.listener_filters(i).name(), std::move(config)});
  }
  if (message.has_listener_filters_timeout()) {
    listener.listener_filters_timeout =
        DecodeDuration(message.listener_filters_timeout(), scope.Field("listener_filters_timeout"));
  }
  listener.continue_on_listener_filters_timeout = message.continue_on_listener_filters_timeout();
}

void DecodeChainMatcher(const pb::Listener& message, const Scope& scope, const HashMap<int>& names,
                        Listener& listener) {
  for (int i = 0; i < message.filter_chains_size(); ++i) {
    const Scope item = scope.Item("filter_chains", i);
    if (message.filter_chains(i).name().empty()) {
      item.Field("name").Error("filter_chain_matcher chooses by name, and one is missing");
    }
    item.IgnoreSet(message.filter_chains(i), {"filter_chain_match"},
                   "filter_chain_matcher chooses in its place");
  }
  listener.chain_matcher = DecodeActionTree<std::string>(
      message.filter_chain_matcher(), scope.Field("filter_chain_matcher"), MatchStage::kConnection,
      [&](const google::protobuf::Any& action, const Scope& place) {
        const auto name = Unpack<google::protobuf::StringValue>(action, place);
        if (name == nullptr) return std::string();
        if (!names.contains(name->value())) {
          place.Error("there is no filter chain of this name", name->value());
        }
        return name->value();
      });
}

void DecodeChains(const pb::Listener& message, const Scope& scope, Listener& listener) {
  if (message.filter_chains_size() == 0 && !message.has_default_filter_chain()) {
    scope.Field("filter_chains").Error("a listener needs a filter chain");
  }
  HashMap<int> names;
  for (int i = 0; i < message.filter_chains_size(); ++i) {
    const pb::FilterChain& chain = message.filter_chains(i);
    const Scope item = scope.Item("filter_chains", i);
    if (!chain.name().empty() && !names.try_emplace(chain.name(), i).second) {
      item.Field("name").Error("there is a filter chain of this name already", chain.name());
    }
    listener.filter_chains.push_back(DecodeFilterChain(chain, item));
  }
  if (message.has_default_filter_chain()) {
    listener.default_filter_chain =
        DecodeFilterChain(message.default_filter_chain(), scope.Field("default_filter_chain"));
  }
  if (message.has_filter_chain_matcher()) DecodeChainMatcher(message, scope, names, listener);
}

}  // namespace

std::shared_ptr<const Listener> DecodeListener(const pb::Listener& message, const Scope& scope) {
  auto listener = std::make_shared<Listener>();
  listener->stat_prefix = message.stat_prefix();
  DecodeListenAddresses(message, scope, *listener);
  listener->name = message.name();
  if (listener->name.empty()) {
    if (scope.context().is_static) {
      listener->name = listener->address.ToString();
    } else {
      scope.Field("name").Error("a listener from a control plane needs a name");
    }
  }
  DecodeFilters(message, scope, *listener);
  DecodeChains(message, scope, *listener);
  if (message.has_per_connection_buffer_limit_bytes()) {
    listener->buffer_limit = message.per_connection_buffer_limit_bytes().value();
  }
  listener->max_connections_to_accept_per_socket_event =
      message.max_connections_to_accept_per_socket_event().value();
  listener->ignore_global_connection_limit = message.ignore_global_conn_limit();
  listener->bypass_overload_manager = message.bypass_overload_manager();
  listener->drain_on_modify_only = message.drain_type() == pb::Listener::MODIFY_ONLY;
  listener->direction = static_cast<Listener::Direction>(message.traffic_direction());
  listener->access_logs = DecodeAccessLogs(message.access_log(), scope);
  return listener;
}

}  // namespace weir::config::proto
