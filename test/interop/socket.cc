#include "test/interop/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "source/base/check.h"
#include "source/base/status.h"

namespace weir::interop {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// Whether `events` came before the deadline.
bool Poll(int fd, short events, Instant deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd one{fd, events, 0};
    const int ready = poll(&one, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    WEIR_CHECK(errno == EINTR, "poll works");
  }
}

}  // namespace

Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<Socket> Socket::Connect(uint16_t port, Instant deadline) {
  Socket made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  WEIR_CHECK(made.open(), "a socket can be made");
  const sockaddr_in address = Loopback(port);
  const int connected =
      connect(made.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (connected != 0 && errno != EINPROGRESS) return FromErrno(errno, "connect");
  if (!Poll(made.fd_, POLLOUT, deadline)) return absl::DeadlineExceededError("connect");
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(made.fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return FromErrno(error, "connect");
  const int on = 1;
  setsockopt(made.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return made;
}

Socket Socket::Bind(bool shared) {
  Socket made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int reuse = shared ? 1 : 0;
  setsockopt(made.fd_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
  const sockaddr_in address = Loopback(0);
  WEIR_CHECK(bind(made.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0,
             "a free port can be bound");
  return made;
}

Socket Socket::Listen() {
  Socket made = Bind(false);
  WEIR_CHECK(listen(made.fd_, 1024) == 0, "a bound socket can listen");
  return made;
}

absl::StatusOr<Socket> Socket::Accept() {
  for (;;) {
    const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      return Socket(fd);
    }
    if (errno != EINTR && errno != ECONNABORTED) return FromErrno(errno, "accept");
  }
}

absl::Status Socket::Write(std::string_view bytes, Instant deadline) {
  while (!bytes.empty()) {
    const ssize_t written = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written > 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      if (!Poll(fd_, POLLOUT, deadline)) return absl::DeadlineExceededError("write");
    } else if (errno != EINTR) {
      return FromErrno(errno, "write");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> Socket::Read(std::string& to, Instant deadline) {
  char bytes[16384];
  for (;;) {
    const ssize_t count = recv(fd_, bytes, sizeof(bytes), 0);
    if (count >= 0) {
      to.append(bytes, static_cast<size_t>(count));
      return static_cast<size_t>(count);
    }
    if (errno == EAGAIN) {
      if (!Poll(fd_, POLLIN, deadline)) return absl::DeadlineExceededError("no answer in time");
    } else if (errno != EINTR) {
      return FromErrno(errno, "read");
    }
  }
}

bool Socket::Readable(Instant deadline) const { return Poll(fd_, POLLIN, deadline); }

void Socket::Shutdown() const { shutdown(fd_, SHUT_RDWR); }

uint16_t Socket::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

uint16_t FreePort() {
  static std::vector<Socket> kept;
  kept.push_back(Socket::Bind(true));
  return kept.back().port();
}

}  // namespace weir::interop
