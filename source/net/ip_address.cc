#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "source/base/status.h"
#include "source/net/address.h"

namespace weir::net {

IpAddress IpAddress::V4(uint32_t host_order) {
  IpAddress address;
  const uint32_t network_order = htonl(host_order);
  std::memcpy(address.bytes_.data(), &network_order, sizeof(network_order));
  return address;
}

IpAddress IpAddress::V6(const std::array<uint8_t, 16>& bytes) {
  IpAddress address;
  address.bytes_ = bytes;
  address.v6_ = true;
  return address;
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof(terminated)) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  IpAddress address;
  if (inet_pton(AF_INET, terminated, address.bytes_.data()) == 1) return address;
  if (inet_pton(AF_INET6, terminated, address.bytes_.data()) == 1) {
    address.v6_ = true;
    return address;
  }
  return std::nullopt;
}

bool IpAddress::IsLoopback() const {
  if (!v6_) return bytes_[0] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t b) { return b == 0; }) &&
         bytes_[15] == 1;
}

bool IpAddress::IsAny() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](uint8_t b) { return b == 0; });
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof(text));
}

absl::StatusOr<CidrRange> CidrRange::Create(const IpAddress& address, uint32_t prefix_length) {
  const uint32_t most = static_cast<uint32_t>(address.size() * 8);
  if (prefix_length > most) {
    return InvalidArgument(
        StrCat("prefix length ", prefix_length, " of ", address.ToString(), " is above ", most));
  }
  std::array<uint8_t, 16> bytes{};
  std::copy_n(address.bytes(), address.size(), bytes.begin());
  for (uint32_t bit = prefix_length; bit < most; ++bit) {
    bytes[bit / 8] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
  }
  CidrRange range;
  if (address.is_v6()) {
    range.address_ = IpAddress::V6(bytes);
  } else {
    range.address_ = IpAddress::V4(uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 |
                                   uint32_t{bytes[2]} << 8 | bytes[3]);
  }
  range.prefix_length_ = prefix_length;
  return range;
}

bool CidrRange::Contains(const IpAddress& address) const {
  if (address.is_v6() != address_.is_v6()) return false;
  const size_t whole = prefix_length_ / 8;
  if (std::memcmp(address.bytes(), address_.bytes(), whole) != 0) return false;
  const uint32_t rest = prefix_length_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xFF00u >> rest);
  return (address.bytes()[whole] & mask) == address_.bytes()[whole];
}

std::string CidrRange::ToString() const { return StrCat(address_.ToString(), "/", prefix_length_); }

}  // namespace weir::net
