#include "source/net/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "source/base/strings.h"

namespace weir::net {
namespace {

using Outcome = ProxyReading::Outcome;

constexpr std::string_view kSignature1 = "PROXY ";
constexpr std::string_view kSignature2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kLongestLine = 107;  // With its CRLF.
constexpr size_t kFixed2 = 16;        // Signature, version and command, family, length.

ProxyReading Malformed(ProxyVersion version, std::string_view fault) {
  return {.outcome = Outcome::kMalformed, .version = version, .fault = fault};
}
ProxyReading Found(ProxyVersion version, size_t size) {
  return {.outcome = Outcome::kFound, .version = version, .size = size};
}

// --- Version 1

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return port;
}

std::optional<Address> ParseEndpoint(std::string_view ip, std::string_view port, bool v6) {
  const std::optional<IpAddress> address = IpAddress::Parse(ip);
  const std::optional<uint16_t> number = ParsePort(port);
  if (!address.has_value() || !number.has_value() || address->is_v6() != v6) return std::nullopt;
  return Address::Ip(*address, *number);
}

ProxyReading ReadLine(std::string_view bytes, ProxyHeader& header) {
  constexpr auto kV1 = ProxyVersion::kV1;
  const size_t end = bytes.substr(0, kLongestLine).find("\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() >= kLongestLine) return Malformed(kV1, "the line is above 107 bytes");
    return {.outcome = Outcome::kNeedMore, .version = kV1};
  }
  const std::string_view line = bytes.substr(kSignature1.size(), end - kSignature1.size());
  const std::vector<std::string_view> words = Split(line, ' ');
  // Whatever follows it is to be ignored.
  if (words.front() == "UNKNOWN") return Found(kV1, end + 2);
  const bool v6 = words.front() == "TCP6";
  if (!v6 && words.front() != "TCP4") return Malformed(kV1, "the protocol is unknown");
  if (words.size() != 5) return Malformed(kV1, "two addresses and two ports are wanted");
  const auto source = ParseEndpoint(words[1], words[3], v6);
  const auto destination = ParseEndpoint(words[2], words[4], v6);
  if (!source.has_value() || !destination.has_value()) {
    return Malformed(kV1, "an address or a port is none of that protocol");
  }
  header.endpoints = ProxyEndpoints{*source, *destination};
  return Found(kV1, end + 2);
}

// --- Version 2

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78U : 0);
    table[i] = value;
  }
  return table;
}

// CRC32c (RFC 9260, appendix A) of `bytes`, of which the four from `zeroed` on count as zero.
uint32_t Crc32c(std::string_view bytes, size_t zeroed) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = ~0U;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const bool zero = i >= zeroed && i < zeroed + 4;
    const auto byte = zero ? uint8_t{0} : static_cast<uint8_t>(bytes[i]);
    crc = kTable[(crc ^ byte) & 0xFF] ^ (crc >> 8);
  }
  return ~crc;
}

uint32_t ReadNumber(std::string_view bytes) {
  uint32_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

IpAddress ReadIp(std::string_view bytes) {
  if (bytes.size() == 4) return IpAddress::V4(ReadNumber(bytes));
  std::array<uint8_t, 16> v6;
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return IpAddress::V6(v6);
}

// `address` is source, destination and their ports.
ProxyEndpoints ReadEndpoints(std::string_view address, size_t ip_size) {
  const auto port = [&](size_t at) {
    return static_cast<uint16_t>(ReadNumber(address.substr(2 * ip_size + at, 2)));
  };
  return {Address::Ip(ReadIp(address.substr(0, ip_size)), port(0)),
          Address::Ip(ReadIp(address.substr(ip_size, ip_size)), port(2))};
}

// The TLVs of `whole` from `at` on. What is wrong with them, or nothing.
std::string_view ReadTlvs(std::string_view whole, size_t at, std::vector<ProxyTlv>& tlvs) {
  while (at < whole.size()) {
    if (whole.size() - at < 3) return "a TLV has no length";
    const auto type = static_cast<uint8_t>(whole[at]);
    const size_t length = ReadNumber(whole.substr(at + 1, 2));
    at += 3;
    if (whole.size() - at < length) return "a TLV is longer than the header";
    const std::string_view value = whole.substr(at, length);
    if (type == ProxyTlv::kCrc32c) {
      if (length != 4) return "a checksum has four bytes";
      if (ReadNumber(value) != Crc32c(whole, at)) return "the checksum is wrong";
    } else if (type != ProxyTlv::kNoop) {
      tlvs.push_back({type, std::string(value)});
    }
    at += length;
  }
  return {};
}

ProxyReading ReadBinary(std::string_view bytes, ProxyHeader& header) {
  constexpr auto kV2 = ProxyVersion::kV2;
  if (bytes.size() < kFixed2) return {.outcome = Outcome::kNeedMore, .version = kV2};
  const auto command = static_cast<uint8_t>(bytes[12]);
  const auto family = static_cast<uint8_t>(bytes[13]);
  if (command != 0x20 && command != 0x21) {
    return Malformed(kV2, "the version or the command is unknown");
  }
  const bool local = command == 0x20;
  size_t ip_size = 0;
  if (!local && family >> 4 != 0) {
    if (family == 0x11) ip_size = 4;
    if (family == 0x21) ip_size = 16;
    if (ip_size == 0) return Malformed(kV2, "the address family or the transport is not TCP");
  }
  const size_t length = ReadNumber(bytes.substr(14, 2));
  const size_t address_size = ip_size == 0 ? 0 : 2 * ip_size + 4;
  if (length < address_size) return Malformed(kV2, "it is too short for its addresses");
  if (bytes.size() < kFixed2 + length) return {.outcome = Outcome::kNeedMore, .version = kV2};
  const std::string_view whole = bytes.substr(0, kFixed2 + length);
  // Without addresses the block says nothing that is to be looked at.
  if (ip_size == 0) return Found(kV2, whole.size());
  const std::string_view fault = ReadTlvs(whole, kFixed2 + address_size, header.tlvs);
  if (!fault.empty()) return Malformed(kV2, fault);
  header.endpoints = ReadEndpoints(whole.substr(kFixed2, address_size), ip_size);
  return Found(kV2, whole.size());
}

// --- Writing

// Of an IPv4 address the one that IPv6 maps it to.
IpAddress AsV6(const IpAddress& ip) {
  if (ip.is_v6()) return ip;
  std::array<uint8_t, 16> mapped{};
  mapped[10] = mapped[11] = 0xFF;
  std::copy(ip.bytes(), ip.bytes() + 4, mapped.begin() + 12);
  return IpAddress::V6(mapped);
}

// What is written of `endpoints`: of one family; nothing where one of them is no IP address.
std::optional<ProxyEndpoints> Writable(const ProxyEndpoints* endpoints) {
  if (endpoints == nullptr) return std::nullopt;
  const auto& [source, destination] = *endpoints;
  if (!source.is_ip() || !destination.is_ip()) return std::nullopt;
  if (source.ip().is_v6() == destination.ip().is_v6()) return *endpoints;
  return ProxyEndpoints{Address::Ip(AsV6(source.ip()), source.port()),
                        Address::Ip(AsV6(destination.ip()), destination.port())};
}

void AppendNumber2(std::string& out, size_t number) {
  out.push_back(static_cast<char>(number >> 8));
  out.push_back(static_cast<char>(number & 0xFF));
}
void AppendIp(std::string& out, const IpAddress& ip) {
  out.append(reinterpret_cast<const char*>(ip.bytes()), ip.size());
}

}  // namespace

