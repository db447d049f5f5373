// Options of sockets: those of the kernel's that have a name here, and any by its numbers.
//
// Any thread.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "source/net/network.h"

namespace weir::net {

// True when the kernel took it.
bool SetSocketOption(int fd, int level, int name, int value);

void SetKeepalive(int fd, const TcpKeepalive& keepalive);

// Lets it bind addresses that are not here (IP_FREEBIND), or take those of others
// (IP_TRANSPARENT). Address is one of IP.
bool SetFreebind(int fd);
bool SetTransparent(int fd, const Address& address);

// Sets those of `options` whose moment is `when`, as far as they are for such an address. The error
// names the first that the kernel refuses.
absl::Status SetSocketOptions(int fd, const Address& address,
                              const std::vector<SocketOption>& options, SocketOption::When when);

}  // namespace weir::net
