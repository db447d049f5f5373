// A descriptor that listens, over TCP or a UNIX path.
//
// Closing it resets what the kernel has queued on it, and, over TCP, whoever is still in a
// handshake: that client was answered and believes to be connected. So before the end it refuses:
// a filter drops new SYNs (they are sent again and refused once the socket is closed) while the
// last acknowledgement of a handshake passes; a UNIX socket shuts its reading side down, which
// refuses connects and leaves the queue.
#pragma once

#include <atomic>
#include <utility>

#include "source/net/network.h"

namespace weir::net {

class TcpListenSocket final : public ListenSocket {
 public:
  // Takes over `fd`. `shared`: several loops accept from it.
  TcpListenSocket(int fd, Address address, bool shared)
      : fd_(fd), address_(std::move(address)), shared_(shared) {}
  TcpListenSocket(const TcpListenSocket&) = delete;
  TcpListenSocket& operator=(const TcpListenSocket&) = delete;
  ~TcpListenSocket() override;

  const Address& address() const override { return address_; }
  void SetBacklog(int backlog) override;
  void Refuse() override;
  bool TakeAgain() override;
  bool AwaitsHandshakes() const override;
  int fd() const { return fd_; }
  bool shared() const { return shared_; }

 private:
  const int fd_;
  const Address address_;
  const bool shared_;
  std::atomic<bool> refuses_{false};  // Written by the main thread.
};

}  // namespace weir::net
