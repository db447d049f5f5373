#include "source/proxy/tcp_proxy.h"

#include <utility>

#include "source/base/jitter.h"
#include "source/proxy/error_table.h"
#include "source/router/request_hash.h"

namespace weir::proxy {
namespace {

const std::string& ChooseCluster(const config::TcpProxy& config, uint64_t random) {
  uint64_t point = random % config.total_weight;
  for (const auto& [name, weight] : config.clusters) {
    if (point < weight) return name;
    point -= weight;
  }
  return config.clusters.back().first;
}

}  // namespace

TcpProxy::TcpProxy(const Platform& platform, SessionConfig config,
                   std::unique_ptr<net::ByteStream> stream, stream_info::ConnectionInfo& connection,
                   SessionOwner& owner)
    : platform_(platform),
      config_(std::move(config)),
      client_(std::move(stream)),
      owner_(owner),
      stats_(platform.tcp_stats.Get(config_.chain.tcp()->stat_prefix)),
      info_(connection),
      upstream_side_(*this),
      to_upstream_(platform.blocks),
      to_client_(platform.blocks),
      idle_(platform.loop,
            [this] {
              stats_.idle_timeout.Inc();
              info_.flags.Set(stream_info::ResponseFlag::kStreamIdleTimeout);
              End(false);
            }),
      back_off_(config_.chain.tcp()->back_off_base, config_.chain.tcp()->back_off_max),
      notify_end_([this] { owner_.OnSessionEnd(); }) {
  stats_.downstream_cx_total.Inc();
  stats_.downstream_cx_active.Inc();
  info_.start = platform.loop.Now();
  info_.start_wall = platform.loop.WallNow();
  info_.downstream_remote_address = connection.remote_address;
}

TcpProxy::~TcpProxy() {
  End(true);
  stats_.downstream_cx_active.Dec();
}

void TcpProxy::Start(buffer::Buffer initial) {
  client_->SetHandler(this);
  to_upstream_.bytes.MoveFrom(initial);
  info_.wire_bytes_received = to_upstream_.bytes.size();
  const config::TcpProxy& config = *config_.chain.tcp();
  if (config.max_downstream_connection_duration.count() > 0) {
    After(WithJitter(config.max_downstream_connection_duration,
                     config.max_downstream_connection_duration_jitter, platform_.random.Next()),
          max_duration_, &TcpProxy::OnMaxDuration);
  }
  if (config.log_start) Log(format::LogType::kTcpConnectionStart);
  if (config.log_interval.count() > 0) {
    After(config.log_interval, log_interval_, &TcpProxy::LogPeriodically);
  }
  Progress();
  Connect();
}

void TcpProxy::After(event::Duration wait, std::unique_ptr<event::Timer>& timer,
                     void (TcpProxy::*then)()) {
  if (timer == nullptr) {
    timer = std::make_unique<event::Timer>(platform_.loop, [this, then] { (this->*then)(); });
  }
  timer->Enable(wait);
}

void TcpProxy::OnMaxDuration() {
  stats_.max_downstream_connection_duration.Inc();
  info_.flags.Set(stream_info::ResponseFlag::kDurationTimeout);
  End(false);
}

void TcpProxy::Connect() {
  ++attempts_;
  info_.upstream.attempts = attempts_;
  const std::string& name = ChooseCluster(*config_.chain.tcp(), platform_.random.Next());
  info_.upstream.cluster_name = name;
  upstream::Cluster* const cluster = platform_.clusters.Find(name);
  if (cluster == nullptr) {
    stats_.downstream_cx_no_route.Inc();
    info_.flags.Set(stream_info::ResponseFlag::kNoClusterFound);
    return End(false);
  }
  http::StreamError error;
  const match::MatchFacts facts{.connection = &info_.connection, .stream = &info_};
  const upstream::StreamOptions options{
      .random = platform_.random.Next(),
      .hash = router::HashOf(config_.chain.tcp()->hash_policy, facts, 0, nullptr),
      .downstream = &info_.connection};
  if (cluster->StartTcp(*this, options, &upstream_, &error) == upstream::Start::kFailed) {
    OnTcpFailed(error);
  }
}

void TcpProxy::OnTcpReady() {
  connected_ = true;
  info_.upstream.has_host = info_.upstream.connected = true;
  info_.upstream.address = upstream_->host()->address();
  info_.upstream.local_address = upstream_->stream().local_address();
  info_.upstream.tls = upstream_->stream().transport().tls;
  upstream_->stream().SetHandler(&upstream_side_);
  if (config_.chain.tcp()->log_connected) Log(format::LogType::kTcpUpstreamConnected);
  MoveToUpstream();
  if (!ended_) MoveToClient();
}

void TcpProxy::OnTcpFailed(const http::StreamError& error) {
  if (upstream_ != nullptr) {
    info_.upstream.has_host = true;
    info_.upstream.address = upstream_->host()->address();
  }
  transport_failure_ = error.transport_reason;
  info_.upstream.transport_failure_reason = transport_failure_;
  const ErrorAnswer answer = AnswerFor(error);
  const bool again = error.kind == http::ErrorKind::kConnectFailed ||
                     error.kind == http::ErrorKind::kConnectTimeout;
  if (again && attempts_ < config_.chain.tcp()->max_connect_attempts) return ConnectLater();
  if (answer.flag.has_value()) info_.flags.Set(*answer.flag);
  info_.response_code_details = answer.details;
  End(true);
}

void TcpProxy::ConnectLater() {
  if (config_.chain.tcp()->back_off_base.count() == 0) return Connect();
  const event::Duration wait = back_off_.Next(platform_.random.Next());
  After(wait, next_attempt_, &TcpProxy::Connect);
}

void TcpProxy::MoveToUpstream() {
  if (ended_) return;
  const uint64_t moved = Move(*client_, connected_ ? &upstream_->stream() : nullptr, to_upstream_);
  stats_.downstream_cx_rx_bytes_total.Add(moved);
  info_.wire_bytes_received += moved;
  info_.request_body_bytes += moved;
  CheckDrain(moved);
}

void TcpProxy::MoveToClient() {
  if (ended_ || !connected_) return;
  const uint64_t moved = Move(upstream_->stream(), client_.get(), to_client_);
  stats_.downstream_cx_tx_bytes_total.Add(moved);
  info_.wire_bytes_sent += moved;
  info_.response_body_bytes += moved;
  CheckDrain(moved);
}

// Reads and writes until either side has no more to do; returns the bytes read. `to` null: not
// connected yet.
uint64_t TcpProxy::Move(net::ByteStream& from, net::ByteStream* to, Flow& flow) {
  uint64_t total = 0;
  bool more = true;
  while (more && !flow.ended) {
    const bool full = UpdatePause(flow);
    more = !full && Read(from, flow, total);
    if (to != nullptr) Write(*to, flow);
    if (ended_) return total;
    // Room again, for what was left unread.
    more = (more && !UpdatePause(flow)) || (full && flow.bytes.empty());
  }
  Progress();
  if (to_upstream_.ended && to_client_.ended) End(false);
  return total;
}

bool TcpProxy::UpdatePause(Flow& flow) {
  const bool full = flow.bytes.size() >= config_.buffer_limit;
  if (full != flow.paused) {
    flow.paused = full;
    (full ? stats_.downstream_flow_control_paused_reading_total
          : stats_.downstream_flow_control_resumed_reading_total)
        .Inc();
  }
  return full;
}

// Whether there may be more to read.
bool TcpProxy::Read(net::ByteStream& from, Flow& flow, uint64_t& total) {
  if (flow.source_ended || closing_) return false;
  const net::IoResult result = from.Read(flow.bytes, buffer::BlockPool::kBlockSize);
  total += result.bytes;
  if (result.outcome == net::IoOutcome::kError) End(true);
  flow.source_ended = result.outcome == net::IoOutcome::kEof;
  return result.outcome == net::IoOutcome::kOk;
}

void TcpProxy::Write(net::ByteStream& to, Flow& flow) {
  if (ended_) return;
  if (!flow.bytes.empty() && to.Write(flow.bytes).outcome == net::IoOutcome::kError) End(true);
  if (ended_ || !flow.source_ended || !flow.bytes.empty()) return;
  flow.ended = true;
  to.ShutdownWrite();
}

// With check_drain_close what moves while the listener drains is the last, and the connection ends
// when it has been passed on.
void TcpProxy::CheckDrain(uint64_t moved) {
  if (ended_ || !connected_) return;
  if (moved > 0 && config_.chain.tcp()->check_drain_close && !closing_) {
    const double share = platform_.drain.closing_share;
    closing_ = draining_ || (share > 0 && platform_.random.Unit() < share);
  }
  if (closing_ && to_upstream_.bytes.empty() && to_client_.bytes.empty()) End(false);
}

void TcpProxy::Progress() {
  const auto timeout = config_.chain.tcp()->idle_timeout;
  if (timeout.count() > 0 && !ended_) idle_.Enable(timeout);
}

void TcpProxy::Close() { End(false); }

void TcpProxy::End(bool reset) {
  if (std::exchange(ended_, true)) return;
  idle_.Disable();
  for (auto* const timer : {&max_duration_, &log_interval_, &next_attempt_}) {
    if (*timer != nullptr) (*timer)->Disable();
  }
  const auto mode =
      reset ? net::ByteStream::CloseMode::kReset : net::ByteStream::CloseMode::kNormal;
  if (connected_) upstream_->stream().Close(mode);
  client_->Close(mode);
  info_.end = platform_.loop.Now();
  Log(format::LogType::kTcpConnectionEnd);
  platform_.loop.AtTurnEnd(notify_end_);
}

void TcpProxy::LogPeriodically() {
  Log(format::LogType::kTcpPeriodic);
  log_interval_->Enable(config_.chain.tcp()->log_interval);
}

void TcpProxy::Log(format::LogType type) {
  const format::FormatContext context{.info = info_, .log_type = type, .now = platform_.loop.Now()};
  for (const auto& log : config_.chain.access_logs) log->Log(context);
}

}  // namespace weir::proxy
