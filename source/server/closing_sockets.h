// Listening sockets of one listener on one worker that are on their way out: they refuse, and who
// began to connect before is accepted, for kHandshakeTime at most.
//
// Worker's thread.
#pragma once

#include <functional>
#include <list>
#include <memory>

#include "source/event/loop.h"
#include "source/net/network.h"

namespace weir::server {

class ClosingSockets {
 public:
  // A SYN+ACK that was lost is sent again after one second.
  static constexpr event::Duration kHandshakeTime = std::chrono::seconds(2);

  // `on_empty` comes from the loop when the last one is closed.
  ClosingSockets(event::Loop& loop, std::function<void()> on_empty);
  ClosingSockets(const ClosingSockets&) = delete;
  ClosingSockets& operator=(const ClosingSockets&) = delete;

  // Accepts what is queued, and closes the socket at once when nobody else may come. `acceptor`
  // accepts from `socket`.
  void Add(std::shared_ptr<net::ListenSocket> socket, std::unique_ptr<net::Acceptor> acceptor);
  // Whoever is still in a handshake is lost.
  void CloseAll() { closing_.clear(); }
  bool empty() const { return closing_.empty(); }

 private:
  struct Closing {
    std::shared_ptr<net::ListenSocket> socket;
    std::unique_ptr<net::Acceptor> acceptor;  // Goes first.
    event::MonotonicTime deadline;
  };
  static bool AcceptRest(const Closing& closing);
  void Check();

  event::Loop& loop_;
  const std::function<void()> on_empty_;
  std::list<Closing>
      closing_;              // A list: where one is moved over another, the socket would go first.
  event::Duration wait_{0};  // Until the next check; grows, as each one costs the kernel a search.
  event::Timer check_;
};

}  // namespace weir::server
