// Who the client of a request is: what proxies before this one say of it, as far as the
// configuration trusts them. A function of its arguments.
#pragma once

#include "source/config/listener.h"
#include "source/http/message.h"
#include "source/stream_info/stream_info.h"

namespace weir::proxy {

// What a request may bring along.
enum class Origin : unsigned char {
  kInternal,  // One of our own (internal_address_config).
  kExternal,  // Somebody else, who came through a proxy of ours.
  kEdge,      // Somebody else, and nobody of ours has seen the request before.
};

struct FoundClient {
  Origin origin = Origin::kExternal;
  uint16_t refuse_with = 0;  // Not 0: the status for a request that does not say who it is from.
};

// Sets info.downstream_remote_address and writes x-forwarded-for, -proto and -port.
FoundClient FindClient(const config::HttpConnectionManager& config, stream_info::StreamInfo& info,
                       http::RequestHead& head);

// `ip` as text in `arena`, as the configuration wants it (represent_ipv4_...).
std::string_view AddressText(const config::HttpConnectionManager& config, const net::IpAddress& ip,
                             buffer::Arena& arena);

}  // namespace weir::proxy
