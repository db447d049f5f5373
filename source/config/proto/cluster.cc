#include "source/config/proto/cluster.h"

#include <algorithm>
#include <cmath>

#include "source/base/status.h"
#include "source/config/proto/endpoints.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/sockets.h"
#include "source/config/proto/upstream_options.h"
#include "source/config/proto/values.h"
#include "source/config/shared_parts.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::cluster::v3;

void DecodeEds(const pb::Cluster& message, const Scope& scope, Cluster& cluster) {
  cluster.type = DiscoveryType::kEds;
  const Scope at = scope.Field("eds_cluster_config");
  if (!message.eds_cluster_config().has_eds_config()) {
    at.Field("eds_config").Error("a cluster of type EDS needs it");
  } else {
    cluster.eds_source =
        DecodeConfigSource(message.eds_cluster_config().eds_config(), at.Field("eds_config"));
  }
  cluster.eds_service_name = message.eds_cluster_config().service_name();
  if (message.has_load_assignment()) {
    scope.Field("load_assignment").Error("cannot be given for a cluster of type EDS");
  }
}

void DecodeInlineEndpoints(const pb::Cluster& message, const Scope& scope, Cluster& cluster) {
  const bool dns = message.type() == pb::Cluster::STRICT_DNS;
  cluster.type = dns ? DiscoveryType::kStrictDns : DiscoveryType::kStatic;
  if (message.has_eds_cluster_config()) {
    scope.Field("eds_cluster_config").Error("can be given for a cluster of type EDS alone");
  }
  cluster.endpoints = DecodeEndpoints(message.load_assignment(), scope.Field("load_assignment"),
                                      dns ? EndpointNames::kResolve : EndpointNames::kRefuse);
}

DnsOptions DecodeDns(const pb::Cluster& message, const Scope& scope) {
  DnsOptions options;
  options.family = static_cast<net::DnsFamily>(message.dns_lookup_family());
  options.respect_ttl = message.respect_dns_ttl();
  if (message.has_dns_refresh_rate()) {
    options.refresh_rate =
        DecodeDuration(message.dns_refresh_rate(), scope.Field("dns_refresh_rate"));
  }
  options.failure_refresh_base = options.failure_refresh_max = options.refresh_rate;
  if (message.has_dns_failure_refresh_rate()) {
    const BackOffIntervals intervals =
        DecodeBackOff(message.dns_failure_refresh_rate(), scope.Field("dns_failure_refresh_rate"));
    options.failure_refresh_base = intervals.base;
    options.failure_refresh_max = intervals.max;
  }
  return options;
}

RetryBudget DecodeRetryBudget(const pb::CircuitBreakers::Thresholds::RetryBudget& message,
                              const Scope& scope) {
  RetryBudget budget;
  if (message.has_budget_percent()) {
    budget.percent = message.budget_percent().value();
    if (!(budget.percent >= 0 && budget.percent <= 100)) {
      scope.Field("budget_percent").Error("must be between 0 and 100", StrCat(budget.percent));
    }
  }
  if (message.has_min_retry_concurrency()) budget.least = message.min_retry_concurrency().value();
  budget.interval = DecodeDuration(message.budget_interval(), scope.Field("budget_interval"));
  return budget;
}

void DecodeSockets(const pb::Cluster& message, const Scope& scope, Cluster& cluster) {
  UpstreamSockets sockets;
  if (message.upstream_connection_options().has_tcp_keepalive()) {
    sockets.keepalive = DecodeKeepalive(message.upstream_connection_options().tcp_keepalive());
  }
  sockets.bind =
      message.has_upstream_bind_config()
          ? DecodeBind(message.upstream_bind_config(), scope.Field("upstream_bind_config"))
          : scope.context().upstream_bind;
  if (sockets != UpstreamSockets()) cluster.sockets = std::move(sockets);
}

using Thresholds = pb::CircuitBreakers::Thresholds;

void DecodeThresholds(const Thresholds& message, const Scope& scope, CircuitBreakers& limits) {
  limits.track_remaining = message.track_remaining();
  if (message.has_max_connections()) limits.max_connections = message.max_connections().value();
  if (message.has_max_pending_requests()) {
    limits.max_pending_requests = message.max_pending_requests().value();
  }
  if (message.has_max_requests()) limits.max_requests = message.max_requests().value();
  if (message.has_max_retries()) limits.max_retries = message.max_retries().value();
  if (message.has_max_connection_pools()) {
    limits.max_connection_pools = message.max_connection_pools().value();
  }
  if (message.has_retry_budget()) {
    limits.retry_budget = DecodeRetryBudget(message.retry_budget(), scope.Field("retry_budget"));
  }
}

void DecodeHostThresholds(const Thresholds& message, const Scope& scope, CircuitBreakers& limits) {
  scope.RefuseSet(message, {"max_pending_requests", "max_requests", "max_retries",
                            "track_remaining", "max_connection_pools", "retry_budget"});
  if (message.has_max_connections()) {
    limits.max_connections_to_host = message.max_connections().value();
  }
}

