// What the overload manager has decided, as plain values of one worker: a post from the server sets
// them, connections and requests read them. Shares go from 0 (nothing) to 1 (all).
#pragma once

namespace weir::proxy {

struct OverloadState {
  double stop_accepting_requests = 0;      // The share of requests that are answered 503.
  double disable_http_keepalive = 0;       // The share of answers that are their connection's last.
  double reject_incoming_connections = 0;  // The share of connections closed when they come.
  bool stop_accepting_connections = false;

  friend bool operator==(const OverloadState&, const OverloadState&) = default;
};

}  // namespace weir::proxy
