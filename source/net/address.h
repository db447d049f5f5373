// Where a socket is: an IP address and port, or a UNIX path. A value.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"

namespace weir::net {

// 4 or 16 bytes in network order. IPv4-mapped IPv6 addresses are kept as they are written.
class IpAddress {
 public:
  IpAddress() = default;
  static IpAddress V4(uint32_t host_order);
  static IpAddress V6(const std::array<uint8_t, 16>& bytes);
  // "10.0.0.1", "::1", without brackets. Nothing on anything else, a host name among it.
  static std::optional<IpAddress> Parse(std::string_view text);

  bool is_v6() const { return v6_; }
  // The 4 or 16 bytes.
  const uint8_t* bytes() const { return bytes_.data(); }
  size_t size() const { return v6_ ? 16 : 4; }
  bool IsLoopback() const;
  bool IsAny() const;
  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<uint8_t, 16> bytes_{};
  bool v6_ = false;
};

// A CIDR block, "10.0.0.0/8". Bits beyond the prefix are cleared when it is made.
class CidrRange {
 public:
  static absl::StatusOr<CidrRange> Create(const IpAddress& address, uint32_t prefix_length);
  bool Contains(const IpAddress& address) const;
  const IpAddress& address() const { return address_; }
  uint32_t prefix_length() const { return prefix_length_; }
  std::string ToString() const;
  friend bool operator==(const CidrRange&, const CidrRange&) = default;

 private:
  IpAddress address_;
  uint32_t prefix_length_ = 0;
};

namespace address_internal {
struct IpPort {
  IpAddress ip;
  uint16_t port = 0;
  friend bool operator==(const IpPort&, const IpPort&) = default;
};
struct UnixPath {
  std::string path;
  uint32_t mode = 0;  // File mode of a listening socket; 0 leaves it to the umask.
  friend bool operator==(const UnixPath&, const UnixPath&) = default;
};
// A counted reference to a path. Its pointer lies in bytes, so that an Address needs no more than
// 22 of them: what else is in it are an IP address and a port.
class SharedUnixPath {
 public:
  SharedUnixPath() = default;  // A socket without a name.
  explicit SharedUnixPath(UnixPath path);
  SharedUnixPath(const SharedUnixPath& other);
  SharedUnixPath& operator=(const SharedUnixPath& other);
  ~SharedUnixPath();

  const UnixPath& operator*() const;

 private:
  struct Counted;
  Counted* counted() const;
  void Point(Counted* counted);

  std::array<std::byte, sizeof(void*)> pointer_{};
};
}  // namespace address_internal

// Small, as every connection and endpoint has some: a path lies in a shared allocation of its own.
class Address {
 public:
  Address() = default;  // 0.0.0.0:0
  static Address Ip(const IpAddress& ip, uint16_t port);
  // A path in the file system, or "@name" for Linux' abstract namespace; at most 107 bytes.
  static absl::StatusOr<Address> Unix(std::string_view path, uint32_t mode = 0);
  static Address FromSockaddr(const sockaddr_storage& storage, socklen_t length);
  // "127.0.0.1:80", "[::1]:80" or "unix:/path". For flags and tests.
  static absl::StatusOr<Address> Parse(std::string_view text);

  bool is_ip() const { return std::holds_alternative<IpPort>(value_); }
  // is_ip() only.
  const IpAddress& ip() const { return std::get<IpPort>(value_).ip; }
  uint16_t port() const { return std::get<IpPort>(value_).port; }
  // !is_ip() only.
  const std::string& path() const { return unix_path().path; }
  uint32_t mode() const { return unix_path().mode; }

  // "127.0.0.1:80", "[::1]:80" or the path: as Envoy's logs and stats write it.
  std::string ToString() const;
  socklen_t ToSockaddr(sockaddr_storage& storage) const;

  friend bool operator==(const Address& a, const Address& b);

 private:
  using IpPort = address_internal::IpPort;
  using UnixPath = address_internal::UnixPath;
  using SharedUnixPath = address_internal::SharedUnixPath;
  const UnixPath& unix_path() const { return *std::get<SharedUnixPath>(value_); }

  std::variant<IpPort, SharedUnixPath> value_;
};
static_assert(sizeof(Address) <= 24);

}  // namespace weir::net
