// Requests that ask for a tunnel, and what becomes of their heads on the way between versions of
// HTTP.

#include "source/config/upgrade.h"
#include "source/proxy/request_stream.h"

namespace weir::proxy {

bool RequestStream::AdmitTunnel() {
  // It goes the way of every request that has no route.
  if (router_.decision().route == nullptr) return true;
  const http::RequestHead& head = memory_->request;
  const std::string_view type = head.protocol.empty() ? head.method : head.protocol;
  if (!config::AllowsUpgrade(config_.upgrades, router_.upgrades(), type)) {
    stats_.downstream_rq_ws_on_non_ws_route.Inc();
    Answer({.status = 403, .body = "", .details = "upgrade_failed"});
    return false;
  }
  tunnel_ = TunnelState::kAdmitted;
  stats_.downstream_cx_upgrades_total.Inc();
  stats_.downstream_cx_upgrades_active.Inc();
  return true;
}

void RequestStream::TunnelGranted() {
  tunnel_ = TunnelState::kGranted;
  // What the client sent early was held back for this.
  owner_.OnReadResumed();
  // It may live for days, and is to keep no generation for so long: the routes are all it needs.
  const auto* const routes = generation_->routes.Find(config_.rds_name);
  if (routes != nullptr) kept_ = platform_.generations.Keep(*routes);
  generation_.Reset();
}

}  // namespace weir::proxy