bool TlvSelection::Takes(uint8_t type) const {
  return all || std::find(types.begin(), types.end(), type) != types.end();
}

ProxyReading ReadProxyHeader(std::string_view bytes, ProxyHeader& header) {
  if (bytes.starts_with(kSignature1)) return ReadLine(bytes, header);
  if (bytes.starts_with(kSignature2)) return ReadBinary(bytes, header);
  const bool begun = kSignature1.starts_with(bytes) || kSignature2.starts_with(bytes);
  return {.outcome = begun ? Outcome::kNeedMore : Outcome::kAbsent};
}

std::string WriteProxyV1(const ProxyEndpoints* endpoints) {
  const std::optional<ProxyEndpoints> written = Writable(endpoints);
  if (!written.has_value()) return "PROXY UNKNOWN\r\n";
  const auto& [source, destination] = *written;
  return StrCat(source.ip().is_v6() ? "PROXY TCP6 " : "PROXY TCP4 ", source.ip().ToString(), " ",
                destination.ip().ToString(), " ", source.port(), " ", destination.port(), "\r\n");
}

std::string WriteProxyV2(const ProxyEndpoints* endpoints, std::span<const ProxyTlv> tlvs,
                         size_t& left_out) {
  const std::optional<ProxyEndpoints> written = Writable(endpoints);
  std::string body;
  if (written.has_value()) {
    AppendIp(body, written->source.ip());
    AppendIp(body, written->destination.ip());
    AppendNumber2(body, written->source.port());
    AppendNumber2(body, written->destination.port());
  }
  left_out = 0;
  for (const ProxyTlv& tlv : tlvs) {
    if (body.size() + 3 + tlv.value.size() > kLongestProxyHeader - kFixed2) {
      ++left_out;
      continue;
    }
    body.push_back(static_cast<char>(tlv.type));
    AppendNumber2(body, tlv.value.size());
    body += tlv.value;
  }
  std::string header(kSignature2);
  header.push_back(written.has_value() ? '\x21' : '\x20');
  header.push_back(!written.has_value() ? '\0' : written->source.ip().is_v6() ? '\x21' : '\x11');
  AppendNumber2(header, body.size());
  return header + body;
}

std::string WriteProxyHeader(const ProxyHeaderFormat& format, const ProxyEndpoints* endpoints,
                             std::span<const ProxyTlv> received, size_t& left_out) {
  left_out = 0;
  if (format.version == ProxyVersion::kV1) return WriteProxyV1(endpoints);
  std::vector<ProxyTlv> tlvs = format.added;
  const auto is_ours = [&format](const ProxyTlv& tlv) {
    return std::any_of(format.added.begin(), format.added.end(),
                       [&tlv](const ProxyTlv& ours) { return ours.type == tlv.type; });
  };
  for (const ProxyTlv& tlv : received) {
    if (format.pass_through.Takes(tlv.type) && !is_ours(tlv)) tlvs.push_back(tlv);
  }
  return WriteProxyV2(endpoints, tlvs, left_out);
}

}  // namespace weir::net
