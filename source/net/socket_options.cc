#include "source/net/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "source/base/status.h"

namespace weir::net {
namespace {

bool IsFor(const SocketOption& option, const Address& address) {
  switch (option.addresses) {
    case SocketOption::For::kAll:
      return true;
    case SocketOption::For::kIpv4:
      return address.is_ip() && !address.ip().is_v6();
    case SocketOption::For::kIpv6:
      return address.is_ip() && address.ip().is_v6();
  }
  return false;
}

}  // namespace

bool SetSocketOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

void SetKeepalive(int fd, const TcpKeepalive& keepalive) {
  if (keepalive == TcpKeepalive()) return;
  SetSocketOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  const auto set = [fd](int name, uint32_t value) {
    if (value != 0) SetSocketOption(fd, IPPROTO_TCP, name, static_cast<int>(value));
  };
  set(TCP_KEEPCNT, keepalive.probes);
  set(TCP_KEEPIDLE, keepalive.idle_seconds);
  set(TCP_KEEPINTVL, keepalive.interval_seconds);
}

bool SetFreebind(int fd) { return SetSocketOption(fd, IPPROTO_IP, IP_FREEBIND, 1); }

bool SetTransparent(int fd, const Address& address) {
  return address.ip().is_v6() ? SetSocketOption(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
                              : SetSocketOption(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
}

absl::Status SetSocketOptions(int fd, const Address& address,
                              const std::vector<SocketOption>& options, SocketOption::When when) {
  for (const SocketOption& option : options) {
    if (option.when != when || !IsFor(option, address)) continue;
    const auto size = static_cast<socklen_t>(option.value.size());
    if (setsockopt(fd, option.level, option.name, option.value.data(), size) == 0) continue;
    return FromErrno(errno,
                     StrCat("cannot set the socket option \"", option.description, "\" (level ",
                            option.level, ", name ", option.name, ") of ", address.ToString()));
  }
  return absl::OkStatus();
}

}  // namespace weir::net
