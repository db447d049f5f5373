#include "source/upstream/membership.h"

#include <string>
#include <utility>

namespace weir::upstream {

Membership::~Membership() {
  if (claims_) claimed_->store(false);
}

void Membership::Report(const config::Cluster& cluster, const HostSet& hosts,
                        const HostSet::Changes& changes) {
  if (!claims_) {
    bool expected = false;
    claims_ = claimed_->compare_exchange_strong(expected, true);
    if (!claims_) return;
  }
  stats_.membership_total.Set(static_cast<int64_t>(hosts.all().size()));
  stats_.membership_healthy.Set(static_cast<int64_t>(hosts.healthy()));
  stats_.membership_degraded.Set(static_cast<int64_t>(hosts.degraded()));
  stats_.update_success.Inc();
  if (changes.added > 0 || !changes.removed.empty()) stats_.membership_change.Inc();
  if (!changes.anything) stats_.update_no_rebuild.Inc();
  if (hosts.all().empty()) stats_.update_empty.Inc();
  CountMatches(cluster, changes);
}

void Membership::CountMatches(const config::Cluster& cluster, const HostSet::Changes& changes) {
  for (const auto& host : changes.added_or_moved) {
    if (host->transport() == 0) {
      stats_.default_total_match_count.Inc();
      continue;
    }
    const std::string& name = cluster.transport_socket_matches[host->transport() - 1].name;
    auto& block = matches_[name];
    if (block == nullptr) {
      const std::string suffix = name + ".";
      block = std::make_unique<stats::Block<TransportMatchStats>>(
          registry_, stats::Scope{"cluster.", config::StatName(cluster), suffix});
    }
    (*block)->total_match_count.Inc();
  }
}

void Membership::End() {
  if (!std::exchange(claims_, false)) return;
  stats_.membership_total.Set(0);
  stats_.membership_healthy.Set(0);
  stats_.membership_degraded.Set(0);
  claimed_->store(false);
}

}  // namespace weir::upstream
