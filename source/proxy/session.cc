#include "source/proxy/session.h"

#include <utility>

#include "source/base/jitter.h"
#include "source/base/log.h"

namespace weir::proxy {
namespace {

using http::CodecState;
using http::ErrorKind;
using http::Side;
using http::StreamError;

// Bytes asked for in one read: a pooled block.
constexpr size_t kReadSize = buffer::BlockPool::kBlockSize;
// Answers made without waiting that one turn takes out of a pipeline before others get their turn.
constexpr int kPipelinedPerTurn = 32;
// Writes of one connection in one turn: a fast reader of a large answer must not keep the others
// waiting.
constexpr int kWritesPerTurn = 8;

}  // namespace

Session::Session(const Platform& platform, SessionConfig config,
                 std::unique_ptr<net::ByteStream> stream, stream_info::ConnectionInfo& connection,
                 SessionOwner& owner)
    : stream_(std::move(stream)),
      connection_(connection),
      owner_(owner),
      context_{platform, config.chain, connection,
               platform.http_stats.Get(config.chain.http()->stat_prefix), config.buffer_limit},
      in_(platform.blocks),
      turn_end_([this] { OnTurnEnd(); }),
      idle_timer_(platform.loop, [this] { OnIdle(); }) {
  context_.stats.downstream_cx_total.Inc();
  context_.stats.downstream_cx_active.Inc();
}

Session::~Session() {
  if (state_ != State::kClosed) {
    Abort({ErrorKind::kLocalReset, Side::kDownstream, false, "downstream_local_disconnect"}, false,
          net::ByteStream::CloseMode::kReset);
  }
  codec_.reset();
  while (RequestStream* request = requests_.PopFront()) delete request;
  HttpStats& stats = context_.stats;
  if (std::holds_alternative<std::shared_ptr<const http::h1::Options>>(codec_options_)) {
    stats.downstream_cx_http1_active.Dec();
  }
  if (std::holds_alternative<std::shared_ptr<const http::h2::Options>>(codec_options_)) {
    stats.downstream_cx_http2_active.Dec();
  }
  stats.downstream_cx_active.Dec();
  stats.downstream_cx_length_ms.Record(
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                context_.platform.loop.Now() - connection_.start)
                                .count()));
}

void Session::Start(buffer::Buffer initial) {
  stream_->SetHandler(this);
  in_.MoveFrom(initial);
  if (http().max_connection_duration.count() > 0) {
    duration_timer_ =
        std::make_unique<event::Timer>(context_.platform.loop, [this] { OnMaxDuration(); });
    duration_timer_->Enable(WithJitter(http().max_connection_duration,
                                       http().max_connection_duration_jitter,
                                       context_.platform.random.Next()));
  }
  if (!in_.empty()) Decode();
  Read();
  QueueTurnEnd();
}

// --- In

void Session::Read() {
  if (state_ == State::kLingering) return Discard();
  while (ReadOnce()) {
  }
}

// False when there is nothing more to read now.
bool Session::ReadOnce() {
  if (state_ != State::kOpen || peer_ended_) return false;
  // A head that is not whole stays in in_, bounded by the codec; so do pipelined requests, bounded
  // here.
  read_stopped_ = in_.size() >= http().max_request_headers_kb * 1024 + kReadSize;
  if (read_stopped_) return false;
  const net::IoResult result = stream_->Read(in_, kReadSize);
  if (result.bytes > 0) {
    context_.stats.downstream_cx_rx_bytes_total.Add(result.bytes);
    Decode();
  }
  switch (result.outcome) {
    case net::IoOutcome::kOk:
      return true;
    case net::IoOutcome::kAgain:
      return false;
    case net::IoOutcome::kEof:
      OnPeerEnd();
      return false;
    case net::IoOutcome::kError:
      if (const std::string& failure = stream_->transport().failure; !failure.empty()) {
        connection_.further.Edit().transport_failure_reason = failure;
      }
      Abort(
          {ErrorKind::kConnectionClosed, Side::kDownstream, false, "downstream_remote_disconnect"},
          true, net::ByteStream::CloseMode::kReset);
      return false;
  }
  return false;
}

// After the last answer what still comes is dropped, until the client ends.
void Session::Discard() {
  buffer::Buffer dropped(context_.platform.blocks);
  for (;;) {
    const net::IoResult result = stream_->Read(dropped, kReadSize);
    dropped.Clear();
    if (result.outcome == net::IoOutcome::kOk) continue;
    // A client that has said all may still read.
    const bool reads = result.outcome == net::IoOutcome::kEof && IsTorn();
    if (result.outcome != net::IoOutcome::kAgain && !reads) FinishClosing();
    return;
  }
}

void Session::Decode() {
  // A preface that is begun is timed like a head.
  if (codec_ == nullptr && !ChooseCodec()) return QueueTurnEnd();
  if (codec_state_ != CodecState::kFailed) codec_state_ = codec_->Decode(in_);
  if (keepalive_ != nullptr) keepalive_->OnReceived();
  QueueTurnEnd();
}

