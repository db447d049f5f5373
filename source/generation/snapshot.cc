#include "source/generation/snapshot.h"

namespace weir::generation {

const config::TcpProxy* Chain::tcp() const {
  const auto* tcp = std::get_if<std::shared_ptr<const config::TcpProxy>>(&config->terminal);
  return tcp == nullptr ? nullptr : tcp->get();
}

std::shared_ptr<const Chain> Listener::ChainFor(const config::FilterChain& wanted) const {
  const auto found = chains.find(&wanted);
  return found == chains.end() ? nullptr : found->second;
}

const net::TransportSocketFactory* Listener::TransportFor(const config::FilterChain& wanted) const {
  const auto found = transports.find(&wanted);
  return found == transports.end() ? nullptr : found->second.get();
}

bool Listener::Has(const Chain& wanted) const {
  for (const auto& [configured, chain] : chains) {
    if (chain.get() == &wanted) return true;
  }
  return false;
}

}  // namespace weir::generation
