#include "source/server/connection.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"

namespace weir::server {
namespace {

constexpr std::string_view kNoChain = "filter_chain_not_found";

}  // namespace

Connection::Arrival::Arrival(Connection& connection, std::shared_ptr<const generation::Listener> by,
                             std::unique_ptr<net::ByteStream> accepted)
    : listener(std::move(by)),
      stream(std::move(accepted)),
      first_bytes(connection.platform_.blocks),
      timer(connection.platform_.loop, [&connection] { connection.OnTimeout(); }) {}

Connection::Connection(const proxy::Platform& platform,
                       std::shared_ptr<const generation::Listener> listener,
                       std::unique_ptr<net::ByteStream> stream, uint64_t id, ConnectionOwner& owner)
    : platform_(platform),
      owner_(owner),
      arrival_(std::make_unique<Arrival>(*this, std::move(listener), std::move(stream))) {
  info_.id = id;
  info_.local_address = info_.direct_local_address = arrival_->stream->local_address();
  info_.remote_address = info_.direct_remote_address = arrival_->stream->remote_address();
  info_.start = platform.loop.Now();
  info_.start_wall = platform.loop.WallNow();
}

Connection::~Connection() = default;

void Connection::Start() {
  arrival_->stream->SetHandler(this);
  const generation::Listener& listener = *arrival_->listener;
  for (const auto& factory : listener.listener_filters) {
    arrival_->filters.push_back(factory->Create(platform_.filter_stats));
  }
  if (!arrival_->filters.empty() && listener.config->listener_filters_timeout.count() > 0) {
    arrival_->timer.Enable(listener.config->listener_filters_timeout);
  }
  Inspect();
}

// Shows the listener filters what came; goes on when the last one is done.
void Connection::Inspect() {
  bool peer_ended = false;
  bool more = !arrival_->filters.empty();
  while (state_ == State::kInspecting) {
    if (RunListenerFilters(peer_ended)) return ChooseChain();
    if (state_ != State::kInspecting || !more) break;
    buffer::Buffer& first_bytes = arrival_->first_bytes;
    const net::IoResult result = arrival_->stream->Read(first_bytes, buffer::BlockPool::kBlockSize);
    if (result.outcome == net::IoOutcome::kError) return End();
    peer_ended = result.outcome == net::IoOutcome::kEof;
    if (peer_ended && first_bytes.empty()) return End();
    more = result.outcome == net::IoOutcome::kOk;
    if (result.outcome == net::IoOutcome::kAgain && result.bytes == 0) break;
  }
  // A slow client's few bytes do not hold a block of 16 KiB.
  arrival_->first_bytes.Compact();
}

// True when all filters are done.
bool Connection::RunListenerFilters(bool peer_ended) {
  auto& filters = arrival_->filters;
  buffer::Buffer& first_bytes = arrival_->first_bytes;
  size_t done = 0;
  for (; done < filters.size(); ++done) {
    filter::ListenerFilter& filter = *filters[done];
    const size_t limit = filter.max_bytes();
    const size_t shown = std::min(first_bytes.size(), limit);
    if (limit > 0 && shown == 0) break;
    const bool full = peer_ended || shown == limit;
    const auto result = filter.OnBytes(first_bytes.Linearize(shown), full, info_);
    if (result == filter::ListenerFilter::Result::kClose) {
      End();
      return false;
    }
    if (result == filter::ListenerFilter::Result::kNeedMore && !full) break;
    first_bytes.Drain(filter.consumed());
  }
  filters.erase(filters.begin(), filters.begin() + static_cast<ptrdiff_t>(done));
  return filters.empty();
}

void Connection::ChooseChain() {
  arrival_->timer.Disable();
  arrival_->filters.clear();
  const generation::Listener& listener = *arrival_->listener;
  const std::shared_ptr<const config::FilterChain>& matched = listener.index->Match(info_);
  if (matched != nullptr) chain_ = listener.ChainFor(*matched);
  if (chain_ == nullptr) {
    owner_.OnNoChain();
    info_.further.Edit().termination_details = kNoChain;
    return End();
  }
  info_.filter_chain_name = chain_->config->name;
  const net::TransportSocketFactory* const transport = listener.TransportFor(*matched);
  if (transport == nullptr) return Serve();
  std::unique_ptr<net::ByteStream>& stream = arrival_->stream;
  stream = transport->WrapServer(std::move(stream), arrival_->first_bytes,
                                 {platform_.loop, platform_.blocks, owner_.transport_stats()});
  if (!transport->has_handshake()) return Serve();
  state_ = State::kHandshake;
  stream->SetHandler(this);
  if (chain_->config->transport_socket_connect_timeout.count() > 0) {
    arrival_->timer.Enable(chain_->config->transport_socket_connect_timeout);
  }
}

void Connection::Serve() {
  // It dies at the end of the turn: its timer may be on the stack.
  Arrival* const arrival = arrival_.get();
  platform_.loop.DeferDelete(std::move(arrival_));
  state_ = State::kServing;
  const net::TransportFacts& facts = arrival->stream->transport();
  info_.encrypted = facts.encrypted;
  info_.tls = facts.tls;
  if (!facts.alpn.empty()) info_.further.Edit().negotiated_alpn = facts.alpn;
  if (!facts.server_name.empty()) info_.further.Edit().server_name = facts.server_name;
  proxy::SessionConfig config{*chain_, arrival->listener->config->buffer_limit};
  if (chain_->http() != nullptr) {
    session_ = std::make_unique<proxy::Session>(platform_, config, std::move(arrival->stream),
                                                info_, *this);
    if (draining_) session_->Drain();
    session_->Start(std::move(arrival->first_bytes));
  } else {
    tcp_ = std::make_unique<proxy::TcpProxy>(platform_, config, std::move(arrival->stream), info_,
                                             *this);
    if (draining_) tcp_->Drain();
    tcp_->Start(std::move(arrival->first_bytes));
  }
}

void Connection::OnConnected() {
  if (state_ == State::kHandshake) Serve();
}

void Connection::OnReadable() {
  if (state_ == State::kInspecting) Inspect();
}

void Connection::OnFailed(std::string_view reason) {
  info_.further.Edit().transport_failure_reason = reason;
  WEIR_LOG(kConnection, kDebug, "connection ", info_.id, " failed: ", reason);
  End();
}

void Connection::OnTimeout() {
  if (state_ == State::kHandshake) {
    owner_.OnHandshakeTimeout();
    return End();
  }
  owner_.OnInspectionTimeout();
  if (arrival_->listener->config->continue_on_listener_filters_timeout) return ChooseChain();
  End();
}

void Connection::AddHeld(buffer::Ledger& ledger) const {
  if (arrival_ != nullptr) ledger.Add(buffer::LedgerKind::kInput, arrival_->first_bytes.size());
  if (session_ != nullptr) session_->AddHeld(ledger);
  if (tcp_ != nullptr) tcp_->AddHeld(ledger);
}

void Connection::Log(std::span<const std::shared_ptr<const filter::AccessLog>> logs) const {
  if (logs.empty()) return;
  stream_info::StreamInfo info(info_);
  info.start = info_.start;
  info.start_wall = info_.start_wall;
  info.end = platform_.loop.Now();
  info.downstream_remote_address = info_.remote_address;
  if (info_.further->termination_details == kNoChain) {
    info.flags.Set(stream_info::ResponseFlag::kNoRouteFound);
    info.response_code_details = kNoChain;
  }
  const format::FormatContext context{.info = info, .log_type = format::LogType::kTcpConnectionEnd};
  for (const auto& log : logs) log->Log(context);
}

void Connection::Drain() {
  draining_ = true;
  if (session_ != nullptr) session_->Drain();
  if (tcp_ != nullptr) tcp_->Drain();
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
  if (arrival_ != nullptr) {
    arrival_->timer.Disable();
    arrival_->stream->Close(net::ByteStream::CloseMode::kNormal);
  }
  notify_end_ = std::make_unique<event::TurnEndTask>([this] { owner_.OnConnectionEnd(*this); });
  platform_.loop.AtTurnEnd(*notify_end_);
}

}  // namespace weir::server
