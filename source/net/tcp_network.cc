#include "source/net/tcp_network.h"

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "source/base/check.h"
#include "source/base/owned_fd.h"
#include "source/base/status.h"
#include "source/net/socket_options.h"
#include "source/net/tcp_acceptor.h"
#include "source/net/tcp_listen_socket.h"
#include "source/net/tcp_stream.h"

namespace weir::net {
namespace {

// The kernel cuts it down to net.core.somaxconn.
constexpr int kLongestBacklog = 65535;

int OpenSocket(const Address& address) {
  const int family = !address.is_ip() ? AF_UNIX : address.ip().is_v6() ? AF_INET6 : AF_INET;
  return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int Bind(int fd, const Address& address) {
  sockaddr_storage storage;
  const socklen_t length = address.ToSockaddr(storage);
  return bind(fd, reinterpret_cast<const sockaddr*>(&storage), length);
}

Address BoundAddress(int fd, const Address& asked) {
  if (!asked.is_ip()) return asked;
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length);
  return Address::FromSockaddr(storage, length);
}

absl::Status SetListenOptions(int fd, const Address& address, const ListenOptions& options) {
  const auto cannot_set = [&](std::string_view option) {
    return FromErrno(errno, StrCat("cannot set ", option, " for ", address.ToString()));
  };
  if (!SetSocketOption(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return cannot_set("SO_REUSEADDR");
  if (address.ip().is_v6() &&
      !SetSocketOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv4_compat ? 0 : 1)) {
    return cannot_set("IPV6_V6ONLY");
  }
  if (options.freebind && !SetFreebind(fd)) return cannot_set("freebind");
  if (options.transparent && !SetTransparent(fd, address)) return cannot_set("transparent");
  SetKeepalive(fd, options.keepalive);
  SetSocketOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return SetSocketOptions(fd, address, options.more, SocketOption::When::kBeforeBind);
}

absl::Status SetFastOpen(int fd, const Address& address, const ListenOptions& options) {
  if (!options.fast_open_queue.has_value()) return absl::OkStatus();
  const auto length = static_cast<int>(std::min<uint32_t>(*options.fast_open_queue, INT32_MAX));
  if (SetSocketOption(fd, IPPROTO_TCP, TCP_FASTOPEN, length)) return absl::OkStatus();
  return FromErrno(errno, StrCat("cannot set tcp_fast_open_queue_length for ", address.ToString()));
}

// One bound socket of an IP address, which does not listen yet.
absl::StatusOr<int> BindIp(const Address& address, const ListenOptions& options, bool reuse_port) {
  OwnedFd fd(OpenSocket(address));
  if (fd.get() < 0)
    return FromErrno(errno, StrCat("cannot make a socket for ", address.ToString()));
  WEIR_RETURN_IF_ERROR(SetListenOptions(fd.get(), address, options));
  if (reuse_port && !SetSocketOption(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
    return FromErrno(errno, StrCat("cannot set SO_REUSEPORT for ", address.ToString()));
  }
  if (Bind(fd.get(), address) != 0) {
    return FromErrno(errno, StrCat("cannot bind ", address.ToString()));
  }
  return fd.Release();
}

absl::StatusOr<std::shared_ptr<ListenSocket>> Listen(int bound_fd, const Address& asked,
                                                     const ListenOptions& options, bool shared) {
  OwnedFd fd(bound_fd);
  WEIR_RETURN_IF_ERROR(SetSocketOptions(fd.get(), asked, options.more, SocketOption::When::kBound));
  if (asked.is_ip()) WEIR_RETURN_IF_ERROR(SetFastOpen(fd.get(), asked, options));
  if (listen(fd.get(), KernelBacklog(options.backlog)) != 0) {
    return FromErrno(errno, StrCat("cannot listen on ", asked.ToString()));
  }
  WEIR_RETURN_IF_ERROR(
      SetSocketOptions(fd.get(), asked, options.more, SocketOption::When::kListening));
  Address bound = BoundAddress(fd.get(), asked);
  return std::make_shared<TcpListenSocket>(fd.Release(), std::move(bound), shared);
}

// Before a socket connects to `peer`; an errno, or 0.
int BindSource(int fd, const Address& peer, const ConnectSource& source) {
  using When = SocketOption::When;
  if (!SetSocketOptions(fd, peer, source.options, When::kBeforeBind).ok()) return errno;
  if (source.address.has_value() && peer.is_ip()) {
    if (source.freebind && !SetFreebind(fd)) return errno;
    // The port is chosen at connect, by the whole four-tuple.
    SetSocketOption(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (Bind(fd, *source.address) != 0) return errno;
  }
  return SetSocketOptions(fd, peer, source.options, When::kBound).ok() ? 0 : errno;
}

// Whether somebody accepts connections at a UNIX path.
bool SomebodyListens(const Address& address) {
  OwnedFd fd(OpenSocket(address));
  if (fd.get() < 0) return true;
  sockaddr_storage storage;
  const socklen_t length = address.ToSockaddr(storage);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) == 0) return true;
  return errno != ECONNREFUSED;  // EAGAIN: its queue is full, so it is alive.
}

bool IsSocketFile(const std::string& path) {
  struct stat facts;
  return lstat(path.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode);
}

absl::StatusOr<std::shared_ptr<ListenSocket>> OpenUnix(const Address& address,
                                                       const ListenOptions& options, size_t count) {
  OwnedFd fd(OpenSocket(address));
  if (fd.get() < 0)
    return FromErrno(errno, StrCat("cannot make a socket for ", address.ToString()));
  WEIR_RETURN_IF_ERROR(
      SetSocketOptions(fd.get(), address, options.more, SocketOption::When::kBeforeBind));
  const std::string& path = address.path();
  int bound = Bind(fd.get(), address);
  if (bound != 0 && errno == EADDRINUSE && path[0] != '@' && IsSocketFile(path) &&
      !SomebodyListens(address)) {
    unlink(path.c_str());
    bound = Bind(fd.get(), address);
  } else if (bound != 0 && errno != EADDRINUSE) {
    return FromErrno(errno, StrCat("cannot bind ", path));
  }
  if (bound != 0) return FromErrno(EADDRINUSE, StrCat("cannot bind ", path));
  // Before listening: nobody connects with the rights of the umask.
  if (path[0] != '@' && address.mode() != 0 && chmod(path.c_str(), address.mode()) != 0) {
    return FromErrno(errno, StrCat("cannot set the mode of ", path));
  }
  return Listen(fd.Release(), address, options, count > 1);
}

absl::StatusOr<std::vector<std::shared_ptr<ListenSocket>>> OpenReusePort(
    const Address& address, const ListenOptions& options, size_t count) {
  std::vector<std::shared_ptr<ListenSocket>> sockets;
  Address bound = address;
  for (size_t i = 0; i < count; ++i) {
    WEIR_ASSIGN_OR_RETURN(const int fd, BindIp(bound, options, true));
    WEIR_ASSIGN_OR_RETURN(std::shared_ptr<ListenSocket> socket, Listen(fd, bound, options, false));
    bound = socket->address();
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

}  // namespace

int KernelBacklog(int asked) { return asked > 0 ? asked : kLongestBacklog; }

absl::StatusOr<std::vector<std::shared_ptr<ListenSocket>>> TcpNetwork::OpenListenSockets(
    const Address& address, const ListenOptions& options, size_t count) {
  WEIR_CHECK(count > 0, "no socket asked for");
  if (address.is_ip() && options.reuse_port) {
    if (address.port() != 0) {
      // Without SO_REUSEPORT: a second process would share the port unseen.
      WEIR_ASSIGN_OR_RETURN(const int probe, BindIp(address, options, false));
      close(probe);
    }
    return OpenReusePort(address, options, count);
  }
  std::shared_ptr<ListenSocket> socket;
  if (address.is_ip()) {
    WEIR_ASSIGN_OR_RETURN(const int fd, BindIp(address, options, false));
    WEIR_ASSIGN_OR_RETURN(socket, Listen(fd, address, options, count > 1));
  } else {
    WEIR_ASSIGN_OR_RETURN(socket, OpenUnix(address, options, count));
  }
  return std::vector<std::shared_ptr<ListenSocket>>(count, socket);
}

absl::StatusOr<std::vector<std::shared_ptr<ListenSocket>>> TcpNetwork::AddListenSockets(
    const Address& address, const ListenOptions& options, size_t count) {
  WEIR_CHECK(address.is_ip() && options.reuse_port, "only a reuse-port group grows");
  return OpenReusePort(address, options, count);
}

std::unique_ptr<Acceptor> TcpNetwork::Accept(ListenSocket& socket, AcceptHandler& handler,
                                             uint32_t accepts_per_turn) {
  return std::make_unique<TcpAcceptor>(loop_, static_cast<TcpListenSocket&>(socket), handler,
                                       accepts_per_turn);
}

std::unique_ptr<ByteStream> TcpNetwork::Connect(const Address& address,
                                                const ConnectOptions& options) {
  OwnedFd fd(OpenSocket(address));
  if (fd.get() < 0) return std::make_unique<TcpStream>(loop_, address, errno);
  if (address.is_ip()) {
    SetSocketOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    SetKeepalive(fd.get(), options.keepalive);
  }
  if (const int error = BindSource(fd.get(), address, options.source); error != 0) {
    return std::make_unique<TcpStream>(loop_, address, error);
  }
  sockaddr_storage storage;
  const socklen_t length = address.ToSockaddr(storage);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0 &&
      errno != EINPROGRESS && errno != EINTR) {
    return std::make_unique<TcpStream>(loop_, address, errno);
  }
  return std::make_unique<TcpStream>(loop_, fd.Release(), TcpStream::State::kConnecting, nullptr,
                                     address);
}

}  // namespace weir::net
