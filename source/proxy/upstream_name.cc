#include "source/proxy/upstream_name.h"

#include "source/match/header_matcher.h"

namespace weir::proxy {
namespace {

// "a.example:443", "[::1]:443", "::1"
std::string_view WithoutPort(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  const size_t colon = host.find(':');
  return colon == host.rfind(':') ? host.substr(0, colon) : host;
}

}  // namespace

std::string_view UpstreamName(const config::Cluster& cluster, const http::RequestHead& head) {
  if (!cluster.names->any()) return {};
  std::string_view host = head.authority;
  if (!cluster.names->override_auto_sni_header.empty()) {
    const auto instead = match::HeaderValue(head, cluster.names->override_auto_sni_header);
    if (instead.has_value() && !instead->empty()) host = *instead;
  }
  return WithoutPort(host);
}

}  // namespace weir::proxy
