// The header of the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): what a proxy
// sends before the first byte of a connection that it passes on, to say whose connection it is.
// Reading and writing of bytes; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/net/address.h"

namespace weir::net {

enum class ProxyVersion : uint8_t { kV1, kV2 };

// One of the extensions of version 2 (type, length, value).
struct ProxyTlv {
  static constexpr uint8_t kCrc32c = 0x03;  // Checked when read, and no longer there.
  static constexpr uint8_t kNoop = 0x04;    // Padding, dropped when read.

  uint8_t type = 0;
  std::string value;
  friend bool operator==(const ProxyTlv&, const ProxyTlv&) = default;
};

// Which TLVs are meant.
struct TlvSelection {
  bool all = false;
  std::vector<uint8_t> types;  // Unless all.
  bool Takes(uint8_t type) const;
  friend bool operator==(const TlvSelection&, const TlvSelection&) = default;
};

// IP addresses of one family when read.
struct ProxyEndpoints {
  Address source;
  Address destination;
  friend bool operator==(const ProxyEndpoints&, const ProxyEndpoints&) = default;
};

struct ProxyHeader {
  // Nothing (LOCAL, UNKNOWN, AF_UNSPEC): those of the connection that carries it hold.
  std::optional<ProxyEndpoints> endpoints;
  std::vector<ProxyTlv> tlvs;
  friend bool operator==(const ProxyHeader&, const ProxyHeader&) = default;
};

// What a header says beside the addresses, and how (ProxyProtocolConfig).
struct ProxyHeaderFormat {
  ProxyVersion version = ProxyVersion::kV1;
  // Version 2 alone: those of the client's header that go on, and ours, which win.
  TlvSelection pass_through;
  std::vector<ProxyTlv> added;
  friend bool operator==(const ProxyHeaderFormat&, const ProxyHeaderFormat&) = default;
};

// The longest header there is, one of version 2.
inline constexpr size_t kLongestProxyHeader = 16 + 65535;

struct ProxyReading {
  enum class Outcome : uint8_t {
    kNeedMore,
    kFound,
    kAbsent,  // These bytes begin no header.
    kMalformed,
  };
  Outcome outcome = Outcome::kNeedMore;
  std::optional<ProxyVersion> version;  // Once its signature was seen.
  size_t size = 0;                      // kFound: bytes of the header.
  std::string_view fault;               // kMalformed: what is wrong with it; static.
};

// Reads the header that `bytes` begin with into `header`, which is empty.
//
// Refused as malformed beside what breaks the format: datagrams, UNIX sockets, unknown families,
// a header of version 1 above 107 bytes, a checksum that is there and wrong.
ProxyReading ReadProxyHeader(std::string_view bytes, ProxyHeader& header);

// Without `endpoints`, or with ones that are no IP addresses: UNKNOWN, LOCAL. Where the two are of
// different families, both are written as IPv6.
std::string WriteProxyV1(const ProxyEndpoints* endpoints);
// A header that would be too long leaves out the TLVs that do not fit any more; `left_out` counts
// them.
std::string WriteProxyV2(const ProxyEndpoints* endpoints, std::span<const ProxyTlv> tlvs,
                         size_t& left_out);
// A header of either version; `received` are the TLVs of the client's own header.
std::string WriteProxyHeader(const ProxyHeaderFormat& format, const ProxyEndpoints* endpoints,
                             std::span<const ProxyTlv> received, size_t& left_out);

}  // namespace weir::net
