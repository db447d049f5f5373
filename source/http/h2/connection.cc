#include "source/http/h2/connection.h"

#include <algorithm>
#include <cstring>

#include "source/base/check.h"
#include "source/http/h2/callbacks.h"
#include "source/http/preface.h"

namespace weir::http::h2 {
namespace {

// The payload of a PING that asks whether the peer is there; the one of a drain is all zero.
constexpr uint8_t kProbe[8] = {'p', 'r', 'e', 's', 'e', 'n', 't', '?'};
// The first half of that of a PING behind the end of a stream, whose identifier follows.
constexpr uint8_t kReadProbe[4] = {'r', 'e', 'a', 'd'};

const uint8_t* ToBytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// Frames that carry the largest block that is let through, and no fewer than are always allowed.
size_t ContinuationsFor(const CodecLimits& limits) {
  constexpr size_t kFrameSize = 16384, kAlways = 8;
  return std::max(kAlways, limits.max_header_bytes / kFrameSize + 1);
}

void Forget(std::vector<StreamState*>& list, const StreamState* stream) {
  std::erase(list, stream);
}

}  // namespace

Connection::Connection(Role role, Endpoint& endpoint, buffer::BlockPool& pool,
                       const Options& options, Stats& stats)
    : role_(role),
      endpoint_(endpoint),
      pool_(pool),
      options_(options),
      stats_(stats),
      output_(pool),
      block_(options),
      scanner_(role == Role::kServer ? kHttp2Preface.size() : 0),
      floods_(options) {
  nghttp2_option* option = nullptr;
  WEIR_CHECK(nghttp2_option_new(&option) == 0, "out of memory");
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_outbound_ack(option, options.max_outbound_control_frames);
  nghttp2_option_set_stream_reset_rate_limit(option, options.stream_reset_burst,
                                             options.stream_reset_rate);
  nghttp2_option_set_max_continuations(option, ContinuationsFor(options.limits));
  nghttp2_option_set_peer_max_concurrent_streams(option, options.assumed_peer_streams);
  nghttp2_option_set_max_deflate_dynamic_table_size(option, options.hpack_table_size);
  // Heads were limited where they came from; local replies and added fields must fit too.
  nghttp2_option_set_max_send_header_block_length(option, 1024 * 1024);
  const int made = role == Role::kServer
                       ? nghttp2_session_server_new2(&session_, Callbacks::Get(), this, option)
                       : nghttp2_session_client_new2(&session_, Callbacks::Get(), this, option);
  nghttp2_option_del(option);
  WEIR_CHECK(made == 0, "out of memory");
  SendPreface();
}

Connection::~Connection() { nghttp2_session_del(session_); }

void Connection::SendPreface() {
  std::vector<nghttp2_settings_entry> settings = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.initial_stream_window_size},
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, options_.hpack_table_size},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, options_.limits.max_header_bytes},
  };
  if (role_ == Role::kServer) {
    settings.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.max_concurrent_streams});
    if (options_.allow_connect) {
      settings.push_back({NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
    }
  } else {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  for (const Setting& more : options_.more_settings) {
    settings.push_back({more.identifier, more.value});
  }
  const int submitted =
      nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  WEIR_CHECK(submitted == 0, "settings that RFC 9113 does not allow, or out of memory");
  nghttp2_session_set_local_window_size(
      session_, NGHTTP2_FLAG_NONE, 0,
      static_cast<int32_t>(options_.initial_connection_window_size));
}

CodecState Connection::Decode(buffer::Buffer& in) {
  if (failed_) {
    in.Clear();
    return Result();
  }
  input_ = &in;
  DeliverResumed();
  while (!in.empty() && failure_ == ErrorKind::kNone) Receive(in);
  input_ = nullptr;
  return Settle();
}

// A frame, or the part of one that lies in the first slice.
void Connection::Receive(buffer::Buffer& in) {
  const std::string_view front = in.Front();
  const size_t size =
      scanner_.Next(front, [this](const FrameHeader& header) { OnFrameHeader(header); });
  if (failure_ != ErrorKind::kNone) return;
  const ssize_t n = nghttp2_session_mem_recv(session_, ToBytes(front), size);
  if (n >= 0) {
    in.Drain(static_cast<size_t>(n));
  } else if (n == NGHTTP2_ERR_FLOODED) {
    CheckFlood(&kOutboundControlFlood);
  } else {
    NoteFailure(ErrorKind::kMalformed,
                n == NGHTTP2_ERR_BAD_CLIENT_MAGIC ? "http2.invalid_preface" : "http2.codec_error",
                NGHTTP2_PROTOCOL_ERROR);
  }
}

CodecState Connection::DecodeEnd() {
  input_ended_ = true;
  for (StreamState* stream : streams_) {
    // Nobody will say so, nor send what could reset it.
    if (std::exchange(stream->end_unread, false)) End(*stream);
    if (stream->end_received || stream->given_up || stream->error) continue;
    if (stream->id != 0 && !stream->closed) RefuseStream(stream->id, NGHTTP2_CANCEL);
    stream->error = StreamError{.kind = ErrorKind::kConnectionClosed,
                                .side = side(),
                                .unprocessed = !stream->head_encoded && role_ == Role::kClient,
                                .detail = role_ == Role::kServer ? "downstream_remote_disconnect"
                                                                 : "upstream_remote_disconnect"};
    End(*stream);
  }
  return Settle();
}

CodecState Connection::Abort(const StreamError& error) {
  input_ended_ = true;
  EndAll(error);
  SettleStreams();
  return Result();
}

void Connection::EndAll(const StreamError& error) {
  // A receiver that is given the rest of a message may do anything but open streams here.
  for (StreamState* stream : streams_) {
    GiveWhole(*stream);
    const bool whole = stream->closed && stream->end_delivered;
    stream->end_unread = false;
    if (!stream->given_up && !stream->error && !whole) {
      stream->error = error;
      stream->error.unprocessed =
          error.unprocessed || (role_ == Role::kClient && !stream->head_encoded);
    }
    End(*stream);
  }
}

// What came whole before the connection ended is its receiver's, who would not be asked again: also
// while he is paused. To a server that is so only where it has answered: the client is gone.
void Connection::GiveWhole(StreamState& stream) {
  if (!stream.end_received || (role_ == Role::kServer && !stream.closed)) return;
  while (!stream.end_delivered && !stream.given_up && !stream.error) {
    stream.read_paused = false;
    Deliver(stream);
    if (stream.tunnel == Tunnel::kAsked || stream.tunnel == Tunnel::kRefused) return;
  }
}

CodecState Connection::FinishTurn() { return Settle(); }

CodecState Connection::Settle() {
  if (failure_ != ErrorKind::kNone) Fail();
  Pump();
  // Pumping shows a GOAWAY that nghttp2 sends by itself.
  if (failure_ != ErrorKind::kNone) Fail();
  // Telling may not end streams here, but may have more of them watched.
  for (size_t i = 0; i < watched_.size(); ++i) {
    watched_[i]->watched = false;
    UpdateBackpressure(*watched_[i]);
  }
  watched_.clear();
  SettleStreams();
  if (!output_.empty()) endpoint_.OnOutput();
  return Result();
}

void Connection::Pump() {
  outbound_.BeginTurn(output_.size());
  while (!OutputIsFull() || failed_) {
    const uint8_t* bytes = nullptr;
    const ssize_t n = nghttp2_session_mem_send(session_, &bytes);
    if (n < 0) NoteFailure(ErrorKind::kLocalReset, "http2.send_failed", NGHTTP2_INTERNAL_ERROR);
    if (n <= 0) break;
    output_.Append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(n)});
  }
  outbound_.EndTurn(output_.size());
  CheckOutbound();
}

