// A connected (or connecting) TCP or UNIX stream socket as a ByteStream on an EpollLoop.
//
// Registered once, edge-triggered, for both directions. A read that comes back short has emptied
// the socket, and the next arrival brings an event; when an event carried RDHUP, HUP or ERR no
// further one may come, so reads then go on to the very end. Made by TcpNetwork; loop's thread.
#pragma once

#include <memory>

#include "source/event/epoll_loop.h"
#include "source/net/byte_stream.h"

namespace weir::net {

class TcpStream final : public ByteStream, private event::FdHandler {
 public:
  enum class State { kConnecting, kOpen, kFailed, kClosed };

  // Takes over `fd`, non-blocking. `local`, which streams may share, is looked
  // up when first asked for where it is null.
  TcpStream(event::EpollLoop& loop, int fd, State state, std::shared_ptr<const Address> local,
            Address remote);
  // One whose connecting has failed at once: the handler hears it from the loop.
  TcpStream(event::EpollLoop& loop, Address remote, int error_number);
  ~TcpStream() override;

  void SetHandler(ByteStreamHandler* handler) override;
  IoResult Read(buffer::Buffer& into, size_t limit) override;
  IoResult Write(buffer::Buffer& from) override;
  void ShutdownWrite() override;
  void Close(CloseMode mode) override;
  const Address& local_address() const override;
  const Address& remote_address() const override { return remote_; }
  const TransportFacts& transport() const override;

 private:
  void OnEvents(uint32_t events) override;
  void FinishConnect();
  void Fail(std::string_view prefix, int error_number);

  event::EpollLoop& loop_;
  int fd_;
  State state_;
  bool read_to_end_ = false;    // The kernel has said all: no event tells of what is left to read.
  bool want_writable_ = false;  // A Write left bytes behind.
  bool ended_read_ = false;     // kEof was told.
  bool ended_write_ = false;    // ShutdownWrite was called.
  bool missed_event_ = false;   // Something happened while there was no handler.
  ByteStreamHandler* handler_ = nullptr;
  std::unique_ptr<event::Timer> immediate_failure_;
  mutable std::shared_ptr<const Address> local_;  // Null until known.
  const Address remote_;
};

}  // namespace weir::net
