#include "source/upstream/dns_cluster.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "source/base/hash_map.h"
#include "source/base/log.h"
#include "source/base/status.h"

namespace weir::upstream {
namespace {

// A TTL of 0 says "do not keep": this is as often as that is asked.
constexpr event::Duration kLeastRefresh = std::chrono::seconds(1);

}  // namespace

struct StrictDns::Name {
  Name(event::Loop& loop, std::string text, std::function<void()> again)
      : host(std::move(text)), timer(loop, std::move(again)) {}

  const std::string host;
  event::Timer timer;
  std::unique_ptr<net::DnsQuery> query;
  std::vector<net::IpAddress> addresses;
  bool answered = false;
  uint32_t failures = 0;  // In a row.
};

StrictDns::StrictDns(std::shared_ptr<const config::Cluster> cluster, net::Resolver& resolver,
                     event::Loop& loop, event::Random& random, Published on_change)
    : cluster_(std::move(cluster)),
      resolver_(resolver),
      loop_(loop),
      random_(random),
      on_change_(std::move(on_change)),
      first_publish_(loop, [this] { Publish(); }) {
  HashSet seen;
  for (const config::Endpoint& endpoint : cluster_->endpoints->endpoints) {
    const config::DnsName* const name = endpoint.dns_name();
    if (name == nullptr || !seen.insert(name->host).second) continue;
    const size_t index = names_.size();
    names_.push_back(
        std::make_unique<Name>(loop_, name->host, [this, index] { Resolve(*names_[index]); }));
  }
  unanswered_ = names_.size();
  for (auto& name : names_) Resolve(*name);
  if (names_.empty()) first_publish_.Enable(event::Duration::zero());
}

StrictDns::~StrictDns() = default;

void StrictDns::Resolve(Name& name) {
  name.query = resolver_.Resolve(
      name.host, cluster_->dns->family,
      [this, &name](absl::StatusOr<net::ResolvedAddresses> answer) { OnAnswer(name, answer); });
}

void StrictDns::OnAnswer(Name& name, const absl::StatusOr<net::ResolvedAddresses>& answer) {
  if (!name.answered) {
    name.answered = true;
    --unanswered_;
  }
  if (answer.ok()) {
    name.addresses = answer->addresses;
  } else {
    if (answer.status().code() == absl::StatusCode::kNotFound) name.addresses.clear();
    WEIR_LOG(kUpstream, kDebug, "cluster ", cluster_->name, ": resolving ", name.host, ": ",
             MessageOf(answer.status()));
  }
  name.timer.Enable(NextAfter(name, answer));
  if (warm()) Publish();
}

event::Duration StrictDns::NextAfter(Name& name,
                                     const absl::StatusOr<net::ResolvedAddresses>& answer) {
  if (answer.ok()) {
    name.failures = 0;
    if (!cluster_->dns->respect_ttl) return cluster_->dns->refresh_rate;
    return std::max<event::Duration>(answer->ttl, kLeastRefresh);
  }
  // Between half and the whole of base, base * 2, base * 4, ... up to max.
  event::Duration most = cluster_->dns->failure_refresh_base;
  for (uint32_t i = 0; i < name.failures && most < cluster_->dns->failure_refresh_max; ++i)
    most *= 2;
  most = std::min<event::Duration>(most, cluster_->dns->failure_refresh_max);
  ++name.failures;
  const auto half = static_cast<uint64_t>(most.count() / 2);
  return event::Duration(half + random_.Below(half + 1));
}

void StrictDns::Publish() {
  HashMap<const Name*> by_host;
  for (const auto& name : names_) by_host.emplace(name->host, name.get());
  auto next = std::make_shared<config::Endpoints>(*cluster_->endpoints);
  next->endpoints.clear();
  for (const config::Endpoint& endpoint : cluster_->endpoints->endpoints) {
    const config::DnsName* const dns = endpoint.dns_name();
    if (dns == nullptr) {
      next->endpoints.push_back(endpoint);
      continue;
    }
    for (const net::IpAddress& address : by_host.find(dns->host)->second->addresses) {
      config::Endpoint resolved = endpoint;
      resolved.address = net::Address::Ip(address, dns->port);
      if (resolved.hostname->empty()) resolved.hostname = dns->host;
      next->endpoints.push_back(std::move(resolved));
    }
  }
  if (published_ != nullptr && *published_ == *next) return;
  published_ = std::move(next);
  on_change_(published_);
}

}  // namespace weir::upstream
