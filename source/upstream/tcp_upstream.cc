#include "source/upstream/tcp_upstream.h"

#include <utility>

#include "source/upstream/connection_settings.h"

namespace weir::upstream {
namespace {

uint64_t Milliseconds(event::Duration duration) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

TcpUpstream::TcpUpstream(PoolContext& context, HostRef host, TcpRequestHandler& handler,
                         const ConnectionSettings& settings, net::ConnectionPurpose purpose,
                         std::unique_ptr<Lease> of_host)
    : context_(context),
      host_(std::move(host)),
      of_host_(std::move(of_host)),
      handler_(handler),
      stream_(Connect(context, *host_, settings, {.purpose = std::move(purpose)})),
      connect_timer_(context.loop, [this] { OnTimeout(); }),
      started_(context.loop.Now()) {
  stream_->SetHandler(this);
  connect_timer_.Enable(settings.connect_timeout);
  context_.stats.upstream_cx_total.Inc();
  context_.stats.upstream_cx_active.Inc();
  host_->stats().cx_total.Inc();
  host_->stats().cx_active.Inc();
}

TcpUpstream::~TcpUpstream() {
  connect_timer_.Disable();
  stream_->Close(net::ByteStream::CloseMode::kNormal);
  context_.stats.upstream_cx_active.Dec();
  context_.stats.upstream_cx_destroy.Inc();
  context_.stats.upstream_cx_length_ms.Record(Milliseconds(context_.loop.Now() - started_));
  host_->stats().cx_active.Dec();
  context_.leases.connections.Give();
  context_.owner.OnTcpEnded();
}

void TcpUpstream::OnConnected() {
  connect_timer_.Disable();
  state_ = State::kConnected;
  context_.stats.upstream_cx_connect_ms.Record(Milliseconds(context_.loop.Now() - started_));
  handler_.OnTcpReady();
}

void TcpUpstream::OnFailed(std::string_view reason) {
  if (state_ == State::kConnecting) {
    Fail(http::ErrorKind::kConnectFailed, "upstream_connect_failure", reason);
  } else if (state_ == State::kConnected) {
    // The user has not put a handler of his own on the stream.
    Fail(http::ErrorKind::kConnectionClosed, "upstream_remote_disconnect", reason);
  }
}

void TcpUpstream::OnTimeout() {
  context_.stats.upstream_cx_connect_timeout.Inc();
  Fail(http::ErrorKind::kConnectTimeout, "upstream_connect_timeout", {});
}

void TcpUpstream::Fail(http::ErrorKind kind, std::string_view detail,
                       std::string_view transport_reason) {
  if (state_ == State::kConnecting) {
    context_.stats.upstream_cx_connect_fail.Inc();
    host_->stats().cx_connect_fail.Inc();
  }
  connect_timer_.Disable();
  const bool unprocessed = state_ == State::kConnecting;
  state_ = State::kFailed;
  stream_->Close(net::ByteStream::CloseMode::kNormal);
  handler_.OnTcpFailed({.kind = kind,
                        .side = http::Side::kUpstream,
                        .unprocessed = unprocessed,
                        .detail = detail,
                        .transport_reason = transport_reason});
}

}  // namespace weir::upstream
