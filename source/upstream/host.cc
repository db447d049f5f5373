#include "source/upstream/host.h"

namespace weir::upstream {

Host::Host(const net::Address& address, const config::Endpoint& endpoint, size_t transport)
    : address_(address),
      address_text_(address.ToString()),
      hostname_(*endpoint.hostname),
      weight_(endpoint.weight),
      health_(endpoint.health),
      transport_(static_cast<uint32_t>(transport)),
      stats_(std::make_shared<HostStats>()) {}

bool Host::Update(const config::Endpoint& endpoint) {
  if (hostname_ == *endpoint.hostname && weight_ == endpoint.weight && health_ == endpoint.health) {
    return false;
  }
  hostname_ = *endpoint.hostname;
  weight_ = endpoint.weight;
  health_ = endpoint.health;
  return true;
}

}  // namespace weir::upstream
