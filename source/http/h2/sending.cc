// The sending half of Connection: heads and bodies into frames.
#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "source/base/check.h"
#include "source/http/h2/callbacks.h"
#include "source/http/h2/connection.h"

namespace weir::http::h2 {
namespace {

uint32_t ResetCode(const StreamError& error, bool server) {
  switch (error.kind) {
    case ErrorKind::kMalformed:
      return NGHTTP2_PROTOCOL_ERROR;
    case ErrorKind::kRefusedStream:
    case ErrorKind::kDraining:
    case ErrorKind::kOverloaded:
      return NGHTTP2_REFUSED_STREAM;
    default:
      return server ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_CANCEL;
  }
}

}  // namespace

int Connection::SubmitResponse(StreamState& stream, bool end) {
  stream.head_encoded = true;
  stream.end_encoded = end;
  const nghttp2_data_provider provider = Callbacks::DataProvider();
  endpoint_.OnOutput();
  return nghttp2_submit_response(session_, stream.id, list_.data(), list_.size(),
                                 end ? nullptr : &provider);
}

int32_t Connection::SubmitRequest(StreamState& stream, bool end) {
  stream.head_encoded = true;
  stream.end_encoded = end;
  const nghttp2_data_provider provider = Callbacks::DataProvider();
  endpoint_.OnOutput();
  stream.id = nghttp2_submit_request(session_, nullptr, list_.data(), list_.size(),
                                     end ? nullptr : &provider, &stream);
  if (stream.id > 0) closed_.OnOpened(stream.id);
  return stream.id;
}

void Connection::SubmitInformational(StreamState& stream) {
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, list_.data(),
                         list_.size(), nullptr);
  endpoint_.OnOutput();
}

void Connection::SubmitRefusal(int32_t stream_id, uint16_t status) {
  buffer::Arena arena(pool_);
  ResponseHead head(arena);
  head.status = status;
  head.framing = BodyFraming{Framing::kLength, 0};
  list_.SetResponse(head, false);
  nghttp2_submit_response(session_, stream_id, list_.data(), list_.size(), nullptr);
}

void Connection::RefuseStream(int32_t stream_id, uint32_t error_code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream_id, error_code);
}

void Connection::EncodeBody(StreamState& stream, buffer::Buffer& data, bool end) {
  if (stream.given_up || stream.error || stream.closed || stream.end_encoded) return data.Clear();
  if (role_ == Role::kClient && stream.tunnel == Tunnel::kAsked) {
    data.Clear();
    return CutOff(stream, "http2.tunnel_not_granted");
  }
  WEIR_DCHECK(stream.head_encoded, "the head comes before the body");
  if (stream.no_body) {
    data.Clear();
  } else if (stream.declared.has_value()) {
    if (data.size() > *stream.declared || (end && data.size() < *stream.declared)) {
      data.Clear();
      return CutOff(stream, "http2.content_length_mismatch");
    }
    *stream.declared -= data.size();
  }
  stream.pending.MoveFrom(data);
  stream.end_encoded = end;
  if (std::exchange(stream.deferred, false)) nghttp2_session_resume_data(session_, stream.id);
  Watch(stream);
  endpoint_.OnOutput();
}

void Connection::EncodeTrailers(StreamState& stream, const HeaderMap& trailers) {
  if (stream.given_up || stream.error || stream.closed || stream.end_encoded) return;
  WEIR_DCHECK(stream.head_encoded, "the head comes before the trailers");
  if (!stream.no_body && stream.declared.value_or(0) != 0) {
    return CutOff(stream, "http2.content_length_mismatch");
  }
  // They wait behind the body, which may stay longer than the map.
  for (const HeaderField& field : trailers) {
    stream.trailers_out.emplace_back(std::string(field.name), std::string(field.value));
  }
  stream.end_encoded = true;
  if (std::exchange(stream.deferred, false)) nghttp2_session_resume_data(session_, stream.id);
  endpoint_.OnOutput();
}

ssize_t Connection::ReadPending(int32_t stream_id, size_t length, uint32_t* flags) {
  StreamState* const stream = Find(stream_id);
  if (stream == nullptr || stream->given_up) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const size_t n = std::min(length, stream->pending.size());
  if (n == 0 && !stream->end_encoded) {
    stream->deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  if (n > 0) *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (n == stream->pending.size() && stream->end_encoded) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream->trailers_out.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      buffer::Arena arena(pool_);
      HeaderMap trailers(arena);
      for (const auto& [name, value] : stream->trailers_out) trailers.Add(name, value);
      list_.SetTrailers(trailers);
      nghttp2_submit_trailer(session_, stream_id, list_.data(), list_.size());
    }
  }
  return static_cast<ssize_t>(n);
}