// Each priority has one of them at most.
void DecodeByPriority(const google::protobuf::RepeatedPtrField<Thresholds>& messages,
                      std::string_view field, const Scope& scope, Cluster& cluster,
                      void (*decode)(const Thresholds&, const Scope&, CircuitBreakers&)) {
  bool seen[2] = {false, false};
  for (int i = 0; i < messages.size(); ++i) {
    const Scope item = scope.Item(field, i);
    const bool high = messages[i].priority() == envoy::config::core::v3::HIGH;
    if (std::exchange(seen[high ? 1 : 0], true)) {
      item.Field("priority")
          .Error("there are thresholds for this priority already", high ? "HIGH" : "DEFAULT");
    }
    decode(messages[i], item, (high ? cluster.high_breakers : cluster.breakers).Edit());
  }
}

void DecodeBreakers(const pb::Cluster& message, const Scope& scope, Cluster& cluster) {
  const pb::CircuitBreakers& breakers = message.circuit_breakers();
  const Scope at = scope.Field("circuit_breakers");
  DecodeByPriority(breakers.thresholds(), "thresholds", at, cluster, DecodeThresholds);
  DecodeByPriority(breakers.per_host_thresholds(), "per_host_thresholds", at, cluster,
                   DecodeHostThresholds);
}

void DecodeCommonLb(const pb::Cluster& message, const Scope& scope, Cluster& cluster) {
  const pb::Cluster::CommonLbConfig& common = message.common_lb_config();
  scope.Field("common_lb_config")
      .IgnoreSet(common, {"update_merge_window"}, "updates of endpoints are applied as they come");
  if (common.has_healthy_panic_threshold()) {
    cluster.healthy_panic_threshold =
        static_cast<uint32_t>(std::clamp(common.healthy_panic_threshold().value(), 0.0, 100.0));
  }
  cluster.close_connections_on_host_set_change = common.close_connections_on_host_set_change();
}

void DecodeTransportSockets(const pb::Cluster& message, const Scope& scope, Cluster& cluster) {
  constexpr auto kCategory = ExtensionDecoders::Category::kUpstreamTransportSocket;
  if (message.has_transport_socket()) {
    cluster.transport_socket = DecodeTransportSocket(message.transport_socket(), kCategory,
                                                     scope.Field("transport_socket"));
  }
  for (int i = 0; i < message.transport_socket_matches_size(); ++i) {
    const pb::Cluster::TransportSocketMatch& match = message.transport_socket_matches(i);
    const Scope item = scope.Item("transport_socket_matches", i);
    cluster.transport_socket_matches.push_back(
        {.name = match.name(), .match = DecodeStruct(match.match())});
    if (!match.has_transport_socket()) continue;
    cluster.transport_socket_matches.back().transport_socket =
        DecodeTransportSocket(match.transport_socket(), kCategory, item.Field("transport_socket"));
  }
}

// auto_config goes by what the handshake agrees on.
void CheckNegotiation(const Cluster& cluster, const Scope& scope) {
  if (cluster.protocol != Cluster::Protocol::kAuto) return;
  const auto sockets = TransportSocketsOf(cluster);
  for (size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i] != nullptr && sockets[i]->negotiates_protocol()) continue;
    constexpr std::string_view kWhy =
        "auto_config needs a transport socket that agrees on a protocol by ALPN: tls";
    if (i == 0) {
      scope.Field("transport_socket").Error(kWhy);
    } else {
      scope.Item("transport_socket_matches", static_cast<int>(i) - 1)
          .Field("transport_socket")
          .Error(kWhy);
    }
  }
}

}  // namespace

std::shared_ptr<const Cluster> DecodeCluster(const pb::Cluster& message, const Scope& scope) {
  auto cluster = std::make_shared<Cluster>();
  cluster->name = message.name();
  if (!message.alt_stat_name().empty()) cluster->alt_stat_name = message.alt_stat_name();
  if (message.has_wait_for_warm_on_init() && !message.wait_for_warm_on_init().value()) {
    scope.Field("wait_for_warm_on_init")
        .Error("false is not supported: clusters are warm before use");
  }
  if (message.type() == pb::Cluster::EDS) {
    DecodeEds(message, scope, *cluster);
  } else {
    DecodeInlineEndpoints(message, scope, *cluster);
  }
  cluster->dns = DecodeDns(message, scope);
  if (message.has_connect_timeout()) {
    cluster->connect_timeout =
        DecodeDuration(message.connect_timeout(), scope.Field("connect_timeout"));
  }
  if (message.has_per_connection_buffer_limit_bytes()) {
    cluster->buffer_limit = message.per_connection_buffer_limit_bytes().value();
  }
  DecodeSockets(message, scope, *cluster);
  DecodeBreakers(message, scope, *cluster);
  DecodeCommonLb(message, scope, *cluster);
  DecodeBalancer(message, scope, *cluster);
  DecodeUpstreamProtocol(message, scope, *cluster);
  DecodeTransportSockets(message, scope, *cluster);
  CheckNegotiation(*cluster, scope);
  if (scope.context().parts != nullptr) scope.context().parts->ShareIn(*cluster);
  return cluster;
}

}  // namespace weir::config::proto
