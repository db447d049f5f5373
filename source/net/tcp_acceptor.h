// Accepts connections from one listening socket on one EpollLoop.
//
// Level-triggered, so that what exceeds a turn's share is reported again in the next; exclusive
// where several loops share the socket, so that one connection wakes one of them. Out of
// descriptors or memory it pauses for kPause. The handler may destroy the acceptor from OnAccept.
#pragma once

#include "source/event/epoll_loop.h"
#include "source/net/tcp_listen_socket.h"

namespace weir::net {

class TcpAcceptor final : public Acceptor, private event::FdHandler {
 public:
  static constexpr event::Duration kPause = std::chrono::milliseconds(100);

  TcpAcceptor(event::EpollLoop& loop, const TcpListenSocket& socket, AcceptHandler& handler,
              uint32_t accepts_per_turn);
  ~TcpAcceptor() override;

  void AcceptQueued() override;

 private:
  // kEnded: the socket refuses and its queue is empty.
  enum class Accepted { kOne, kNone, kFailed, kEnded };

  void OnEvents(uint32_t events) override;
  // False for want of a descriptor or memory.
  bool Watch();
  void Resume();
  void Pause();
  void Unwatch();
  void AcceptSome(uint64_t limit);
  Accepted AcceptOne();

  event::EpollLoop& loop_;
  const int listen_fd_;
  // A duplicate: it has a registration of its own, so that two acceptors of one socket may overlap.
  int fd_ = -1;
  // What all streams have in common; null where each has its own.
  const std::shared_ptr<const Address> local_;
  const bool shared_;
  const uint32_t accepts_per_turn_;
  AcceptHandler& handler_;
  bool watching_ = false;
  bool* destroyed_ = nullptr;  // On the stack of AcceptSome, while it runs.
  event::Timer resume_;
};

}  // namespace weir::net
