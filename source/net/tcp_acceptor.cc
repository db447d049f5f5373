#include "source/net/tcp_acceptor.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "source/net/tcp_stream.h"

namespace weir::net {

namespace {

// Errors of the one connection that was at the head of the queue, which is gone (accept(2)).
bool ConcernsOneConnection(int error) {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

}  // namespace

TcpAcceptor::TcpAcceptor(event::EpollLoop& loop, const TcpListenSocket& socket,
                         AcceptHandler& handler, uint32_t accepts_per_turn)
    : loop_(loop),
      listen_fd_(socket.fd()),
      local_(socket.address().is_ip() && socket.address().ip().IsAny()
                 ? nullptr
                 : std::make_shared<const Address>(socket.address())),
      shared_(socket.shared()),
      accepts_per_turn_(std::max(accepts_per_turn, 1u)),
      handler_(handler),
      resume_(loop, [this] { Resume(); }) {
  if (!Watch()) resume_.Enable(event::Duration::zero());
}

TcpAcceptor::~TcpAcceptor() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  Unwatch();
  if (fd_ >= 0) close(fd_);
}

bool TcpAcceptor::Watch() {
  if (fd_ < 0) fd_ = fcntl(listen_fd_, F_DUPFD_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const uint32_t events = EPOLLIN | (shared_ ? static_cast<uint32_t>(EPOLLEXCLUSIVE) : 0u);
  watching_ = loop_.Register(fd_, *this, events).ok();
  return watching_;
}

void TcpAcceptor::Resume() {
  if (Watch()) return;
  resume_.Enable(kPause);
  handler_.OnAcceptError("the listening socket cannot be watched");
}

void TcpAcceptor::Unwatch() {
  if (watching_) loop_.Unregister(fd_);
  watching_ = false;
}

void TcpAcceptor::Pause() {
  Unwatch();
  resume_.Enable(kPause);
}

void TcpAcceptor::OnEvents(uint32_t) { AcceptSome(accepts_per_turn_); }

void TcpAcceptor::AcceptQueued() { AcceptSome(UINT64_MAX); }

void TcpAcceptor::AcceptSome(uint64_t limit) {
  bool destroyed = false;
  bool* const outer = std::exchange(destroyed_, &destroyed);
  for (uint64_t i = 0; i < limit && fd_ >= 0; ++i) {
    const Accepted accepted = AcceptOne();
    if (destroyed) {
      if (outer != nullptr) *outer = true;
      return;
    }
    if (accepted == Accepted::kFailed) Pause();
    if (accepted == Accepted::kEnded) Unwatch();
    if (accepted != Accepted::kOne) break;
  }
  destroyed_ = outer;
}

TcpAcceptor::Accepted TcpAcceptor::AcceptOne() {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  const int fd =
      accept4(fd_, reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EAGAIN) return Accepted::kNone;
    if (errno == EINVAL) return Accepted::kEnded;  // A UNIX socket whose reading side is shut.
    if (ConcernsOneConnection(errno)) return Accepted::kOne;
    handler_.OnAcceptError(std::system_category().message(errno));
    return Accepted::kFailed;
  }
  // A socket bound to one address gives that address to all; else each is asked for its own.
  handler_.OnAccept(std::make_unique<TcpStream>(loop_, fd, TcpStream::State::kOpen, local_,
                                                Address::FromSockaddr(storage, length)));
  return Accepted::kOne;
}

}  // namespace weir::net
