// Requests that ask for a tunnel, and what becomes of their heads on the way between versions of
// HTTP.

#include "source/config/upgrade.h"
#include "source/proxy/request_stream.h"

namespace weir::proxy {
namespace {

// As upgrade_configs name it.
std::string_view TunnelType(const http::RequestHead& head) {
  return head.protocol.empty() ? head.method : head.protocol;
}

}  // namespace

void RequestStream::UseFiltersOfUpgrade() {
  const config::Upgrade* const upgrade =
      config::FindUpgrade(config_.upgrades, TunnelType(memory_->request));
  if (upgrade == nullptr || !upgrade->filters.has_value()) return;
  filters_ = &context_.chain.upgrade_filters.find(upgrade->type)->second;
  router_.Use(filters_->router);
}

bool RequestStream::AdmitTunnel() {
  // It goes the way of every request that has no route.
  if (router_.decision().route == nullptr) return true;
  if (!config::AllowsUpgrade(config_.upgrades, router_.upgrades(), TunnelType(memory_->request))) {
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
  const auto* const routes = generation_->routes.Find(config_.rds_key);
  if (routes != nullptr) kept_ = platform_.generations.Keep(*routes);
  generation_.Reset();
  if (config_.log_new_tunnels) {
    WriteLogs(format::LogType::kDownstreamTunnelSuccessfullyEstablished);
  }
}

}  // namespace weir::proxy
