#include "source/upstream/pool_connection.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "source/base/check.h"
#include "source/base/jitter.h"
#include "source/upstream/connection_settings.h"
#include "source/upstream/deferred.h"
#include "source/upstream/pool.h"

namespace weir::upstream {
namespace {

constexpr size_t kReadSize = 64 * 1024;
// After so many bytes others get their turn.
constexpr size_t kReadsPerTurn = 256 * 1024;

uint64_t NextId() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

uint64_t Milliseconds(event::Duration duration) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

http::StreamError ConnectionLost(const net::ByteStream& stream) {
  return {.kind = http::ErrorKind::kConnectionClosed,
          .side = http::Side::kUpstream,
          .detail = "upstream_remote_disconnect",
          .transport_reason = stream.transport().failure};
}

}  // namespace

PoolConnection::PoolConnection(PoolContext& context, Pool& pool,
                               std::shared_ptr<const ConnectionSettings> settings)
    : context_(context),
      pool_(pool),
      host_(pool.host()),
      settings_(std::move(settings)),
      id_(NextId()),
      input_(context.blocks),
      output_mark_(settings_->output_limit),
      turn_end_([this] { OnTurnEnd(); }),
      timer_(context.loop, [this] { OnTimer(); }),
      max_duration_(context.loop, [this] { OnMaxDuration(); }),
      started_(context.loop.Now()),
      protocol_(http::Protocol::kHttp11) {
  stream_ = Connect(context_, *host_, *settings_,
                    {.alpn = ProtocolsOf(pool_.kind()), .purpose = pool_.purpose()});
  stream_->SetHandler(this);
  timer_.Enable(settings_->connect_timeout);
  context_.stats.upstream_cx_total.Inc();
  context_.stats.upstream_cx_active.Inc();
  host_->stats().cx_total.Inc();
  host_->stats().cx_active.Inc();
}

PoolConnection::~PoolConnection() {
  if (state_ == State::kClosed) return;
  GiveStreamsBack(0);
  CountEnd(EndedBy::kUs);
  pool_.GiveConnectionBack();
}

void PoolConnection::OnConnected() {
  timer_.Disable();
  state_ = State::kOpen;
  context_.stats.upstream_cx_connect_ms.Record(Milliseconds(context_.loop.Now() - started_));
  MakeCodec();
  if (settings_->max_connection_duration.count() > 0) {
    max_duration_.Enable(WithJitter(settings_->max_connection_duration,
                                    settings_->max_connection_duration_jitter,
                                    context_.random.Next()));
  }
  BecomeIdle();
  OnOutput();  // HTTP/2 has a preface to send.
  pool_.OnOpen(*this);
}

void PoolConnection::OnFailed(std::string_view reason) {
  if (state_ == State::kConnecting) {
    FailConnect(http::ErrorKind::kConnectFailed, "upstream_connect_failure", reason);
  } else {
    CloseBroken();
  }
}

void PoolConnection::FailConnect(http::ErrorKind kind, std::string_view detail,
                                 std::string_view transport_reason) {
  context_.stats.upstream_cx_connect_fail.Inc();
  host_->stats().cx_connect_fail.Inc();
  const http::StreamError error{.kind = kind,
                                .side = http::Side::kUpstream,
                                .unprocessed = true,
                                .detail = detail,
                                .transport_reason = transport_reason};
  state_ = State::kClosed;
  timer_.Disable();
  stream_->Close(net::ByteStream::CloseMode::kNormal);
  pool_.Forget(*this);
  CountEnd(kind == http::ErrorKind::kConnectTimeout ? EndedBy::kUs : EndedBy::kPeer);
  pool_.GiveConnectionBack();
  pool_.OnConnectFailed(*this, error);
}

http::ClientStream& PoolConnection::OpenStream(http::ClientStreamHandler& handler) {
  ++active_;
  ++streams_;
  context_.stats.upstream_rq_total.Inc();
  context_.stats.upstream_rq_active.Inc();
  host_->stats().rq_total.Inc();
  host_->stats().rq_active.Inc();
  if (streams_ == settings_->max_requests_per_connection) {
    context_.stats.upstream_cx_max_requests.Inc();
    state_ = State::kDraining;
  }
  if (keepalive_ != nullptr) keepalive_->OnNewStream();
  return codec_->NewStream(handler);
}

void PoolConnection::Describe(ConnectionFacts& facts) const {
  facts.connection_id = id_;
  facts.protocol = protocol_;
  facts.local_address = stream_->local_address();
  facts.tls = stream_->transport().tls;
  facts.reused = streams_ > 1;
}

// The end of a last stream may still lie in the output: a tunnel's, whose other direction ended
// first. The stream counts until that is written, as the connection would be closed for idle.
bool PoolConnection::Settle() {
  const bool has_tail = HasTail();
  if (!has_tail) tail_ = 0;
  if (has_tail && !timer_.enabled()) AwaitTail();
  const size_t now = has_tail ? 1 : codec_->active_streams();
  if (now >= active_) return false;
  GiveStreamsBack(now);
  if (active_ > 0) return false;
  BecomeIdle();
  return true;
}

// A peer that takes nothing of it for as long as a connect may last is not waited for.
void PoolConnection::AwaitTail() {
  tail_ = codec_->output().size();
  timer_.Enable(settings_->connect_timeout);
}

void PoolConnection::GiveStreamsBack(size_t still_active) {
  for (; active_ > still_active; --active_) {
    context_.leases.EndRequest(context_.loop);
    context_.stats.upstream_rq_active.Dec();
    host_->stats().rq_active.Dec();
  }
}

// The timer is left armed over the requests between: it looks at idle_since_ when it fires.
void PoolConnection::BecomeIdle() {
  if (settings_->idle_timeout.count() == 0) return;
  idle_since_ = context_.loop.Now();
  if (!timer_.enabled()) timer_.Enable(settings_->idle_timeout);
}

void PoolConnection::OnTimer() {
  if (state_ == State::kConnecting) {
    context_.stats.upstream_cx_connect_timeout.Inc();
    FailConnect(http::ErrorKind::kConnectTimeout, "upstream_connect_timeout", {});
    return;
  }
  if (HasTail()) {
    const bool moves = tail_ == 0 || codec_->output().size() < tail_;
    return moves ? AwaitTail() : Close(EndedBy::kUs, {});
  }
  if (active_ > 0) return;
  const event::Duration idle = context_.loop.Now() - idle_since_;
  if (idle < settings_->idle_timeout) {
    timer_.Enable(settings_->idle_timeout - idle);
    return;
  }
  context_.stats.upstream_cx_idle_timeout.Inc();
  Close(EndedBy::kUs, {});
}

void PoolConnection::OnMaxDuration() {
  context_.stats.upstream_cx_max_duration_reached.Inc();
  Drain();
}

void PoolConnection::OnStreamLimit(uint32_t max_concurrent) {
  if (max_concurrent == 0 && state_ == State::kOpen) {
    context_.stats.upstream_cx_close_notify.Inc();
    state_ = State::kDraining;
  }
  OnOutput();  // The pool is told at the end of the turn.
}

void PoolConnection::Drain() {
  if (state_ == State::kClosed) return;
  if (state_ == State::kConnecting || active_ == 0) {
    Close(EndedBy::kUs, {});
    return;
  }
  state_ = State::kDraining;
  pool_.OnChange(*this);
}

void PoolConnection::Read() {
  size_t budget = kReadsPerTurn;
  reading_stopped_ = false;
  while (!input_ended_) {
    if (budget == 0 || input_.size() >= settings_->input_limit) {
      reading_stopped_ = true;
      if (budget == 0) OnOutput();
      return;
    }
    const net::IoResult result = stream_->Read(input_, std::min(kReadSize, budget));
    budget -= std::min(budget, result.bytes);
    if (!TakeInput(result)) return;
  }
}

bool PoolConnection::TakeInput(const net::IoResult& result) {
  if (result.bytes > 0) {
    context_.stats.upstream_cx_rx_bytes_total.Add(result.bytes);
    Decode();
    if (state_ == State::kClosed) return false;
  }
  switch (result.outcome) {
    case net::IoOutcome::kOk:
      return true;
    case net::IoOutcome::kAgain:
      return false;
    case net::IoOutcome::kEof:
      input_ended_ = true;
      if (state_ == State::kOpen) state_ = State::kDraining;
      Note(codec_->DecodeEnd());
      if (state_ == State::kClosed) return false;
      if (input_.empty() && codec_->active_streams() == 0) break;
      OnOutput();  // What is left is decoded, and the connection closed, when streams go on.
      pool_.OnChange(*this);
      return false;
    case net::IoOutcome::kError:
      break;
  }
  CloseBroken();
  return false;
}

void PoolConnection::Decode() {
  OnOutput();  // First, so that ended streams are over in the turn ends of those who hear of them.
  Note(codec_->Decode(input_));
  if (state_ == State::kClosed) return;
  if (keepalive_ != nullptr) keepalive_->OnReceived();
  pool_.OnChange(*this);
}

void PoolConnection::Note(http::CodecState state) {
  torn_ = torn_ || state == http::CodecState::kTorn;
  if (!EndsConnection(state)) return;
  codec_done_ = true;
  if (state_ == State::kOpen) state_ = State::kDraining;
  if (state == http::CodecState::kFailed && !codec_failed_) {
    codec_failed_ = true;
    context_.stats.upstream_cx_protocol_error.Inc();
  }
}

void PoolConnection::OnWritable() {
  awaits_writable_ = false;
  OnTurnEnd();
}

void PoolConnection::OnTurnEnd() {
  if (codec_ == nullptr || state_ == State::kClosed) return;
  flushing_ = true;
  const bool alive = DecodeAndFlush();
  flushing_ = false;
  if (!alive) return;
  // What is behind the end of the last stream belongs to nobody: the codec says so.
  if (!input_.empty() && codec_->active_streams() == 0) Note(codec_->Decode(input_));
  input_.Compact();
  CountBuffered();
  const bool over = codec_done_ || (input_ended_ && codec_->active_streams() == 0);
  if (over && !HasTail()) {
    Close(input_ended_ ? EndedBy::kPeer : EndedBy::kUs, ConnectionLost(*stream_));
    return;
  }
  pool_.OnChange(*this);
  if (state_ != State::kClosed && reading_stopped_) Read();
}

// While flushing a signal asks for another round, not for another turn: codecs signal as long as
// output is there, and the kernel may not take it for long.
void PoolConnection::OnOutput() {
  if (flushing_) {
    signalled_ = true;
  } else if (state_ != State::kClosed) {
    context_.loop.AtTurnEnd(turn_end_);
  }
}

bool PoolConnection::DecodeAndFlush() {
  // A stream that was paused may go on, without new bytes too.
  if (active_ > 0 || !input_.empty()) Note(codec_->Decode(input_));
  return Flush();
}

bool PoolConnection::Flush() {
  while (true) {
    signalled_ = false;
    const http::CodecState codec_state = codec_->FinishTurn();
    Note(codec_state);
    if (state_ == State::kClosed) return false;
    buffer::Buffer& output = codec_->output();
    if (!awaits_writable_ && !output.empty()) {
      const net::IoResult result = stream_->Write(output);
      context_.stats.upstream_cx_tx_bytes_total.Add(result.bytes);
      if (result.outcome == net::IoOutcome::kError) {
        // The peer may have answered before it closed.
        if (!input_ended_) Read();
        CloseBroken();
        return false;
      }
      awaits_writable_ = !output.empty();
    }
    if (codec_state == http::CodecState::kTunnelSent) ShutWriteSideWhenSent();
    switch (output_mark_.Update(output.size())) {
      case buffer::Watermark::Crossing::kNone:
        if (signalled_ && !awaits_writable_) break;
        return true;
      case buffer::Watermark::Crossing::kRoseAboveHigh:
        codec_->SetOutputBlocked(true);
        return state_ != State::kClosed;
      case buffer::Watermark::Crossing::kFellToLow:
        codec_->SetOutputBlocked(false);
        if (state_ == State::kClosed) return false;
        break;  // What the streams held follows.
    }
  }
}

void PoolConnection::ShutWriteSideWhenSent() {
  if (write_shut_ || !codec_->output().empty()) return;
  write_shut_ = true;
  stream_->ShutdownWrite();
  // A stream whose last bytes are out may be over.
  Note(codec_->FinishTurn());
}

void PoolConnection::CloseBroken() { Close(EndedBy::kPeer, ConnectionLost(*stream_)); }

void PoolConnection::Close(EndedBy by, const http::StreamError& error) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  timer_.Disable();
  max_duration_.Disable();
  turn_end_.Cancel();
  if (keepalive_ != nullptr) keepalive_->Stop();
  pool_.Forget(*this);
  CountEnd(by);
  pool_.GiveConnectionBack();
  if (codec_ != nullptr) Note(codec_->Abort(error));
  stream_->Close(torn_ ? net::ByteStream::CloseMode::kReset : net::ByteStream::CloseMode::kNormal);
  GiveStreamsBack(0);
  pool_.OnClosed(*this);
}

