#include "source/proxy/client_address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <optional>

#include "source/base/strings.h"

namespace weir::proxy {
namespace {

using http::HeaderId;

// The address `hops` entries from the right of a list; 0 is the last.
std::optional<net::IpAddress> EntryFromRight(std::string_view list, uint32_t hops) {
  while (true) {
    const size_t comma = list.rfind(',');
    if (hops == 0) {
      return net::IpAddress::Parse(
          TrimOws(comma == std::string_view::npos ? list : list.substr(comma + 1)));
    }
    if (comma == std::string_view::npos) return std::nullopt;
    list = list.substr(0, comma);
    --hops;
  }
}

// The peer's own word replaces what a proxy that is not trusted wrote.
void WriteForwarded(const config::HttpConnectionManager& config,
                    const stream_info::ConnectionInfo& connection, http::HeaderMap& headers) {
  const bool trusted = !config.use_remote_address || config.xff_num_trusted_hops > 0;
  if (!trusted || !headers.Has(HeaderId::kXForwardedProto)) {
    headers.Set(HeaderId::kXForwardedProto, connection.encrypted ? "https" : "http");
  }
  if (!config.append_x_forwarded_port || !connection.local_address.is_ip()) return;
  if (trusted && headers.Has(HeaderId::kXForwardedPort)) return;
  char text[8];
  const char* const end =
      std::to_chars(text, text + sizeof(text), connection.local_address.port()).ptr;
  headers.Set(HeaderId::kXForwardedPort, {text, static_cast<size_t>(end - text)});
}

void AppendPeer(const config::HttpConnectionManager& config, const net::Address& peer,
                std::optional<std::string_view> before, http::HeaderMap& headers) {
  if (config.skip_xff_append || !peer.is_ip()) return;
  const std::string_view text = AddressText(config, peer.ip(), headers.arena());
  headers.Set(HeaderId::kXForwardedFor,
              before.has_value() ? headers.arena().Concat({*before, ",", text}) : text);
}

}  // namespace

std::string_view AddressText(const config::HttpConnectionManager& config, const net::IpAddress& ip,
                             buffer::Arena& arena) {
  constexpr std::string_view kMapped = "::ffff:";
  constexpr size_t kRoom = 64;
  char* const text = arena.Allocate(kRoom);
  size_t at = 0;
  if (config.ipv4_as_mapped_ipv6 && !ip.is_v6()) at = kMapped.copy(text, kMapped.size());
  inet_ntop(ip.is_v6() ? AF_INET6 : AF_INET, ip.bytes(), text + at,
            static_cast<socklen_t>(kRoom - at));
  return {text, std::strlen(text)};
}

Origin FindClient(const config::HttpConnectionManager& config, stream_info::StreamInfo& info,
                  http::RequestHead& head) {
  const net::Address& peer = info.connection.remote_address;
  const auto forwarded = head.headers.GetJoined("x-forwarded-for");
  info.downstream_remote_address = peer;
  bool internal = false;
  // How many entries from the right the client is; the peer itself comes after the last.
  const uint32_t hops = config.xff_num_trusted_hops;
  const bool look = forwarded.has_value() && (!config.use_remote_address || hops > 0);
  const auto said =
      look ? EntryFromRight(*forwarded, config.use_remote_address ? hops - 1 : hops) : std::nullopt;
  if (said.has_value()) info.downstream_remote_address = net::Address::Ip(*said, 0);
  if (config.use_remote_address) {
    // Whoever came through a proxy is not one of ours.
    internal = !forwarded.has_value() &&
               config.internal_addresses.Contains(info.downstream_remote_address);
    AppendPeer(config, peer, forwarded, head.headers);
  } else if (said.has_value()) {
    internal = forwarded->find(',') == std::string_view::npos &&
               config.internal_addresses.Contains(info.downstream_remote_address);
  }
  WriteForwarded(config, info.connection, head.headers);
  if (internal) return Origin::kInternal;
  return config.use_remote_address ? Origin::kEdge : Origin::kExternal;
}

}  // namespace weir::proxy
