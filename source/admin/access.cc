#include "source/admin/access.h"

#include <arpa/inet.h>

#include <algorithm>

#include "source/base/strings.h"

namespace weir::admin {
namespace {

// The host without its port, lower case, without a final dot; empty when the authority has none.
std::string HostOf(std::string_view authority) {
  std::string_view host = authority;
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return "";
    host = host.substr(0, end + 1);
  } else {
    host = host.substr(0, host.rfind(':'));
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  return AsciiLower(host);
}

// Dotted decimal, or IPv6 in brackets. Not the other spellings of IPv4 (0x7f.1): browsers normalise
// those away.
bool IsIpLiteral(std::string_view host) {
  in6_addr address;
  if (host.starts_with('[') && host.ends_with(']')) {
    return inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &address) == 1;
  }
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

bool ReadsOnly(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace

bool IsAllowedHost(std::string_view authority, std::span<const std::string> names) {
  const std::string host = HostOf(authority);
  return host == "localhost" || IsIpLiteral(host) ||
         std::find(names.begin(), names.end(), host) != names.end();
}

std::optional<Page> Refuse(const Request& request, std::span<const std::string> names) {
  if (!IsAllowedHost(request.authority, names)) {
    return TextPage(403,
                    "The Host of this request is no IP address, not localhost, and no name that "
                    "this server was "
                    "given.\n");
  }
  if (ReadsOnly(request.method)) return std::nullopt;
  const bool same_origin =
      !request.origin.has_value() ||
      EqualsIgnoreCase(*request.origin, StrCat(request.scheme, "://", request.authority));
  // "none": the user's own doing, such as an address typed in.
  const bool same_site = !request.sec_fetch_site.has_value() ||
                         *request.sec_fetch_site == "same-origin" ||
                         *request.sec_fetch_site == "none";
  if (same_origin && same_site) return std::nullopt;
  return TextPage(403, "Only pages of this server itself may change its state.\n");
}

}  // namespace weir::admin
