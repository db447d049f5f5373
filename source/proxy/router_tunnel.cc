// Tunnels of a RouterFilter: those that end here, what WebSocket's handshake has in one version of
// HTTP and not in the other, and when both sides are over.

#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/net/proxy_header.h"
#include "source/proxy/router_filter.h"
#include "source/proxy/websocket.h"

namespace weir::proxy {
namespace {

bool IsHttp2(http::Protocol protocol) { return protocol == http::Protocol::kHttp2; }

}  // namespace

std::span<const config::Upgrade> RouterFilter::upgrades() const {
  const config::RouteAction* const action = decided_action();
  if (action == nullptr) return {};
  return action->upgrades;
}

const config::TunnelEnd* RouterFilter::TunnelEndOf(const config::RouteAction& action) const {
  const config::Upgrade* const upgrade = config::FindUpgrade(action.upgrades, "connect");
  if (upgrade == nullptr || !upgrade->end.has_value()) return nullptr;
  const http::RequestHead& head = memory_.request;
  const bool falls_under =
      asks_for_tunnel() ? head.path.empty() : upgrade->end->allow_post && head.method == "POST";
  return falls_under ? &*upgrade->end : nullptr;
}

void RouterFilter::WriteProxyHeader(UpstreamAttempt& attempt) {
  if (!tunnel_end_->proxy_header.has_value()) return;
  const stream_info::ConnectionInfo& client = info_.connection;
  const net::ProxyEndpoints endpoints{client.remote_address, client.local_address};
  size_t left_out = 0;
  buffer::Buffer begun(platform_.blocks);
  begun.Append(net::WriteProxyHeader(*tunnel_end_->proxy_header, &endpoints,
                                     client.further->proxy_tlvs, left_out));
  if (left_out > 0) {
    WEIR_LOG(kUpstream, kDebug, left_out, " TLVs do not fit into a PROXY header");
  }
  begun.MoveFrom(attempt.waiting());
  attempt.waiting().MoveFrom(begun);
}

bool RouterFilter::IsWebSocket() const {
  return EqualsIgnoreCase(memory_.request.protocol, "websocket");
}

bool RouterFilter::PrepareHandshake(const UpstreamAttempt& attempt) {
  if (!IsWebSocket()) return true;
  http::RequestHead& head = memory_.request;
  const bool to_http2 = IsHttp2(attempt.connection().protocol);
  const bool from_http2 = IsHttp2(head.version);
  // As it came.
  if (!from_http2 && !to_http2 && head.headers.Get(kWebSocketKey).has_value()) return true;
  if (from_http2) {
    websocket_key_ = NewWebSocketKey(platform_.random, head.headers.arena());
  } else if (websocket_key_.empty()) {
    websocket_key_ = head.headers.Get(kWebSocketKey).value_or(std::string_view());
  }
  head.headers.Remove(kWebSocketKey);
  if (!to_http2 && !websocket_key_.empty()) head.headers.Add(kWebSocketKey, websocket_key_);
  // What the client waits for cannot be made without its key.
  if (!to_http2 || !websocket_key_.empty()) return true;
  host_.Answer({.status = 400, .body = "", .details = "websocket_key_missing"});
  return false;
}

bool RouterFilter::FinishHandshake(const UpstreamAttempt& attempt) {
  if (!IsWebSocket()) return true;
  const bool from_http2 = IsHttp2(attempt.connection().protocol);
  const bool to_http2 = IsHttp2(memory_.request.version);
  // The client sees for itself.
  if (!from_http2 && !to_http2) return true;
  http::HeaderMap& headers = memory_.response.headers;
  const auto given = headers.Get(kWebSocketAccept);
  const std::string_view right = WebSocketAccept(websocket_key_, headers.arena());
  if (!from_http2 && given != right) return false;
  headers.Remove(kWebSocketAccept);
  if (!to_http2) headers.Add(kWebSocketAccept, right);
  return true;
}

void RouterFilter::ResponseEnded() {
  const bool tunnel = memory_.response.framing.kind == http::Framing::kTunnel;
  tunnel_half_open_ = tunnel && !request_ended_;
  if (!tunnel_half_open_) FinishResponse();
}

void RouterFilter::DropTail() { ResetOthers(nullptr); }

}  // namespace weir::proxy
