#include "source/server/closing_sockets.h"

#include <algorithm>
#include <utility>

namespace weir::server {
namespace {

constexpr event::Duration kFirstWait = std::chrono::milliseconds(5);
constexpr event::Duration kLongestWait = std::chrono::milliseconds(200);

}  // namespace

ClosingSockets::ClosingSockets(event::Loop& loop, std::function<void()> on_empty)
    : loop_(loop), on_empty_(std::move(on_empty)), check_(loop, [this] { Check(); }) {}

// Whether somebody may still come. Asked first: a handshake that ends in between is in the queue.
bool ClosingSockets::AcceptRest(const Closing& closing) {
  const bool awaits = closing.socket->AwaitsHandshakes();
  closing.acceptor->AcceptQueued();
  return awaits;
}

void ClosingSockets::Add(std::shared_ptr<net::ListenSocket> socket,
                         std::unique_ptr<net::Acceptor> acceptor) {
  Closing closing{std::move(socket), std::move(acceptor), loop_.Now() + kHandshakeTime};
  if (!AcceptRest(closing)) return;
  closing_.push_back(std::move(closing));
  wait_ = kFirstWait;
  check_.Enable(wait_);
}

void ClosingSockets::Check() {
  std::erase_if(closing_, [this](const Closing& closing) {
    return !AcceptRest(closing) || loop_.Now() >= closing.deadline;
  });
  if (closing_.empty()) return on_empty_();
  wait_ = std::min(2 * wait_, kLongestWait);
  check_.Enable(wait_);
}

}  // namespace weir::server