void PoolConnection::CountBuffered() {
  const size_t output = codec_->output().size();
  if (input_.size() == input_counted_ && output == output_counted_) return;
  context_.stats.upstream_cx_rx_bytes_buffered.Add(static_cast<int64_t>(input_.size()) -
                                                   static_cast<int64_t>(input_counted_));
  context_.stats.upstream_cx_tx_bytes_buffered.Add(static_cast<int64_t>(output) -
                                                   static_cast<int64_t>(output_counted_));
  input_counted_ = input_.size();
  output_counted_ = output;
}

void PoolConnection::CountEnd(EndedBy by) {
  ClusterStats& stats = context_.stats;
  stats.upstream_cx_active.Dec();
  host_->stats().cx_active.Dec();
  stats.upstream_cx_rx_bytes_buffered.Add(-static_cast<int64_t>(input_counted_));
  stats.upstream_cx_tx_bytes_buffered.Add(-static_cast<int64_t>(output_counted_));
  stats.upstream_cx_length_ms.Record(Milliseconds(context_.loop.Now() - started_));
  stats.upstream_cx_destroy.Inc();
  (by == EndedBy::kUs ? stats.upstream_cx_destroy_local : stats.upstream_cx_destroy_remote).Inc();
  if (active_ == 0) return;
  stats.upstream_cx_destroy_with_active_rq.Inc();
  (by == EndedBy::kUs ? stats.upstream_cx_destroy_local_with_active_rq
                      : stats.upstream_cx_destroy_remote_with_active_rq)
      .Inc();
}

}  // namespace weir::upstream
