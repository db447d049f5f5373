#include "source/upstream/raw_codec.h"

#include <utility>

#include "source/base/check.h"

namespace weir::upstream {

using http::CodecState;
using http::StreamError;

std::unique_ptr<http::ClientCodec> CreateRawCodec(http::ClientCodecHandler& handler,
                                                  buffer::BlockPool& pool) {
  return std::make_unique<RawCodec>(handler, pool);
}

http::ClientStream& RawCodec::NewStream(http::ClientStreamHandler& handler) {
  WEIR_CHECK(can_open_stream(), "the connection is taken");
  stream_ = &handler;
  state_ = State::kAsked;
  return *this;
}

CodecState RawCodec::Decode(buffer::Buffer& in) {
  if (state_ == State::kAsked && head_encoded_ && !given_up_) Grant();
  while (state_ == State::kTunnel && !given_up_ && !read_paused_ && !received_all_) {
    if (in.empty() && !input_ended_) break;
    received_all_ = in.empty();
    stream_->OnBody(in.empty() ? nothing_ : in, received_all_);
    in.Clear();
  }
  if (state_ == State::kClosing) in.Clear();
  return FinishTurn();
}

void RawCodec::Grant() {
  state_ = State::kTunnel;
  http::ResponseHead& head = stream_->response_head();
  head.Clear();
  head.status = 200;
  head.framing = {asked_for_tunnel_ ? http::Framing::kTunnel : http::Framing::kChunked, 0};
  stream_->OnHeaders(false);
}

// What lies in Decode's input comes before the end.
CodecState RawCodec::DecodeEnd() {
  input_ended_ = true;
  if (stream_ == nullptr) state_ = State::kClosing;
  handler_.OnOutput();
  return Result();
}

CodecState RawCodec::Abort(const StreamError& error) {
  if (stream_ != nullptr) {
    if (!StreamIsOver()) {
      given_up_ = true;
      StreamError told = error;
      told.unprocessed = told.unprocessed || !head_encoded_;
      stream_->OnReset(told);
    }
    CloseStream();
  }
  state_ = State::kClosing;
  return Result();
}

CodecState RawCodec::FinishTurn() {
  if (stream_ != nullptr && StreamIsOver()) CloseStream();
  return Result();
}

void RawCodec::StartDrain() {
  if (state_ == State::kIdle) state_ = State::kClosing;
  handler_.OnOutput();
}

void RawCodec::SetOutputBlocked(bool blocked) {
  if (stream_ != nullptr && !given_up_) stream_->OnBackpressure(blocked);
}

void RawCodec::CloseStream() {
  torn_ = state_ == State::kTunnel && given_up_;
  state_ = State::kClosing;
  std::exchange(stream_, nullptr)->OnStreamClosed();
}

CodecState RawCodec::Result() const {
  if (state_ == State::kClosing) return torn_ ? CodecState::kTorn : CodecState::kClosing;
  if (stream_ == nullptr) return CodecState::kOpen;
  return sent_all_ ? CodecState::kTunnelSent : CodecState::kTunnel;
}

void RawCodec::EncodeHeaders(const http::RequestHead& head, bool end) {
  head_encoded_ = true;
  sent_all_ = end;
  asked_for_tunnel_ = head.framing.kind == http::Framing::kTunnel;
  handler_.OnOutput();
}

void RawCodec::EncodeBody(buffer::Buffer& data, bool end) {
  if (given_up_ || sent_all_) return data.Clear();
  output_.MoveFrom(data);
  sent_all_ = end;
  handler_.OnOutput();
}

void RawCodec::EncodeTrailers(const http::HeaderMap&) { EncodeBody(nothing_, true); }

void RawCodec::Reset(const StreamError&) {
  given_up_ = true;
  handler_.OnOutput();
}

}  // namespace weir::upstream
