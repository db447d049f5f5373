// The receiving half of Connection: frames into events.
#include <nghttp2/nghttp2.h>

#include "source/http/h2/connection.h"

namespace weir::http::h2 {
namespace {

// Smaller pieces are copied: a slice holds its whole block.
constexpr size_t kShareFrom = 1024;

constexpr std::string_view kMessagingViolation = "http2.violation.of.messaging.rule";

StreamError FromPeersReset(uint32_t error_code, Side side) {
  if (error_code == NGHTTP2_REFUSED_STREAM) {
    return StreamError{.kind = ErrorKind::kRefusedStream,
                       .side = side,
                       .unprocessed = true,
                       .detail = "http2.remote_refuse"};
  }
  return StreamError{.kind = ErrorKind::kStreamReset, .side = side, .detail = "http2.remote_reset"};
}

}  // namespace

void Connection::OnFrameHeader(const FrameHeader& header) {
  CheckFlood(floods_.OnFrame(header.type, header.flags, header.length));
  if (header.type == NGHTTP2_DATA || header.type == NGHTTP2_HEADERS) CheckStreamOf(header);
  // Switched off in our first frame; nghttp2 would allow it until that is acknowledged.
  if (header.type == NGHTTP2_PUSH_PROMISE) {
    NoteFailure(ErrorKind::kMalformed, "http2.push_promise", NGHTTP2_PROTOCOL_ERROR);
  }
}

// RFC 9113, 5.1 and 5.1.1 where nghttp2 would let a frame pass in silence: for a stream that it has
// let go, or an identifier that was skipped. Streams above the highest one are its to check.
void Connection::CheckStreamOf(const FrameHeader& header) {
  const int32_t id = header.stream_id;
  if (id > closed_.highest()) {
    if (header.type == NGHTTP2_HEADERS && role_ == Role::kServer && id % 2 == 1) {
      closed_.OnOpened(id);
    }
    return;
  }
  if (id == 0 || (id % 2 == 0)) return;
  nghttp2_stream* const stream = nghttp2_session_find_stream(session_, id);
  const bool known =
      stream != nullptr && nghttp2_stream_get_state(stream) != NGHTTP2_STREAM_STATE_IDLE;
  if (known || closed_.IsAwaited(id) || (final_goaway_ && id > goaway_last_stream_)) return;
  NoteFailure(ErrorKind::kMalformed, "http2.stream_closed", NGHTTP2_STREAM_CLOSED);
}

// nghttp2 has refused HEADERS, and answers RST_STREAM.
void Connection::OnInvalidHeaders(const nghttp2_frame_hd& header, int error) {
  if (error == NGHTTP2_ERR_REFUSED_STREAM) {
    stats_.stream_refused_errors.Inc();
    closed_.OnReset(header.stream_id);
  } else if (error == NGHTTP2_ERR_HTTP_HEADER || error == NGHTTP2_ERR_HTTP_MESSAGING) {
    stats_.rx_messaging_error.Inc();
    if (!options_.stream_error_on_invalid_http_message) {
      NoteFailure(ErrorKind::kMalformed, kMessagingViolation, NGHTTP2_PROTOCOL_ERROR);
    }
  }
  if (Find(header.stream_id) == nullptr) OnStreamWithoutObject();
}

void Connection::OnHopelessBlock(int32_t stream_id) {
  stats_.header_overflow.Inc();
  StreamState* const stream = Find(stream_id);
  if (stream == nullptr) return OnStreamWithoutObject();
  if (stream->given_up || stream->error) return;
  stream->error = StreamError{
      .kind = ErrorKind::kHeadersTooLarge, .side = side(), .detail = "http2.headers_too_large"};
  End(*stream);
}

// A request that was refused before it had one; others are counted when they end.
void Connection::OnStreamWithoutObject() {
  if (role_ == Role::kClient) return;
  floods_.OnStreamOpened();
  CheckFlood(floods_.OnStreamEnd(true));
}

void Connection::OnFrame(const nghttp2_frame& frame) {
  StreamState* const stream = frame.hd.stream_id == 0 ? nullptr : Find(frame.hd.stream_id);
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      OnHeadersFrame(frame);
      break;
    case NGHTTP2_DATA:
      if (stream == nullptr || stream->given_up) break;
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) stream->end_received = true;
      Deliver(*stream);
      break;
    case NGHTTP2_RST_STREAM:
      stats_.rx_reset.Inc();
      if (stream != nullptr) stream->peer_reset = true;
      break;
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) break;
      settings_received_ = true;
      endpoint_.OnPeerLimits();
      break;
    case NGHTTP2_GOAWAY:
      goaway_received_ = true;
      endpoint_.OnPeerLimits();
      break;
    case NGHTTP2_PING:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) OnPingAnswered(frame.ping);
      break;
    default:
      break;
  }
}

