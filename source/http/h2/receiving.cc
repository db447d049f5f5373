// The receiving half of Connection: frames into events.
#include <nghttp2/nghttp2.h>

#include "source/http/h2/connection.h"

namespace weir::http::h2 {
namespace {

// Smaller pieces are copied: a slice holds its whole block.
constexpr size_t kShareFrom = 1024;

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

bool Connection::OnFrameHeader(const nghttp2_frame_hd& header) {
  CheckFlood(floods_.OnFrame(header.type, header.flags, header.length));
  return failure_ == ErrorKind::kNone;
}

// A stream whose head nghttp2 refused; there is no object for it on the server.
void Connection::OnRefusedHead() {
  if (role_ == Role::kClient) return;
  floods_.OnStreamOpened();
  CheckFlood(floods_.OnPrematureEnd());
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
      if (stream == nullptr) break;
      stream->peer_reset = true;
      if (role_ == Role::kServer && !stream->head_encoded) CheckFlood(floods_.OnPrematureEnd());
      break;
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) endpoint_.OnPeerLimits();
      break;
    case NGHTTP2_GOAWAY:
      goaway_received_ = true;
      endpoint_.OnPeerLimits();
      break;
    case NGHTTP2_PING:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0 && draining_ && !final_goaway_) FinalGoaway();
      break;
    default:
      break;
  }
}

void Connection::OnHeadersFrame(const nghttp2_frame& frame) {
  StreamState* const stream = Find(frame.hd.stream_id);
  const bool end = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (stream == nullptr || !stream->head_received) {
    endpoint_.OnHead(frame.hd.stream_id, stream, block_, end);
    return;
  }
  if (stream->given_up) return;
  if (block_.too_large()) {
    return Refuse(*stream, "http2.trailers_too_large", ErrorKind::kHeadersTooLarge);
  }
  auto trailers = std::make_unique<HeaderMap>(*stream->arena);
  block_.FillTrailers(*trailers);
  if (!trailers->empty()) stream->trailers = std::move(trailers);
  stream->end_received = end;
  Deliver(*stream);
}

void Connection::OnData(int32_t stream_id, std::string_view bytes) {
  StreamState* const stream = Find(stream_id);
  if (stream == nullptr || stream->given_up || stream->error)
    return Consume(stream_id, bytes.size());
  const std::string_view front = input_->Front();
  if (bytes.size() >= kShareFrom && bytes.data() >= front.data() &&
      bytes.data() + bytes.size() <= front.data() + front.size()) {
    stream->received.Append(buffer::Slice{input_->FrontBlock(), const_cast<char*>(bytes.data()),
                                          static_cast<uint32_t>(bytes.size())});
  } else {
    stream->received.Append(bytes);
  }
}

// Gives what the stream holds; the peer gets window for it.
void Connection::Deliver(StreamState& stream) {
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

void Connection::DeliverResumed() {
  std::vector<StreamState*> resumed;
  resumed.swap(resumed_);
  for (StreamState* stream : resumed) {
    Deliver(*stream);
    if (stream->closed && stream->end_delivered) End(*stream);
  }
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
  if (stream->given_up || stream->error) {
    // The end is known.
  } else if (stream->peer_reset) {
    // RST_STREAM (NO_ERROR) behind a whole answer only says that the rest of the request is not
    // wanted.
    if (!(answered && error_code == NGHTTP2_NO_ERROR)) {
      stream->error = FromPeersReset(error_code, side());
    }
  } else if (error_code == NGHTTP2_REFUSED_STREAM && goaway_received_) {
    stream->error = FromPeersReset(error_code, side());
  } else if (error_code != NGHTTP2_NO_ERROR) {
    stream->error = StreamError{.kind = ErrorKind::kMalformed,
                                .side = side(),
                                .detail = "http2.violation.of.messaging.rule"};
    if (role_ == Role::kServer && !stream->head_encoded) CheckFlood(floods_.OnPrematureEnd());
  }
  End(*stream);
}

}  // namespace weir::http::h2
