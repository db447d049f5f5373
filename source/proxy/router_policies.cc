// What holds for a RouterFilter's request: what the cluster, the route, the virtual host and the
// request's own fields say of it.

#include "source/proxy/request_overrides.h"
#include "source/proxy/router_filter.h"

namespace weir::proxy {

using std::chrono::milliseconds;

bool RouterFilter::CheckOverrides() {
  const http::RequestHead& head = memory_.request;
  const http::HeaderField* const bad = UnreadableOverride(head, config().strict_checks);
  if (bad == nullptr) return true;
  state_ = State::kDone;
  info_.flags.Set(stream_info::ResponseFlag::kInvalidEnvoyRequestHeaders);
  buffer::Arena& arena = head.headers.arena();
  host_.Answer(
      {.status = 400,
       .body = arena.Concat({"invalid header '", bad->name, "' with value '", bad->value, "'"}),
       .details = arena.Concat({"request_headers_failed_strict_check{", bad->name, "}"})});
  return false;
}

void RouterFilter::SetTerms(const config::RouteAction& action) {
  http::RequestHead& head = memory_.request;
  const config::VirtualHost& host = *decision_.virtual_host;
  const config::RetryPolicy* const policy = RetryPolicyFor(action);
  const RequestOverrides overrides = TakeOverrides(head, config().respect_expected_rq_timeout);
  terms_ = {};
  retry_ = Retry(policy, overrides.retry, head);
  terms_.timeout = overrides.timeout.value_or(TimeoutOf(action, head));
  if (policy != nullptr) {
    terms_.of_try = {policy->per_try_timeout, policy->per_try_idle_timeout};
  }
  if (overrides.per_try_timeout.has_value()) terms_.of_try.whole = *overrides.per_try_timeout;
  // One that ends no sooner than all tries together means nothing.
  if (terms_.timeout.count() > 0 && terms_.of_try.whole >= terms_.timeout) {
    terms_.of_try.whole = milliseconds(0);
  }
  terms_.hedge = overrides.hedge_on_per_try_timeout.value_or(
      action.hedge_on_per_try_timeout.value_or(host.hedge_on_per_try_timeout));
  terms_.alternative_response = overrides.alternative_response;
  terms_.max_duration = overrides.max_duration;
  terms_.alt_stat_name = overrides.alt_stat_name;
}

// Those of the cluster hold whole in the place of the others.
const config::RetryPolicy* RouterFilter::RetryPolicyFor(const config::RouteAction& action) const {
  if (cluster_policies_ != nullptr && cluster_policies_->retry.has_value()) {
    return &*cluster_policies_->retry;
  }
  const auto& policy = action.retry.has_value() ? action.retry : decision_.virtual_host->retry;
  return policy.has_value() ? &*policy : nullptr;
}

const std::vector<config::MirrorPolicy>& RouterFilter::MirrorsFor(
    const config::RouteAction& action) const {
  if (cluster_policies_ != nullptr && !cluster_policies_->mirrors.empty()) {
    return cluster_policies_->mirrors;
  }
  if (!action.mirrors.empty()) return action.mirrors;
  if (!decision_.virtual_host->mirrors.empty()) return decision_.virtual_host->mirrors;
  return routes_->table().mirrors;
}

void RouterFilter::ComputeHash(const config::RouteAction& action) {
  std::span<const config::HashPolicy> policies = action.hash_policy;
  if (cluster_policies_ != nullptr && !cluster_policies_->hash_policy.empty()) {
    policies = cluster_policies_->hash_policy;
  }
  if (policies.empty()) return;
  const auto facts = match::MatchFacts::OfRequest(memory_.request, &info_);
  options_.hash = router::HashOf(policies, facts, platform_.random.Next(), &new_cookie_);
}

}  // namespace weir::proxy
