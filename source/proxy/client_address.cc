#include "source/proxy/client_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <variant>
#include <vector>

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

// "https" or "http", as the configuration says it of the port that was asked.
std::string_view ForwardedProto(const config::ForwardProto& by_port,
                                const stream_info::ConnectionInfo& connection) {
  const net::Address& local = connection.local_address;
  const auto among = [&local](const std::vector<uint16_t>& ports) {
    return !ports.empty() && local.is_ip() &&
           std::binary_search(ports.begin(), ports.end(), local.port());
  };
  if (among(by_port.https_ports)) return "https";
  if (among(by_port.http_ports)) return "http";
  return connection.encrypted ? "https" : "http";
}

// The peer's own word replaces what a proxy that is not trusted wrote.
void WriteForwarded(const config::HttpConnectionManager& config,
                    const stream_info::ConnectionInfo& connection, http::HeaderMap& headers) {
  const bool trusted = !config.use_remote_address || config.xff_num_trusted_hops > 0;
  if (!trusted || !headers.Has(HeaderId::kXForwardedProto)) {
    headers.SetView(HeaderId::kXForwardedProto, ForwardedProto(config.forward_proto, connection));
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
  if (!peer.is_ip()) return;
  const std::string_view text = AddressText(config, peer.ip(), headers.arena());
  headers.Set(HeaderId::kXForwardedFor,
              before.has_value() ? headers.arena().Concat({*before, ",", text}) : text);
}

bool IsAmong(const std::vector<net::CidrRange>& ranges, const net::IpAddress& ip) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const net::CidrRange& range) { return range.Contains(ip); });
}

// What one detection says.
struct Detected {
  std::optional<net::IpAddress> client;
  bool trusted = false;     // The address may be an internal one.
  bool skip_append = true;  // The peer is not appended to x-forwarded-for.
  uint16_t refuse_with = 0;
};

// The last entry that is none of our own proxies; the first, when all are.
std::optional<net::IpAddress> LastUntrusted(std::string_view list,
                                            const std::vector<net::CidrRange>& ours) {
  std::optional<net::IpAddress> found;
  while (true) {
    const auto entry = EntryFromRight(list, 0);
    if (!entry.has_value()) return found;
    found = entry;
    const size_t comma = list.rfind(',');
    if (comma == std::string_view::npos || !IsAmong(ours, *entry)) return found;
    list = list.substr(0, comma);
  }
}

Detected Detect(const config::XffDetection& by, const net::Address& peer,
                const http::HeaderMap& headers) {
  Detected detected{.skip_append = by.skip_append};
  const auto list = headers.GetJoined(HeaderId::kXForwardedFor);
  if (!list.has_value()) return detected;
  detected.trusted = list->find(',') == std::string_view::npos;
  if (by.trusted.empty()) {
    detected.client = EntryFromRight(*list, by.trusted_hops);
  } else if (peer.is_ip() && IsAmong(by.trusted, peer.ip())) {
    detected.client = LastUntrusted(*list, by.trusted);
  }
  return detected;
}

Detected Detect(const config::HeaderDetection& by, const net::Address&,
                const http::HeaderMap& headers) {
  Detected detected{.trusted = by.trusted};
  const auto value = headers.Get(by.name);
  if (value.has_value()) detected.client = net::IpAddress::Parse(*value);
  if (!detected.client.has_value()) detected.refuse_with = by.reject_status;
  return detected;
}

// The first detection that finds an address, or refuses.
Detected Detect(const config::HttpConnectionManager& config, const net::Address& peer,
                const http::HeaderMap& headers) {
  Detected detected;
  for (const config::IpDetection& by : config.ip_detection) {
    detected = std::visit([&](const auto& each) { return Detect(each, peer, headers); }, by);
    if (detected.client.has_value() || detected.refuse_with != 0) return detected;
  }
  if (!config.ip_detection.empty()) return detected;
  return Detect(config::XffDetection{.trusted_hops = config.xff_num_trusted_hops}, peer, headers);
}

// At the edge: the peer, or whom the trusted proxies before it name.
Detected DetectAtTheEdge(const config::HttpConnectionManager& config,
                         std::optional<std::string_view> forwarded) {
  // Whoever came through a proxy is not one of ours.
  Detected detected{.trusted = !forwarded.has_value(), .skip_append = config.skip_xff_append};
  if (forwarded.has_value() && config.xff_num_trusted_hops > 0) {
    detected.client = EntryFromRight(*forwarded, config.xff_num_trusted_hops - 1);
  }
  return detected;
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

FoundClient FindClient(const config::HttpConnectionManager& config, stream_info::StreamInfo& info,
                       http::RequestHead& head) {
  const net::Address& peer = info.connection.remote_address;
  const bool edge = config.use_remote_address;
  const auto forwarded = head.headers.GetJoined(HeaderId::kXForwardedFor);
  const Detected detected =
      edge ? DetectAtTheEdge(config, forwarded) : Detect(config, peer, head.headers);
  if (detected.client.has_value()) {
    info.downstream_remote_address = net::Address::Ip(*detected.client, 0);
  } else {
    info.downstream_remote_address = peer;
  }
  if (!detected.skip_append) AppendPeer(config, peer, forwarded, head.headers);
  WriteForwarded(config, info.connection, head.headers);
  const bool internal = detected.trusted && (edge || detected.client.has_value()) &&
                        config.internal_addresses.Contains(info.downstream_remote_address);
  return {.origin = internal ? Origin::kInternal
                    : edge   ? Origin::kEdge
                             : Origin::kExternal,
          .refuse_with = detected.refuse_with};
}

}  // namespace weir::proxy
