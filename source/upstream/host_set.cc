#include "source/upstream/host_set.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "source/base/hash_map.h"

namespace weir::upstream {
namespace {

constexpr uint32_t kDefaultOverprovisioning = 140;  // Percent.

bool IsHealthy(const Host& host) {
  return host.health() == config::HealthStatus::kHealthy ||
         host.health() == config::HealthStatus::kUnknown;
}
bool IsDegraded(const Host& host) { return host.health() == config::HealthStatus::kDegraded; }

}  // namespace

HostSet::Changes HostSet::Update(const config::Cluster& cluster,
                                 const config::Endpoints* endpoints) {
  Changes changes = Merge(cluster, endpoints);
  balancer_.reset();
  ChooseUsable(cluster, endpoints == nullptr ? kDefaultOverprovisioning
                                             : endpoints->overprovisioning_factor);
  if (!usable_.empty()) balancer_ = CreateLoadBalancer(cluster, usable_, random_);
  return changes;
}

HostSet::Changes HostSet::Merge(const config::Cluster& cluster,
                                const config::Endpoints* endpoints) {
  Changes changes;
  HashMap<HostRef> present;
  for (auto& host : all_) present.emplace(host->address_text(), host);
  HashSet seen;
  HostList next;
  const size_t count = endpoints == nullptr ? 0 : endpoints->endpoints.size();
  next.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const config::Endpoint& endpoint = endpoints->endpoints[i];
    const auto* address = std::get_if<net::Address>(&endpoint.address);
    if (address == nullptr) continue;
    const std::string text = address->ToString();
    if (!seen.insert(text).second) continue;
    const size_t transport = config::TransportSocketFor(cluster, *endpoints, endpoint);
    const auto kept = present.find(text);
    if (kept == present.end()) {
      next.push_back(MakeLocal<Host>(*address, endpoint, transport));
      changes.added_or_moved.push_back(next.back());
      ++changes.added;
      changes.anything = true;
      continue;
    }
    if (kept->second->Update(endpoint)) changes.anything = true;
    if (kept->second->SetTransport(transport)) {
      changes.added_or_moved.push_back(kept->second);
      changes.anything = true;
    }
    next.push_back(std::move(kept->second));
    present.erase(kept);
  }
  for (auto& host : all_) {
    if (present.contains(host->address_text())) changes.removed.push_back(host);
  }
  if (!changes.removed.empty()) changes.anything = true;
  all_ = std::move(next);
  return changes;
}

void HostSet::ChooseUsable(const config::Cluster& cluster, uint32_t overprovisioning_factor) {
  healthy_ = static_cast<size_t>(
      std::count_if(all_.begin(), all_.end(), [](const auto& host) { return IsHealthy(*host); }));
  degraded_ = static_cast<size_t>(
      std::count_if(all_.begin(), all_.end(), [](const auto& host) { return IsDegraded(*host); }));
  const size_t available = healthy_ + degraded_;
  in_panic_ = !all_.empty() && available * overprovisioning_factor < 100 * all_.size() &&
              available * 100 < size_t{cluster.healthy_panic_threshold} * all_.size();
  if (in_panic_) {
    usable_ = all_;
    return;
  }
  usable_.clear();
  for (const auto& host : all_) {
    if (healthy_ > 0 ? IsHealthy(*host) : IsDegraded(*host)) usable_.push_back(host);
  }
}

const HostRef* HostSet::Pick(uint64_t random, std::span<const HostRef> previous,
                             uint32_t attempts) {
  if (usable_.empty()) return nullptr;
  const HostRef* host = &usable_[balancer_->Pick(random)];
  const auto was_tried = [&] {
    return std::find(previous.begin(), previous.end(), *host) != previous.end();
  };
  for (; attempts > 0 && was_tried(); --attempts) {
    host = &usable_[balancer_->Pick(random_.Next())];
  }
  return host;
}

}  // namespace weir::upstream
