#include "source/server/listen_sockets.h"

#include <algorithm>

#include "source/base/check.h"
#include "source/base/status.h"

namespace weir::server {
namespace {

// All but the length of the queue.
absl::Status CanChange(const net::ListenOptions& from, const net::ListenOptions& to) {
  const std::pair<bool, std::string_view> parts[] = {
      {from.reuse_port == to.reuse_port, "enable_reuse_port"},
      {from.ipv4_compat == to.ipv4_compat, "ipv4_compat"},
      {from.freebind == to.freebind, "freebind"},
      {from.transparent == to.transparent, "transparent"},
      {from.fast_open_queue == to.fast_open_queue, "tcp_fast_open_queue_length"},
      {from.keepalive == to.keepalive, "tcp_keepalive"},
      {from.more == to.more, "socket_options"},
  };
  for (const auto& [same, option] : parts) {
    if (same) continue;
    return absl::FailedPreconditionError(
        StrCat(option, " cannot be changed while the address is listened on"));
  }
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
  Sockets groups;
  for (const config::ListenAddress& at : config::AddressesOf(listener)) {
    absl::StatusOr<Group> group = GetOne(at);
    if (!group.ok()) {
      return Annotate(group.status(), StrCat("listener \"", listener.name, "\" cannot listen on ",
                                             at.address.ToString()));
    }
    groups.push_back(*std::move(group));
  }
  return groups;
}

absl::StatusOr<ListenSockets::Group> ListenSockets::GetOne(const config::ListenAddress& at) {
  const auto found = open_.find(at.address.ToString());
  // Port 0 asks for a new port each time.
  const bool any_port = at.address.is_ip() && at.address.port() == 0;
  absl::StatusOr<SocketList> sockets;
  if (found == open_.end() || any_port || found->second.closed()) {
    sockets = OpenNew(at);
  } else {
    Open& open = found->second;
    WEIR_RETURN_IF_ERROR(CanChange(open.options, at.socket));
    if (Group group = open.group.lock()) {
      if (open.options != at.socket) group->SetBacklog(at.socket.backlog);
      open.options = at.socket;
      return group;
    }
    sockets = Reopen(at, open);
  }
  if (!sockets.ok()) return sockets.status();
  return Remember(at, *std::move(sockets));
}

ListenSockets::Group ListenSockets::Remember(const config::ListenAddress& at, SocketList sockets) {
  absl::erase_if(open_, [](const auto& entry) { return entry.second.closed(); });
  Open& open = open_[at.address.ToString()];
  open.options = at.socket;
  open.sockets.assign(sockets.begin(), sockets.end());
  auto group = std::make_shared<const ListenGroup>(std::move(sockets));
  open.group = group;
  return group;
}

absl::StatusOr<ListenSockets::SocketList> ListenSockets::OpenNew(const config::ListenAddress& at) {
  return network_.OpenListenSockets(at.address, at.socket, workers_);
}

// The listener before is on its way out, and some workers may be ahead of the others.
absl::StatusOr<ListenSockets::SocketList> ListenSockets::Reopen(const config::ListenAddress& at,
                                                                const Open& open) {
  SocketList sockets;
  for (const auto& weak : open.sockets) {
    std::shared_ptr<net::ListenSocket> socket = weak.lock();
    if (socket != nullptr && !socket->TakeAgain()) socket = nullptr;
    sockets.push_back(std::move(socket));
  }
  const bool none =
      std::count(sockets.begin(), sockets.end(), nullptr) == static_cast<ptrdiff_t>(sockets.size());
  if (none) return OpenNew(at);
  for (std::shared_ptr<net::ListenSocket>& socket : sockets) {
    if (socket != nullptr) {
      socket->SetBacklog(at.socket.backlog);
      continue;
    }
    auto added = network_.AddListenSockets(at.address, at.socket, 1);
    if (!added.ok()) return added.status();
    socket = std::move(added->front());
  }
  return sockets;
}

}  // namespace weir::server