http::ServerStreamHandler& Session::OnRequestStart(http::ServerStream& stream) {
  ++requests_seen_;
  std::unique_ptr<RequestStream> request(new (context_.platform.request_memory.streams())
                                             RequestStream(context_, *this, stream));
  requests_.PushBack(*request.release());
  return requests_.back();
}

const router::RouteIndex* Session::RoutesOf(const generation::WorkerGeneration::Pin& pin) {
  if (context_.chain.inline_routes != nullptr) return context_.chain.inline_routes.get();
  if (routes_of_generation_ != pin->number) {
    routes_of_generation_ = pin->number;
    const auto* found = pin->routes.Find(http().rds_key);
    routes_ = found == nullptr ? nullptr : found->get();
  }
  return routes_;
}

void Session::OnRequestDone(RequestStream& stream) {
  stream.Unlink();
  context_.platform.loop.DeferDelete(std::unique_ptr<RequestStream>(&stream));
  if (!ending_requests_) QueueTurnEnd();
}

// The client has ended its side. Requests that are under way have nobody to answer to.
void Session::OnPeerEnd() {
  peer_ended_ = true;
  // Both directions of a tunnel may be over with this, and bytes for the client not written yet.
  const bool tunnel = IsTunnel(codec_state_);
  if (codec_ != nullptr && codec_state_ != CodecState::kFailed) codec_state_ = codec_->DecodeEnd();
  const bool goes_on = tunnel || IsTunnel(codec_state_) || codec_state_ == CodecState::kTorn ||
                       codec_state_ == CodecState::kFailed;
  if (goes_on) return QueueTurnEnd();
  Abort({ErrorKind::kConnectionClosed, Side::kDownstream, false, "downstream_remote_disconnect"},
        true, net::ByteStream::CloseMode::kNormal);
}

void Session::OnFailed(std::string_view reason) {
  connection_.further.Edit().transport_failure_reason = reason;
  Abort({ErrorKind::kConnectionClosed, Side::kDownstream, false, "downstream_remote_disconnect"},
        true, net::ByteStream::CloseMode::kReset);
}

// --- Out

void Session::BeforeResponse(bool last) {
  const config::HttpConnectionManager& config = http();
  const bool enough = config.max_requests_per_connection > 0 &&
                      requests_seen_ >= config.max_requests_per_connection;
  const double share = context_.platform.drain.closing_share;
  const bool told = draining_ || (share > 0 && context_.platform.random.Unit() < share);
  if (enough) context_.stats.downstream_cx_max_requests_reached.Inc();
  if (told && !std::exchange(drain_counted_, true)) context_.stats.downstream_cx_drain_close.Inc();
  const double shed = context_.platform.overload.disable_http_keepalive;
  const bool overloaded = shed > 0 && context_.platform.random.Unit() < shed;
  if (overloaded) context_.stats.downstream_cx_overload_disable_keepalive.Inc();
  if (enough || told || last || overloaded) codec_->StartDrain();
}

void Session::AddOwn(buffer::Ledger& ledger) const {
  ledger.Add(buffer::LedgerKind::kInput, in_.size());
  if (codec_ != nullptr) ledger.Add(buffer::LedgerKind::kOutput, codec_->output().size());
}

void Session::AddHeld(buffer::Ledger& ledger) {
  AddOwn(ledger);
  for (RequestStream& request : requests_) request.AddHeld(ledger);
}

void Session::OnTurnEnd() {
  if (state_ == State::kClosed) {
    if (requests_.empty()) owner_.OnSessionEnd();
    return;
  }
  if (codec_ != nullptr && state_ == State::kOpen) AdvanceCodec();
  Flush();
  if (state_ == State::kClosed) return;
  if (state_ == State::kClosing || codec_state_ == CodecState::kFailed ||
      (EndsConnection(codec_state_) && codec_->active_streams() == 0)) {
    BeginClosing();
  }
  if (state_ == State::kOpen && read_stopped_) Read();
  // What a slow client has sent of a head does not hold a block of 16 KiB.
  in_.Compact();
  UpdateTimers();
}

// A full transport is not asked again before it says so: a codec signals as long as it has output.
void Session::OnOutput() {
  const bool over_mark = !output_blocked_ && codec_->output().size() > context_.buffer_limit;
  if (!write_blocked_ || over_mark || codec_->backpressure_due()) QueueTurnEnd();
}

// Lets finished streams go, and takes up the requests that waited for the answer before theirs.
void Session::AdvanceCodec() {
  if (codec_state_ == CodecState::kFailed) return;
  // What is to be done after a request comes next here.
  ending_requests_ = true;
  codec_state_ = codec_->FinishTurn();
  ending_requests_ = false;
  for (int i = 0; !EndsConnection(codec_state_); ++i) {
    if (in_.empty() && !decode_again_) return;
    if (i == kPipelinedPerTurn) return QueueTurnEnd();
    const size_t before = in_.size();
    const bool again = std::exchange(decode_again_, false);
    codec_state_ = codec_->Decode(in_);
    if (codec_state_ != CodecState::kFailed) codec_state_ = codec_->FinishTurn();
    if (in_.size() == before && !again) return;
  }
}

