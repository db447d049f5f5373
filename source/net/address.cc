#include "source/net/address.h"

#include <arpa/inet.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <utility>

#include "source/base/status.h"

namespace weir::net {
namespace {

// sun_path holds 108 bytes; the last one is for the terminator.
constexpr size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

}  // namespace

namespace address_internal {

struct SharedUnixPath::Counted {
  std::atomic<size_t> references;
  const UnixPath path;
};

SharedUnixPath::SharedUnixPath(UnixPath path) { Point(new Counted{1, std::move(path)}); }

SharedUnixPath::SharedUnixPath(const SharedUnixPath& other) : pointer_(other.pointer_) {
  if (Counted* const shared = counted()) shared->references.fetch_add(1, std::memory_order_relaxed);
}

SharedUnixPath& SharedUnixPath::operator=(const SharedUnixPath& other) {
  SharedUnixPath copy(other);
  std::swap(pointer_, copy.pointer_);
  return *this;
}

SharedUnixPath::~SharedUnixPath() {
  Counted* const shared = counted();
  if (shared != nullptr && shared->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete shared;
  }
}

const UnixPath& SharedUnixPath::operator*() const {
  static const UnixPath kUnnamed;
  const Counted* const shared = counted();
  return shared == nullptr ? kUnnamed : shared->path;
}

SharedUnixPath::Counted* SharedUnixPath::counted() const {
  Counted* counted = nullptr;
  std::memcpy(&counted, pointer_.data(), sizeof(counted));
  return counted;
}

void SharedUnixPath::Point(Counted* counted) {
  std::memcpy(pointer_.data(), &counted, sizeof(counted));
}

}  // namespace address_internal

Address Address::Ip(const IpAddress& ip, uint16_t port) {
  Address address;
  address.value_ = IpPort{ip, port};
  return address;
}

absl::StatusOr<Address> Address::Unix(std::string_view path, uint32_t mode) {
  if (path.empty() || path == "@") return InvalidArgument("the path of a UNIX socket is empty");
  if (path.size() > kLongestPath) {
    return InvalidArgument(StrCat("the path of a UNIX socket is ", path.size(),
                                  " bytes long; the system takes ", kLongestPath, ": ", path));
  }
  if (path.find('\0') != std::string_view::npos) {
    return InvalidArgument("the path of a UNIX socket contains a NUL");
  }
  Address address;
  address.value_ = SharedUnixPath(UnixPath{std::string(path), mode});
  return address;
}

Address Address::FromSockaddr(const sockaddr_storage& storage, socklen_t length) {
  Address address;
  switch (storage.ss_family) {
    case AF_INET: {
      sockaddr_in in;
      std::memcpy(&in, &storage, sizeof(in));
      address.value_ = IpPort{IpAddress::V4(ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port)};
      break;
    }
    case AF_INET6: {
      sockaddr_in6 in6;
      std::memcpy(&in6, &storage, sizeof(in6));
      std::array<uint8_t, 16> bytes;
      std::memcpy(bytes.data(), &in6.sin6_addr, bytes.size());
      address.value_ = IpPort{IpAddress::V6(bytes), ntohs(in6.sin6_port)};
      break;
    }
    case AF_UNIX: {
      sockaddr_un un;
      std::memcpy(&un, &storage, sizeof(un));
      const size_t size =
          length > offsetof(sockaddr_un, sun_path) ? length - offsetof(sockaddr_un, sun_path) : 0;
      std::string path;  // Empty for a socket without a name, as the connecting side's usually is.
      if (size > 0 && un.sun_path[0] == '\0') {
        path.assign("@").append(un.sun_path + 1, size - 1);
      } else {
        path.assign(un.sun_path, strnlen(un.sun_path, size));
      }
      address.value_ =
          path.empty() ? SharedUnixPath() : SharedUnixPath(UnixPath{std::move(path), 0});
      break;
    }
    default:
      break;
  }
  return address;
}

absl::StatusOr<Address> Address::Parse(std::string_view text) {
  if (text.starts_with("unix:")) return Unix(text.substr(5));
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return InvalidArgument(StrCat("\"", text, "\" has no port; write IP:PORT or unix:PATH"));
  }
  std::string_view host = text.substr(0, colon);
  const std::optional<uint64_t> port = ParseUint64(text.substr(colon + 1));
  if (!port || *port > 65535) {
    return InvalidArgument(StrCat("\"", text, "\" has no port from 0 to 65535"));
  }
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::optional<IpAddress> ip = IpAddress::Parse(host);
  if (!ip || ip->is_v6() != bracketed) {
    return InvalidArgument(
        StrCat("\"", text, "\" has no IP address; write 127.0.0.1:80 or [::1]:80"));
  }
  return Ip(*ip, static_cast<uint16_t>(*port));
}

bool operator==(const Address& a, const Address& b) {
  if (a.is_ip() != b.is_ip()) return false;
  return a.is_ip() ? std::get<Address::IpPort>(a.value_) == std::get<Address::IpPort>(b.value_)
                   : a.unix_path() == b.unix_path();
}

std::string Address::ToString() const {
  if (!is_ip()) return path();
  if (ip().is_v6()) return StrCat("[", ip().ToString(), "]:", port());
  return StrCat(ip().ToString(), ":", port());
}

socklen_t Address::ToSockaddr(sockaddr_storage& storage) const {
  std::memset(&storage, 0, sizeof(storage));
  if (!is_ip()) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, path().data(), path().size());
    size_t size = path().size() + 1;
    if (path().starts_with('@')) {
      un.sun_path[0] = '\0';
      size = path().size();
    }
    std::memcpy(&storage, &un, sizeof(un));
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  }
  if (ip().is_v6()) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port());
    std::memcpy(&in6.sin6_addr, ip().bytes(), 16);
    std::memcpy(&storage, &in6, sizeof(in6));
    return sizeof(in6);
  }
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port());
  std::memcpy(&in.sin_addr, ip().bytes(), 4);
  std::memcpy(&storage, &in, sizeof(in));
  return sizeof(in);
}

}  // namespace weir::net
