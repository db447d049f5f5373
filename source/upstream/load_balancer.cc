#include "source/upstream/load_balancer.h"

#include <algorithm>
#include <cmath>

#include "source/upstream/edf_schedule.h"

namespace weir::upstream {
namespace {

// `random` scaled to [0, bound): the upper bits of the product (Lemire). The bias is below bound /
// 2^64.
size_t Scale(uint64_t random, uint64_t bound) {
  return static_cast<size_t>((static_cast<unsigned __int128>(random) * bound) >> 64);
}

// The next number of a sequence that begins with `state` (splitmix64 by Steele, Lea and Flood).
uint64_t NextOf(uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

bool HaveEqualWeights(const HostList& hosts) {
  return std::all_of(hosts.begin(), hosts.end(),
                     [&](const auto& host) { return host->weight() == hosts[0]->weight(); });
}

class RoundRobin final : public LoadBalancer {
 public:
  RoundRobin(size_t count, size_t start) : count_(count), next_(start) {}
  size_t Pick(uint64_t) override {
    const size_t picked = next_;
    if (++next_ == count_) next_ = 0;
    return picked;
  }

 private:
  const size_t count_;
  size_t next_;
};

class WeightedRoundRobin final : public LoadBalancer {
 public:
  WeightedRoundRobin(const HostList& hosts, event::Random& random) : hosts_(hosts) {
    schedule_.Reserve(hosts.size());
    for (size_t i = 0; i < hosts.size(); ++i) schedule_.Add(i, hosts[i]->weight(), random.Unit());
  }
  size_t Pick(uint64_t) override {
    return schedule_.Pick([this](size_t i) { return static_cast<double>(hosts_[i]->weight()); });
  }

 private:
  const HostList& hosts_;
  EdfSchedule schedule_;
};

class LeastRequest final : public LoadBalancer {
 public:
  LeastRequest(const HostList& hosts, uint32_t choices)
      : hosts_(hosts), choices_(std::max(choices, 2u)) {}
  size_t Pick(uint64_t random) override {
    size_t best = Scale(random, hosts_.size());
    for (uint32_t i = 1; i < choices_; ++i) {
      const size_t other = Scale(NextOf(random), hosts_.size());
      if (hosts_[other]->active_requests() < hosts_[best]->active_requests()) best = other;
    }
    return best;
  }

 private:
  const HostList& hosts_;
  const uint32_t choices_;
};

class WeightedLeastRequest final : public LoadBalancer {
 public:
  WeightedLeastRequest(const HostList& hosts, double bias, event::Random& random)
      : hosts_(hosts), bias_(bias) {
    schedule_.Reserve(hosts.size());
    for (size_t i = 0; i < hosts.size(); ++i) schedule_.Add(i, WeightOf(i), random.Unit());
  }
  size_t Pick(uint64_t) override {
    return schedule_.Pick([this](size_t i) { return WeightOf(i); });
  }

 private:
  double WeightOf(size_t i) const {
    const double weight = hosts_[i]->weight();
    const double load = static_cast<double>(hosts_[i]->active_requests()) + 1;
    if (bias_ == 0) return weight;
    return weight / (bias_ == 1 ? load : std::pow(load, bias_));
  }

  const HostList& hosts_;
  const double bias_;
  EdfSchedule schedule_;
};

class Uniform final : public LoadBalancer {
 public:
  explicit Uniform(size_t count) : count_(count) {}
  size_t Pick(uint64_t random) override { return Scale(random, count_); }

 private:
  const size_t count_;
};

class WeightedRandom final : public LoadBalancer {
 public:
  explicit WeightedRandom(const HostList& hosts) {
    uint64_t sum = 0;
    ends_.reserve(hosts.size());
    for (const auto& host : hosts) ends_.push_back(sum += host->weight());
  }
  size_t Pick(uint64_t random) override {
    const uint64_t at = Scale(random, ends_.back());
    return static_cast<size_t>(std::upper_bound(ends_.begin(), ends_.end(), at) - ends_.begin());
  }

 private:
  std::vector<uint64_t> ends_;  // Sums of the weights up to and with each host.
};

}  // namespace

std::unique_ptr<LoadBalancer> CreateLoadBalancer(const config::Cluster& cluster,
                                                 const HostList& hosts, event::Random& random) {
  const bool equal = HaveEqualWeights(hosts);
  switch (cluster.balancer) {
    case config::BalancerKind::kRoundRobin:
      if (!equal) return std::make_unique<WeightedRoundRobin>(hosts, random);
      return std::make_unique<RoundRobin>(hosts.size(), random.Below(hosts.size()));
    case config::BalancerKind::kLeastRequest:
      if (!equal) {
        return std::make_unique<WeightedLeastRequest>(hosts, cluster.active_request_bias, random);
      }
      return std::make_unique<LeastRequest>(hosts, cluster.choice_count);
    case config::BalancerKind::kRandom:
      break;
  }
  if (!equal) return std::make_unique<WeightedRandom>(hosts);
  return std::make_unique<Uniform>(hosts.size());
}

}  // namespace weir::upstream
