// Network over the kernel: TCP and UNIX stream sockets on one EpollLoop.
//
// OpenListenSockets needs no loop of its own thread and is for the main thread; the rest is for the
// loop's. Accepted sockets inherit TCP_NODELAY from the listening one, which saves a call each.
#pragma once

#include <memory>
#include <vector>

#include "source/event/epoll_loop.h"
#include "source/net/network.h"

namespace weir::net {

// What listen(2) is given for ListenOptions::backlog.
int KernelBacklog(int asked);

class TcpNetwork final : public Network {
 public:
  explicit TcpNetwork(event::EpollLoop& loop) : loop_(loop) {}

  // A UNIX socket's file that is left of a process that listens no more is replaced. The file stays
  // when the socket is closed, as its successor may have taken the path over.
  absl::StatusOr<std::vector<std::shared_ptr<ListenSocket>>> OpenListenSockets(
      const Address& address, const ListenOptions& options, size_t count) override;
  absl::StatusOr<std::vector<std::shared_ptr<ListenSocket>>> AddListenSockets(
      const Address& address, const ListenOptions& options, size_t count) override;
  // `socket` was opened by a TcpNetwork (of any loop).
  std::unique_ptr<Acceptor> Accept(ListenSocket& socket, AcceptHandler& handler,
                                   uint32_t accepts_per_turn) override;
  std::unique_ptr<ByteStream> Connect(const Address& address,
                                      const ConnectOptions& options) override;

 private:
  event::EpollLoop& loop_;
};

}  // namespace weir::net
