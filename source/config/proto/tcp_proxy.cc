#include "source/config/proto/tcp_proxy.h"

#include "source/base/status.h"
#include "source/config/proto/access_log.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {

std::shared_ptr<const TcpProxy> DecodeTcpProxy(
    const envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy& message,
    const Scope& scope) {
  scope.RefuseSet(message, {"max_downstream_connection_duration"});
  auto proxy = std::make_shared<TcpProxy>();
  proxy->stat_prefix = message.stat_prefix();
  if (message.has_weighted_clusters()) {
    proxy->total_weight = 0;
    for (const auto& cluster : message.weighted_clusters().clusters()) {
      proxy->clusters.emplace_back(cluster.name(), cluster.weight());
      proxy->total_weight += cluster.weight();
    }
    if (proxy->total_weight == 0) {
      scope.Field("weighted_clusters").Error("the sum of the weights must be at least 1");
    }
  } else if (!message.cluster().empty()) {
    proxy->clusters.emplace_back(message.cluster(), 1);
  } else {
    scope.Error("a cluster is missing: cluster or weighted_clusters");
  }
  if (message.has_idle_timeout()) {
    proxy->idle_timeout = DecodeDuration(message.idle_timeout(), scope.Field("idle_timeout"));
  }
  if (message.has_max_connect_attempts()) {
    proxy->max_connect_attempts = message.max_connect_attempts().value();
  }
  proxy->access_logs = DecodeAccessLogs(message.access_log(), scope);
  return proxy;
}

}  // namespace weir::config::proto