void Connection::OnHeadersFrame(const nghttp2_frame& frame) {
  StreamState* const stream = Find(frame.hd.stream_id);
  const bool end = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (block_.has_forbidden_text()) return OnForbiddenText(frame.hd.stream_id, stream);
  if (stream == nullptr || !stream->head_received) {
    endpoint_.OnHead(frame.hd.stream_id, stream, block_, end);
    return;
  }
  if (stream->given_up) return;
  stats_.trailers.Inc();
  if (block_.too_large()) {
    stats_.header_overflow.Inc();
    return Refuse(*stream, "http2.trailers_too_large", ErrorKind::kHeadersTooLarge);
  }
  auto trailers = std::make_unique<HeaderMap>(*stream->arena);
  block_.FillTrailers(*trailers);
  if (!trailers->empty()) stream->trailers = std::move(trailers);
  stream->end_received = end;
  Deliver(*stream);
}

void Connection::OnForbiddenText(int32_t stream_id, StreamState* stream) {
  stats_.rx_messaging_error.Inc();
  if (!options_.stream_error_on_invalid_http_message) {
    NoteFailure(ErrorKind::kMalformed, kMessagingViolation, NGHTTP2_PROTOCOL_ERROR);
  } else if (stream == nullptr) {
    OnStreamWithoutObject();
    RefuseStream(stream_id, NGHTTP2_PROTOCOL_ERROR);
  } else if (!stream->given_up) {
    Refuse(*stream, kMessagingViolation, ErrorKind::kMalformed);
  }
}

void Connection::OnData(int32_t stream_id, std::string_view bytes) {
  StreamState* const stream = Find(stream_id);
  if (stream == nullptr || stream->given_up || stream->error ||
      stream->tunnel == Tunnel::kRefused) {
    return Consume(stream_id, bytes.size());
  }
  const std::string_view front = input_->Front();
  if (bytes.size() >= kShareFrom && bytes.data() >= front.data() &&
      bytes.data() + bytes.size() <= front.data() + front.size()) {
    stream->received.Append(buffer::Slice{input_->FrontBlock(), const_cast<char*>(bytes.data()),
                                          static_cast<uint32_t>(bytes.size())});
  } else {
    stream->received.Append(bytes);
  }
}

void Connection::Deliver(StreamState& stream) {
  // RFC 9931: what a client sends before its tunnel is granted stays here.
  if (stream.tunnel == Tunnel::kAsked || stream.tunnel == Tunnel::kRefused) return;
  if (stream.given_up || stream.error || stream.read_paused || stream.end_delivered) return;
  const bool end = stream.end_received && stream.trailers == nullptr;
  if (!stream.received.empty() || end) {
    Consume(stream.id, stream.received.size());
    stream.end_delivered = end;
    stream.handler->OnBody(stream.received, end);
    stream.received.Clear();
  }
  if (stream.given_up || stream.read_paused || stream.trailers == nullptr) return;
  stream.end_delivered = true;
  const std::unique_ptr<HeaderMap> trailers = std::move(stream.trailers);
  stream.handler->OnTrailers(*trailers);
}

void Connection::RefuseTunnel(StreamState& stream) {
  stream.tunnel = Tunnel::kRefused;
  Consume(stream.id, stream.received.size());
  stream.received.Clear();
}

void Connection::DeliverSoon(StreamState& stream) {
  resumed_.push_back(&stream);
  endpoint_.OnOutput();
}

void Connection::DeliverResumed() {
  // One that is paused and resumed again meanwhile has its turn with the next Decode.
  resuming_.swap(resumed_);
  for (StreamState* stream : resuming_) {
    Deliver(*stream);
    if (stream->closed && stream->end_delivered) End(*stream);
  }
  resuming_.clear();
}

void Connection::Consume(int32_t stream_id, size_t bytes) {
  if (bytes == 0) return;
  // Also right for a stream that is gone: the connection's window counts it all the same.
  nghttp2_session_consume(session_, stream_id, bytes);
}

void Connection::OnStreamClose(int32_t stream_id, uint32_t error_code) {
  StreamState* const stream = Find(stream_id);
  if (stream == nullptr) return;
  stream->closed = true;
  const bool answered = role_ == Role::kClient && stream->end_received;
  bool premature = false;
  if (stream->given_up || stream->error) {
    // The end is known.
  } else if (stream->peer_reset) {
    // RST_STREAM (NO_ERROR) behind a whole answer only says that the rest of the request is not
    // wanted.
    if (!(answered && error_code == NGHTTP2_NO_ERROR)) {
      stream->error = FromPeersReset(error_code, side());
    }
    premature = !stream->head_encoded && endpoint_.IsYoung(*stream);
  } else if (error_code == NGHTTP2_REFUSED_STREAM && goaway_received_) {
    stream->error = FromPeersReset(error_code, side());
  } else if (error_code != NGHTTP2_NO_ERROR) {
    stream->error =
        StreamError{.kind = ErrorKind::kMalformed, .side = side(), .detail = kMessagingViolation};
    premature = true;
  }
  if (role_ == Role::kServer) CheckFlood(floods_.OnStreamEnd(premature));
  End(*stream);
}

}  // namespace weir::http::h2