// What the peer does not read is counted here in frames; in bytes by the watermarks.
void Connection::CheckOutbound() {
  // Of what nghttp2 still queues each stream may have a head and trailers; the rest is control.
  const uint64_t queued = nghttp2_session_get_outbound_queue_size(session_);
  const uint64_t queued_control = queued - std::min<uint64_t>(queued, 2 * streams_.size());
  if (outbound_.control_frames() + queued_control > options_.max_outbound_control_frames) {
    return CheckFlood(&kOutboundControlFlood);
  }
  if (outbound_.frames() + queued > options_.max_outbound_frames) CheckFlood(&kOutboundFlood);
}

void Connection::SettleStreams() {
  // Telling one stream's end may end others.
  while (!ended_.empty()) {
    StreamState* const stream = ended_.back();
    Forget(ended_, stream);
    const bool delivered = stream->closed && !stream->end_unread &&
                           (stream->end_delivered || stream->tunnel == Tunnel::kRefused);
    if (stream->given_up || stream->error || delivered) TellEnd(*stream);
  }
}

void Connection::TellEnd(StreamState& stream) {
  if (stream.error && !stream.given_up) {
    stream.given_up = true;
    stream.handler->OnReset(stream.error);
  }
  if (stream.id != 0) {
    Consume(stream.id, stream.received.size());
    nghttp2_session_set_stream_user_data(session_, stream.id, nullptr);
  }
  streams_[stream.slot] = streams_.back();
  streams_[stream.slot]->slot = stream.slot;
  streams_.pop_back();
  Forget(ended_, &stream);
  if (stream.watched) Forget(watched_, &stream);
  Forget(resumed_, &stream);
  stats_.streams_active.Dec();
  StreamHandler* const handler = stream.handler;
  endpoint_.DestroyStream(stream);
  handler->OnStreamClosed();
}

