#include "source/server/listen_sockets.h"

#include <algorithm>

#include "source/base/check.h"
#include "source/base/status.h"

namespace weir::server {
namespace {

absl::Status CannotListen(const config::Listener& listener, const absl::Status& why) {
  return Annotate(why, StrCat("listener \"", listener.name, "\" cannot listen on ",
                              listener.address.ToString()));
}

absl::Status CannotChange(std::string_view option) {
  return absl::FailedPreconditionError(
      StrCat(option, " cannot be changed while the address is listened on"));
}

absl::Status CanChange(const net::ListenOptions& from, const net::ListenOptions& to) {
  if (from.reuse_port != to.reuse_port) return CannotChange("enable_reuse_port");
  if (from.ipv4_compat != to.ipv4_compat) return CannotChange("ipv4_compat");
  return absl::OkStatus();
}

}  // namespace

ListenGroup::ListenGroup(std::vector<std::shared_ptr<net::ListenSocket>> sockets)
    : sockets_(std::move(sockets)) {
  WEIR_CHECK(!sockets_.empty(), "an address is listened on by one socket at least");
}

ListenGroup::~ListenGroup() {
  for (const auto& socket : sockets_) socket->Refuse();
}

void ListenGroup::SetBacklog(int backlog) const {
  for (const auto& socket : sockets_) socket->SetBacklog(backlog);
}

bool ListenSockets::Open::closed() const {
  return std::all_of(sockets.begin(), sockets.end(),
                     [](const auto& weak) { return weak.expired(); });
}

absl::StatusOr<ListenSockets::Sockets> ListenSockets::Get(const config::Listener& listener) {
  const auto found = open_.find(listener.address.ToString());
  // Port 0 asks for a new port each time.
  const bool any_port = listener.address.is_ip() && listener.address.port() == 0;
  absl::StatusOr<SocketList> sockets;
  if (found == open_.end() || any_port || found->second.closed()) {
    sockets = OpenNew(listener);
  } else {
    Open& open = found->second;
    const absl::Status can_change = CanChange(open.options, listener.socket);
    if (!can_change.ok()) return CannotListen(listener, can_change);
    if (Sockets group = open.group.lock()) {
      if (open.options != listener.socket) group->SetBacklog(listener.socket.backlog);
      open.options = listener.socket;
      return group;
    }
    sockets = Reopen(listener, open);
  }
  if (!sockets.ok()) return CannotListen(listener, sockets.status());
  return Remember(listener, *std::move(sockets));
}

ListenSockets::Sockets ListenSockets::Remember(const config::Listener& listener,
                                               SocketList sockets) {
  absl::erase_if(open_, [](const auto& entry) { return entry.second.closed(); });
  Open& open = open_[listener.address.ToString()];
  open.options = listener.socket;
  open.sockets.assign(sockets.begin(), sockets.end());
  auto group = std::make_shared<const ListenGroup>(std::move(sockets));
  open.group = group;
  return group;
}

absl::StatusOr<ListenSockets::SocketList> ListenSockets::OpenNew(const config::Listener& listener) {
  return network_.OpenListenSockets(listener.address, listener.socket, workers_);
}

// The listener before is on its way out, and some workers may be ahead of the others.
absl::StatusOr<ListenSockets::SocketList> ListenSockets::Reopen(const config::Listener& listener,
                                                                const Open& open) {
  SocketList sockets;
  for (const auto& weak : open.sockets) {
    std::shared_ptr<net::ListenSocket> socket = weak.lock();
    if (socket != nullptr && !socket->TakeAgain()) socket = nullptr;
    sockets.push_back(std::move(socket));
  }
  const bool none =
      std::count(sockets.begin(), sockets.end(), nullptr) == static_cast<ptrdiff_t>(sockets.size());
  if (none) return OpenNew(listener);
  for (std::shared_ptr<net::ListenSocket>& socket : sockets) {
    if (socket != nullptr) {
      socket->SetBacklog(listener.socket.backlog);
      continue;
    }
    auto added = network_.AddListenSockets(listener.address, listener.socket, 1);
    if (!added.ok()) return added.status();
    socket = std::move(added->front());
  }
  return sockets;
}

}  // namespace weir::server
