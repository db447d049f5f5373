#include "source/server/connection.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"

namespace weir::server {

Connection::Connection(const proxy::Platform& platform,
                       std::shared_ptr<const generation::Listener> listener,
                       std::unique_ptr<net::ByteStream> stream, uint64_t id, ConnectionOwner& owner)
    : platform_(platform),
      listener_(std::move(listener)),
      owner_(owner),
      stream_(std::move(stream)),
      first_bytes_(platform.blocks),
      timer_(platform.loop, [this] { OnTimeout(); }),
      notify_end_([this] { owner_.OnConnectionEnd(*this); }) {
  info_.id = id;
  info_.local_address = info_.direct_local_address = stream_->local_address();
  info_.remote_address = info_.direct_remote_address = stream_->remote_address();
  info_.start = platform.loop.Now();
  info_.start_wall = platform.loop.WallNow();
}

Connection::~Connection() = default;

void Connection::Start() {
  stream_->SetHandler(this);
  for (const auto& factory : listener_->listener_filters) filters_.push_back(factory->Create());
  if (!filters_.empty() && listener_->config->listener_filters_timeout.count() > 0) {
    timer_.Enable(listener_->config->listener_filters_timeout);
  }
  Inspect();
}

// Shows the listener filters what came; goes on when the last one is done.
void Connection::Inspect() {
  bool peer_ended = false;
  bool more = !filters_.empty();
  while (state_ == State::kInspecting) {
    if (RunListenerFilters(peer_ended)) return ChooseChain();
    if (state_ != State::kInspecting || !more) return;
    const net::IoResult result = stream_->Read(first_bytes_, buffer::BlockPool::kBlockSize);
    if (result.outcome == net::IoOutcome::kError) return End();
    peer_ended = result.outcome == net::IoOutcome::kEof;
    if (peer_ended && first_bytes_.empty()) return End();
    more = result.outcome == net::IoOutcome::kOk;
    if (result.outcome == net::IoOutcome::kAgain && result.bytes == 0) return;
  }
}

// True when all filters are done.
bool Connection::RunListenerFilters(bool peer_ended) {
  size_t done = 0;
  for (; done < filters_.size(); ++done) {
    filter::ListenerFilter& filter = *filters_[done];
    const size_t limit = filter.max_bytes();
    const size_t shown = std::min(first_bytes_.size(), limit);
    if (limit > 0 && shown == 0) break;
    const bool full = peer_ended || shown == limit;
    const auto result = filter.OnBytes(first_bytes_.Linearize(shown), full, info_);
    if (result == filter::ListenerFilter::Result::kClose) {
      End();
      return false;
    }
    if (result == filter::ListenerFilter::Result::kNeedMore && !full) break;
  }
  filters_.erase(filters_.begin(), filters_.begin() + static_cast<ptrdiff_t>(done));
  return filters_.empty();
}

void Connection::ChooseChain() {
  timer_.Disable();
  filters_.clear();
  const std::shared_ptr<const config::FilterChain>& matched = listener_->index->Match(info_);
  if (matched != nullptr) chain_ = listener_->ChainFor(*matched);
  if (chain_ == nullptr) {
    owner_.OnNoChain();
    info_.termination_details = "filter_chain_not_found";
    return End();
  }
  info_.filter_chain_name = chain_->config->name;
  const net::TransportSocketFactory* const transport = listener_->TransportFor(*matched);
  if (transport == nullptr) return Serve();
  stream_ = transport->WrapServer(std::move(stream_), first_bytes_,
                                  {platform_.loop, platform_.blocks, owner_.transport_stats()});
  if (!transport->has_handshake()) return Serve();
  state_ = State::kHandshake;
  stream_->SetHandler(this);
  if (chain_->config->transport_socket_connect_timeout.count() > 0) {
    timer_.Enable(chain_->config->transport_socket_connect_timeout);
  }
}

void Connection::Serve() {
  timer_.Disable();
  state_ = State::kServing;
  const net::TransportFacts& facts = stream_->transport();
  info_.encrypted = facts.encrypted;
  info_.negotiated_alpn = facts.alpn;
  info_.tls = facts.tls;
  if (!facts.server_name.empty()) info_.server_name = facts.server_name;
  proxy::SessionConfig config{chain_, listener_->config->buffer_limit};
  if (chain_->http() != nullptr) {
    session_ = std::make_unique<proxy::Session>(platform_, std::move(config), std::move(stream_),
                                                info_, *this);
    if (draining_) session_->Drain();
    session_->Start(std::move(first_bytes_));
  } else {
    tcp_ = std::make_unique<proxy::TcpProxy>(platform_, std::move(config), std::move(stream_),
                                             info_, *this);
    tcp_->Start(std::move(first_bytes_));
  }
}

void Connection::OnConnected() {
  if (state_ == State::kHandshake) Serve();
}

void Connection::OnReadable() {
  if (state_ == State::kInspecting) Inspect();
}

void Connection::OnFailed(std::string_view reason) {
  info_.transport_failure_reason = reason;
  WEIR_LOG(kConnection, kDebug, "connection ", info_.id, " failed: ", reason);
  End();
}

void Connection::OnTimeout() {
  if (state_ == State::kHandshake) {
    owner_.OnHandshakeTimeout();
    return End();
  }
  owner_.OnInspectionTimeout();
  if (listener_->config->continue_on_listener_filters_timeout) return ChooseChain();
  End();
}

void Connection::Drain() {
  draining_ = true;
  if (session_ != nullptr) session_->Drain();
}

void Connection::Close(bool now) {
  if (session_ != nullptr) return session_->Close(now);
  if (tcp_ != nullptr) {
    if (now) tcp_->Close();
    return;
  }
  End();
}

void Connection::End() {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  timer_.Disable();
  if (stream_ != nullptr) stream_->Close(net::ByteStream::CloseMode::kNormal);
  platform_.loop.AtTurnEnd(notify_end_);
}

}  // namespace weir::server
