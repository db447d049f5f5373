#include "source/router/host_index.h"

#include <algorithm>

namespace weir::router {

bool HostIndex::AddWildcard(std::vector<SameLength>& wildcards, std::string_view text,
                            uint32_t host) {
  const auto place = std::find_if(wildcards.begin(), wildcards.end(), [&](const SameLength& entry) {
    return entry.length <= text.size();
  });
  if (place != wildcards.end() && place->length == text.size()) {
    return place->hosts.try_emplace(std::string(text), host).second;
  }
  wildcards.insert(place, {text.size(), {{std::string(text), host}}});
  return true;
}

bool HostIndex::Add(std::string_view domain, uint32_t virtual_host) {
  if (domain == "*") {
    if (any_.has_value()) return false;
    any_ = virtual_host;
    return true;
  }
  if (domain.starts_with('*')) return AddWildcard(suffixes_, domain.substr(1), virtual_host);
  if (domain.ends_with('*')) {
    return AddWildcard(prefixes_, domain.substr(0, domain.size() - 1), virtual_host);
  }
  return exact_.try_emplace(std::string(domain), virtual_host).second;
}

std::optional<uint32_t> HostIndex::Find(std::string_view host) const {
  if (!exact_.empty()) {
    if (const auto found = exact_.find(host); found != exact_.end()) return found->second;
  }
  // The asterisk stands for at least one character.
  for (const SameLength& entry : suffixes_) {
    if (entry.length >= host.size()) continue;
    const auto found = entry.hosts.find(host.substr(host.size() - entry.length));
    if (found != entry.hosts.end()) return found->second;
  }
  for (const SameLength& entry : prefixes_) {
    if (entry.length >= host.size()) continue;
    const auto found = entry.hosts.find(host.substr(0, entry.length));
    if (found != entry.hosts.end()) return found->second;
  }
  return any_;
}

}  // namespace weir::router