bool Connection::SendData(int32_t stream_id, std::string_view frame_header, size_t length) {
  StreamState* const stream = Find(stream_id);
  WEIR_CHECK(stream != nullptr && stream->pending.size() >= length, "DATA of nobody");
  output_.Append(frame_header);
  output_.MoveFrom(stream->pending, length);
  Watch(*stream);
  return !OutputIsFull();
}

void Connection::OnFrameSent(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_GOAWAY:
      OnGoawaySent(frame.goaway.error_code);
      break;
    case NGHTTP2_RST_STREAM:
      stats_.tx_reset.Inc();
      closed_.OnReset(frame.hd.stream_id);
      break;
    case NGHTTP2_DATA:
      floods_.OnDataFrameSent();
      break;
    default:
      break;
  }
  outbound_.OnFrame(frame.hd.type == NGHTTP2_SETTINGS || frame.hd.type == NGHTTP2_PING ||
                    frame.hd.type == NGHTTP2_RST_STREAM);
  if (frame.hd.type != NGHTTP2_DATA && frame.hd.type != NGHTTP2_HEADERS) return;
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) OnEndSent(frame.hd.stream_id);
}

void Connection::OnEndSent(int32_t stream_id) {
  StreamState* const stream = Find(stream_id);
  const bool tunnel = stream != nullptr && stream->tunnel == Tunnel::kGranted;
  if (role_ == Role::kClient) {
    if (tunnel) AwaitReading(*stream);
    return;
  }
  if (tunnel || nghttp2_session_get_stream_remote_close(session_, stream_id) != 0) return;
  // The answer is complete before its request: the rest is not wanted (RFC 9113, 8.1).
  RefuseStream(stream_id, NGHTTP2_NO_ERROR);
  if (stream != nullptr) {
    stream->given_up = true;
    End(*stream);
  }
}

void Connection::OnGoawaySent(uint32_t error_code) {
  stats_.goaway_sent.Inc();
  if (error_code != NGHTTP2_NO_ERROR) {
    NoteFailure(ErrorKind::kMalformed, "http2.protocol_error", error_code);
  } else if (draining_ && !final_goaway_) {
    // Overtakes what is queued, not this.
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  }
}

// A request that never left: the peer went away, or its limit sank.
void Connection::OnFrameNotSent(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS || role_ != Role::kClient) return;
  for (StreamState* stream : streams_) {
    if (stream->id != frame.hd.stream_id || stream->head_received || stream->error) continue;
    stream->error = StreamError{.kind = ErrorKind::kRefusedStream,
                                .side = Side::kUpstream,
                                .unprocessed = true,
                                .detail = "http2.request_not_sent"};
    End(*stream);
  }
}

void Connection::Reset(StreamState& stream, const StreamError& error) {
  if (stream.given_up || stream.error) return;
  stream.given_up = true;
  if (stream.id != 0 && !stream.closed)
    RefuseStream(stream.id, ResetCode(error, role_ == Role::kServer));
  stream.pending.Clear();
  End(stream);
  endpoint_.OnOutput();
}

void Connection::CutOff(StreamState& stream, std::string_view detail, ErrorKind kind) {
  if (stream.id != 0 && !stream.closed) RefuseStream(stream.id, NGHTTP2_INTERNAL_ERROR);
  stream.pending.Clear();
  stream.error = StreamError{.kind = kind,
                             .side = role_ == Role::kServer ? Side::kUpstream : Side::kDownstream,
                             .detail = detail};
  End(stream);
  endpoint_.OnOutput();
}

void Connection::Refuse(StreamState& stream, std::string_view detail, ErrorKind kind) {
  if (stream.given_up || stream.error) return;
  RefuseStream(stream.id, NGHTTP2_PROTOCOL_ERROR);
  stream.error = StreamError{.kind = kind, .side = side(), .detail = detail};
  End(stream);
}

void Connection::SetReadPaused(StreamState& stream, bool paused) {
  if (stream.read_paused && !paused) DeliverSoon(stream);
  stream.read_paused = paused;
}

void Connection::SetOutputBlocked(bool blocked) {
  output_blocked_ = blocked;
  // Telling may not end streams here: Reset only notes.
  for (size_t i = 0; i < streams_.size(); ++i) UpdateBackpressure(*streams_[i]);
  if (!blocked) endpoint_.OnOutput();
}

void Connection::Watch(StreamState& stream) {
  if (stream.watched) return;
  stream.watched = true;
  watched_.push_back(&stream);
}

void Connection::UpdateBackpressure(StreamState& stream) {
  const size_t high = options_.limits.stream_high_watermark;
  const size_t limit = stream.told_blocked ? high / 2 : high;
  const bool blocked = output_blocked_ || stream.pending.size() > limit;
  if (blocked == stream.told_blocked || stream.given_up || stream.error || stream.closed) return;
  stream.told_blocked = blocked;
  stream.handler->OnBackpressure(blocked);
}

}  // namespace weir::http::h2
