#include "source/server/listen_sockets.h"

#include <algorithm>

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

}  // namespace

absl::StatusOr<ListenSockets::Sockets> ListenSockets::Get(const config::Listener& listener) {
  const auto found = open_.find(listener.address.ToString());
  // Port 0 asks for a new port each time.
  const bool any_port = listener.address.is_ip() && listener.address.port() == 0;
  if (found == open_.end() || any_port) return OpenNew(listener);
  Open& open = found->second;
  Sockets sockets;
  for (const auto& weak : open.sockets) sockets.push_back(weak.lock());
  if (std::count(sockets.begin(), sockets.end(), nullptr) ==
      static_cast<ptrdiff_t>(sockets.size())) {
    return OpenNew(listener);
  }
  if (const absl::Status adapted = Adapt(listener, open, sockets); !adapted.ok()) {
    return CannotListen(listener, adapted);
  }
  open.sockets.assign(sockets.begin(), sockets.end());
  return sockets;
}

absl::StatusOr<ListenSockets::Sockets> ListenSockets::OpenNew(const config::Listener& listener) {
  const net::ListenOptions& options = listener.socket;
  auto opened =
      network_.OpenListenSockets(listener.address, options, options.reuse_port ? workers_ : 1);
  if (!opened.ok()) return CannotListen(listener, opened.status());
  // Addresses that nobody listens on any more.
  absl::erase_if(open_, [](const auto& entry) {
    const auto& known = entry.second.sockets;
    return std::all_of(known.begin(), known.end(), [](const auto& weak) { return weak.expired(); });
  });
  open_[listener.address.ToString()] = {options, {opened->begin(), opened->end()}};
  return *std::move(opened);
}

absl::Status ListenSockets::Adapt(const config::Listener& listener, Open& open, Sockets& sockets) {
  const net::ListenOptions& options = listener.socket;
  if (options.reuse_port != open.options.reuse_port) return CannotChange("enable_reuse_port");
  if (options.ipv4_compat != open.options.ipv4_compat) return CannotChange("ipv4_compat");
  const bool longer = options.backlog != open.options.backlog;
  for (std::shared_ptr<net::ListenSocket>& socket : sockets) {
    if (socket == nullptr) {
      // The listener before is on its way out, and this worker is ahead of the others.
      auto added = network_.AddListenSockets(listener.address, options, 1);
      if (!added.ok()) return added.status();
      socket = std::move(added->front());
    } else if (longer) {
      socket->SetBacklog(options.backlog);
    }
  }
  open.options = options;
  return absl::OkStatus();
}

}  // namespace weir::server
