#include "source/config/proto/tcp_proxy.h"

#include "source/base/status.h"
#include "source/config/proto/access_log.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {

namespace {
using Pb = envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;

void DecodeClusters(const Pb& message, const Scope& scope, TcpProxy& proxy) {
  if (message.has_weighted_clusters()) {
    proxy.total_weight = 0;
    for (const auto& cluster : message.weighted_clusters().clusters()) {
      proxy.clusters.emplace_back(cluster.name(), cluster.weight());
      proxy.total_weight += cluster.weight();
    }
    if (proxy.total_weight == 0) {
      scope.Field("weighted_clusters").Error("the sum of the weights must be at least 1");
    }
  } else if (!message.cluster().empty()) {
    proxy.clusters.emplace_back(message.cluster(), 1);
  } else {
    scope.Error("a cluster is missing: cluster or weighted_clusters");
  }
}

// There is one at most, by a field rule.
void DecodeHash(const Pb& message, TcpProxy& proxy) {
  using Policy = envoy::type::v3::HashPolicy;
  for (const Policy& policy : message.hash_policy()) {
    switch (policy.policy_specifier_case()) {
      case Policy::kSourceIp:
        proxy.hash_policy.push_back({.source = HashSourceIp{}});
        break;
      case Policy::kFilterState:
        proxy.hash_policy.push_back({.source = HashFilterState{policy.filter_state().key()}});
        break;
      case Policy::POLICY_SPECIFIER_NOT_SET:
        break;  // A field rule refuses it.
    }
  }
}

void DecodeAttempts(const Pb& message, const Scope& scope, TcpProxy& proxy) {
  if (message.has_max_connect_attempts()) {
    proxy.max_connect_attempts = message.max_connect_attempts().value();
  }
  if (!message.has_backoff_options()) return;
  const BackOffIntervals intervals =
      DecodeBackOff(message.backoff_options(), scope.Field("backoff_options"));
  proxy.back_off_base = intervals.base;
  proxy.back_off_max = intervals.max;
}

void DecodeDurations(const Pb& message, const Scope& scope, TcpProxy& proxy) {
  if (message.has_idle_timeout()) {
    proxy.idle_timeout = DecodeDuration(message.idle_timeout(), scope.Field("idle_timeout"));
  }
  if (message.has_max_downstream_connection_duration()) {
    proxy.max_downstream_connection_duration =
        DecodeDuration(message.max_downstream_connection_duration(),
                       scope.Field("max_downstream_connection_duration"));
  }
  proxy.max_downstream_connection_duration_jitter =
      message.max_downstream_connection_duration_jitter_percentage().value();
}

void DecodeLogs(const Pb& message, const Scope& scope, TcpProxy& proxy) {
  proxy.access_logs = DecodeAccessLogs(message.access_log(), scope);
  proxy.log_connected = message.flush_access_log_on_connected();
  if (message.has_access_log_flush_interval()) {
    proxy.log_interval = DecodeDuration(message.access_log_flush_interval(),
                                        scope.Field("access_log_flush_interval"));
  }
  if (!message.has_access_log_options()) return;
  const Scope at = scope.Field("access_log_options");
  if (proxy.log_connected || message.has_access_log_flush_interval()) {
    at.Error("takes the place of access_log_flush_interval and flush_access_log_on_connected");
  }
  const Pb::TcpAccessLogOptions& options = message.access_log_options();
  proxy.log_start = options.flush_access_log_on_start();
  proxy.log_connected = options.flush_access_log_on_connected();
  if (options.has_access_log_flush_interval()) {
    proxy.log_interval =
        DecodeDuration(options.access_log_flush_interval(), at.Field("access_log_flush_interval"));
  }
}

}  // namespace

std::shared_ptr<const TcpProxy> DecodeTcpProxy(const Pb& message, const Scope& scope) {
  auto proxy = std::make_shared<TcpProxy>();
  proxy->stat_prefix = DecodeCountedName(message.stat_prefix(), scope);
  DecodeClusters(message, scope, *proxy);
  DecodeHash(message, *proxy);
  proxy->check_drain_close = message.check_drain_close().value();
  DecodeAttempts(message, scope, *proxy);
  DecodeDurations(message, scope, *proxy);
  DecodeLogs(message, scope, *proxy);
  return proxy;
}

}  // namespace weir::config::proto
