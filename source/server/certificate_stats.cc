#include "source/server/certificate_stats.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "source/base/hash_map.h"
#include "source/base/strings.h"

namespace weir::server {
namespace {

using event::SystemTime;

constexpr std::chrono::days kSoon{30};

void Lower(std::optional<SystemTime>& first, SystemTime time) {
  if (!first.has_value() || time < *first) first = time;
}

template <typename Unit>
int64_t Left(SystemTime now, SystemTime end) {
  return std::max<int64_t>(0, std::chrono::duration_cast<Unit>(end - now).count());
}

// The gauges of one reading.
class Collector {
 public:
  explicit Collector(SystemTime now) : now_(now) {}

  void Add(std::string_view prefix, std::string_view owner,
           const net::TransportSocketFactory& transport) {
    for (const net::CertificateEnd& end : transport.certificate_ends()) {
      const int64_t seconds =
          std::chrono::duration_cast<std::chrono::seconds>(end.not_after.time_since_epoch())
              .count();
      std::string instance = StrCat(owner, ".ssl.certificate.", end.name);
      // Chains of a listener may share one.
      if (shown_.insert(StrCat(prefix, instance)).second) {
        samples_.push_back({{prefix, std::move(instance)},
                            "expiration_unix_time_seconds",
                            seconds,
                            "When the certificate ends"});
      }
      Lower(first_, end.not_after);
      if (end.staple_until.has_value()) Lower(first_staple_, *end.staple_until);
      if (end.not_after < now_ + kSoon) soon_.insert(StrCat(end.name, " ", seconds));
    }
  }

  std::vector<stats::Sample> Take() && {
    const stats::Scope server{"server.", ""};
    if (first_.has_value()) {
      samples_.push_back({server, "days_until_first_cert_expiring",
                          Left<std::chrono::days>(now_, *first_),
                          "Days until the first certificate in use ends"});
      samples_.push_back({server, "certificates_expiring_soon", static_cast<int64_t>(soon_.size()),
                          "Certificates in use that end within 30 days"});
    }
    if (first_staple_.has_value()) {
      samples_.push_back({server, "seconds_until_first_ocsp_response_expiring",
                          Left<std::chrono::seconds>(now_, *first_staple_),
                          "Seconds until the first stapled OCSP response ends"});
    }
    return std::move(samples_);
  }

 private:
  const SystemTime now_;
  std::vector<stats::Sample> samples_;
  HashSet shown_;
  HashSet soon_;
  std::optional<SystemTime> first_, first_staple_;
};

}  // namespace

void CertificateStats::Show(const Clusters& clusters, const Listeners& listeners, SystemTime now) {
  MutexLock lock(mutex_);
  clusters_ = clusters;
  listeners_ = listeners;
  now_ = now;
}

std::vector<stats::Sample> CertificateStats::Samples() const {
  Clusters clusters;
  Listeners listeners;
  SystemTime now;
  {
    MutexLock lock(mutex_);
    clusters = clusters_;
    listeners = listeners_;
    now = now_;
  }
  Collector collector(now);
  listeners.ForEach(
      [&](const std::string&, const std::shared_ptr<const generation::Listener>& listener) {
        for (const auto& [chain, transport] : listener->transports) {
          collector.Add("listener.", config::StatName(*listener->config), *transport);
        }
      });
  clusters.ForEach([&](const std::string&, const config::ClusterEntry& entry) {
    if (entry.transports == nullptr) return;
    for (const auto& transport : *entry.transports) {
      if (transport == nullptr) continue;
      collector.Add("cluster.", config::StatName(*entry.config), *transport);
    }
  });
  return std::move(collector).Take();
}

}  // namespace weir::server
