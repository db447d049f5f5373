#include "source/server/dns_spread.h"

#include <algorithm>
#include <utility>

#include "source/upstream/dns_cluster.h"

namespace weir::server {

struct DnsSpread::Resolution::Remote {
  explicit Remote(uint64_t seed) : random(seed) {}
  event::Random random;
  std::unique_ptr<upstream::StrictDns> dns;
};

struct DnsSpread::Resolution::Listener {
  OnChange on_change;
};

DnsSpread::Resolution::Resolution(event::Loop& loop, size_t& load, uint64_t seed,
                                  OnChange on_change)
    : loop_(loop),
      load_(load),
      remote_(std::make_shared<Remote>(seed)),
      listener_(std::make_shared<Listener>(std::move(on_change))) {
  ++load_;
}

DnsSpread::Resolution::~Resolution() {
  --load_;
  loop_.Post([remote = remote_] { remote->dns.reset(); });
}

DnsSpread::DnsSpread(event::Loop& main_loop, std::vector<Seat> seats, uint64_t seed)
    : main_loop_(main_loop), seats_(std::move(seats)), loads_(seats_.size()), random_(seed) {}

std::unique_ptr<DnsSpread::Resolution> DnsSpread::Resolve(
    std::shared_ptr<const config::Cluster> cluster, OnChange on_change) {
  const auto least = std::min_element(loads_.begin(), loads_.end());
  const Seat& seat = seats_[static_cast<size_t>(least - loads_.begin())];
  std::unique_ptr<Resolution> resolution(
      new Resolution(seat.loop, *least, random_.Next(), std::move(on_change)));
  auto publish = [&main_loop = main_loop_,
                  weak = std::weak_ptr<Resolution::Listener>(resolution->listener_)](
                     std::shared_ptr<const config::Endpoints> endpoints) {
    main_loop.Post([weak, endpoints = std::move(endpoints)] {
      if (const auto listener = weak.lock()) listener->on_change(endpoints);
    });
  };
  seat.loop.Post([remote = resolution->remote_, cluster = std::move(cluster), &loop = seat.loop,
                  &resolver = seat.resolver, publish = std::move(publish)] {
    remote->dns =
        std::make_unique<upstream::StrictDns>(cluster, resolver, loop, remote->random, publish);
  });
  return resolution;
}

}  // namespace weir::server
