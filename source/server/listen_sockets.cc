#include "source/server/listen_sockets.h"

#include "source/base/status.h"

namespace weir::server {

absl::StatusOr<ListenSockets::Sockets> ListenSockets::Get(const config::Listener& listener) {
  const net::ListenOptions& options = listener.socket;
  const std::string key = StrCat(listener.address.ToString(), "|", options.backlog,
                                 options.reuse_port ? "r" : "", options.ipv4_compat ? "c" : "",
                                 options.freebind ? "f" : "", options.transparent ? "t" : "");
  std::vector<std::weak_ptr<net::ListenSocket>>& known = open_[key];
  Sockets sockets;
  for (const auto& weak : known) {
    if (auto socket = weak.lock()) sockets.push_back(std::move(socket));
  }
  // Port 0 asks for a new port each time.
  const bool any_port = listener.address.is_ip() && listener.address.port() == 0;
  if (!known.empty() && sockets.size() == known.size() && !any_port) return sockets;
  auto opened =
      network_.OpenListenSockets(listener.address, options, options.reuse_port ? workers_ : 1);
  if (!opened.ok()) {
    return Annotate(opened.status(), StrCat("listener \"", listener.name, "\" cannot listen on ",
                                            listener.address.ToString()));
  }
  known.assign(opened->begin(), opened->end());
  return *std::move(opened);
}

}  // namespace weir::server