void Connection::StartDrain() {
  if (draining_ || failed_) return;
  if (role_ == Role::kServer) {
    // RFC 9113, 6.8: first a GOAWAY that refuses nothing; when the PING that follows it
    // (OnFrameSent) is answered, the client knows, and the second names the last stream.
    nghttp2_submit_shutdown_notice(session_);
  }
  draining_ = true;
  endpoint_.OnOutput();
}

void Connection::FinalGoaway() {
  final_goaway_ = true;
  goaway_last_stream_ = nghttp2_session_get_last_proc_stream_id(session_);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, goaway_last_stream_, NGHTTP2_NO_ERROR, nullptr,
                        0);
  endpoint_.OnOutput();
}

void Connection::SendPing() {
  ++pings_sent_;
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kProbe);
  endpoint_.OnOutput();
}

void Connection::AwaitReading(StreamState& stream) {
  if (input_ended_) return;
  stream.end_unread = true;
  uint8_t payload[8];
  std::memcpy(payload, kReadProbe, sizeof(kReadProbe));
  std::memcpy(payload + sizeof(kReadProbe), &stream.id, sizeof(stream.id));
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, payload);
  endpoint_.OnOutput();
}

void Connection::OnEndRead(int32_t stream_id) {
  for (StreamState* stream : streams_) {
    if (stream->id == stream_id && std::exchange(stream->end_unread, false)) End(*stream);
  }
}

void Connection::OnPingAnswered(const nghttp2_ping& ping) {
  if (std::equal(kProbe, kProbe + sizeof(kProbe), ping.opaque_data)) {
    pings_answered_ = std::min(pings_answered_ + 1, pings_sent_);
  } else if (std::equal(kReadProbe, kReadProbe + sizeof(kReadProbe), ping.opaque_data)) {
    int32_t stream_id = 0;
    std::memcpy(&stream_id, ping.opaque_data + sizeof(kReadProbe), sizeof(stream_id));
    OnEndRead(stream_id);
  } else if (draining_ && !final_goaway_) {
    FinalGoaway();
  }
}

void Connection::CheckFlood(const Flood* flood) {
  if (flood == nullptr || failure_ != ErrorKind::kNone) return;
  if (flood->counter != nullptr) (stats_.*flood->counter).Inc();
  NoteFailure(ErrorKind::kFlood, flood->detail, NGHTTP2_ENHANCE_YOUR_CALM);
}

void Connection::NoteFailure(ErrorKind kind, std::string_view detail, uint32_t code) {
  if (failure_ != ErrorKind::kNone) return;
  failure_ = kind;
  failure_detail_ = detail;
  failure_code_ = code;
}

void Connection::Fail() {
  if (failed_) return;
  failed_ = true;
  const StreamError error{.kind = failure_, .side = side(), .detail = failure_detail_};
  nghttp2_session_terminate_session(session_, failure_code_);
  EndAll(error);
  endpoint_.OnConnectionError(error);
}

CodecState Connection::Result() const {
  if (failed_) return CodecState::kFailed;
  const bool ending =
      final_goaway_ || goaway_received_ || input_ended_ || (draining_ && role_ == Role::kClient);
  return ending && streams_.empty() ? CodecState::kClosing : CodecState::kOpen;
}

uint32_t Connection::peer_max_streams() const {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool Connection::peer_allows_connect() const {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) ==
         1;
}

void Connection::Add(StreamState& stream) {
  stream.slot = static_cast<uint32_t>(streams_.size());
  streams_.push_back(&stream);
  stats_.streams_active.Inc();
}

void Connection::Bind(StreamState& stream, int32_t id) {
  stream.id = id;
  nghttp2_session_set_stream_user_data(session_, id, &stream);
}

StreamState* Connection::Find(int32_t stream_id) const {
  return static_cast<StreamState*>(nghttp2_session_get_stream_user_data(session_, stream_id));
}

}  // namespace weir::http::h2