void Session::Flush() {
  if (codec_ == nullptr || state_ >= State::kLingering) return;
  buffer::Buffer& output = codec_->output();
  const bool was_above = output.size() > context_.buffer_limit;
  for (int round = 0; !output.empty() && !write_blocked_; ++round) {
    if (round == kWritesPerTurn) {
      QueueTurnEnd();
      break;
    }
    const size_t before = output.size();
    const net::IoResult result = stream_->Write(output);
    context_.stats.downstream_cx_tx_bytes_total.Add(before - output.size());
    if (result.outcome == net::IoOutcome::kError) {
      Read();  // What the client said before it closed.
      Abort(
          {ErrorKind::kConnectionClosed, Side::kDownstream, false, "downstream_remote_disconnect"},
          true, net::ByteStream::CloseMode::kReset);
      return;
    }
    write_blocked_ = !output.empty();
    // A slow reader of a last answer is not cut off as long as it reads.
    if (state_ == State::kClosing && output.size() < before) {
      idle_timer_.Enable(http().delayed_close_timeout);
    }
    if (write_blocked_) break;
    // A codec whose output was full makes more of it now.
    if (codec_state_ != CodecState::kFailed) codec_state_ = codec_->FinishTurn();
  }
  if (codec_state_ == CodecState::kTunnelSent) ShutWriteSideWhenSent();
  const bool above = output.size() > context_.buffer_limit;
  const bool below = output.size() <= context_.buffer_limit / 2;
  if (above != output_blocked_ && (above || below)) {
    output_blocked_ = above;
    codec_->SetOutputBlocked(above);
    if (!above) OnReadResumed();
  } else if (was_above && !above) {
    // Room was short only between encoding and writing: the codec may hold a request back for it.
    OnReadResumed();
  }
}

void Session::ShutWriteSideWhenSent() {
  if (write_shut_ || !codec_->output().empty()) return;
  write_shut_ = true;
  stream_->ShutdownWrite();
}

// --- The end

void Session::Drain() {
  draining_ = true;
  if (is_http2()) {
    codec_->StartDrain();
    QueueTurnEnd();
  }
}

void Session::Close(bool now) {
  Drain();
  if (now && !idle()) {
    Abort({ErrorKind::kLocalReset, Side::kDownstream, false, "downstream_local_disconnect"}, false,
          net::ByteStream::CloseMode::kNormal);
    return;
  }
  if (!idle() || state_ != State::kOpen) return;
  if (!now && !std::exchange(closing_soon_, true) && MayHearFirst()) {
    idle_timer_.Enable(DrainTime());
    return;
  }
  BeginClosing();
}

// Flushes, shuts the write side and waits for the client to end, so that it reads the whole last
// answer. What is torn is reset, which looks like no end; but that may drop what the client has not
// read of answers before, and so waits as long.
void Session::BeginClosing() {
  if (state_ == State::kOpen) {
    state_ = State::kClosing;
    StopTimers();
    if (codec_ != nullptr) {
      codec_->Abort({ErrorKind::kConnectionClosed, Side::kDownstream, false, "codec_error"});
    }
  }
  Flush();
  if (state_ != State::kClosing) return;
  if (codec_ != nullptr && !codec_->output().empty()) {
    if (!idle_timer_.enabled()) idle_timer_.Enable(http().delayed_close_timeout);
    return;  // OnWritable brings us back.
  }
  const bool awaits_client = IsTorn() || !peer_ended_;
  if (!awaits_client || http().delayed_close_timeout.count() == 0) return FinishClosing();
  state_ = State::kLingering;
  if (!IsTorn()) stream_->ShutdownWrite();
  idle_timer_.Enable(http().delayed_close_timeout);
  Discard();
}

void Session::FinishClosing() {
  if (state_ == State::kClosed) return;
  Abort({ErrorKind::kLocalReset, Side::kDownstream, false, "downstream_local_disconnect"},
        peer_ended_, net::ByteStream::CloseMode::kNormal);
}

void Session::Abort(const StreamError& error, bool remote, net::ByteStream::CloseMode mode) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  StopTimers();
  HttpStats& stats = context_.stats;
  stats.downstream_cx_destroy.Inc();
  (remote ? stats.downstream_cx_destroy_remote : stats.downstream_cx_destroy_local).Inc();
  if (!requests_.empty()) {
    stats.downstream_cx_destroy_active_rq.Inc();
    (remote ? stats.downstream_cx_destroy_remote_active_rq
            : stats.downstream_cx_destroy_local_active_rq)
        .Inc();
  }
  const bool torn = codec_ != nullptr && codec_->Abort(error) == CodecState::kTorn;
  stream_->Close(torn ? net::ByteStream::CloseMode::kReset : mode);
  QueueTurnEnd();
}

}  // namespace weir::proxy
