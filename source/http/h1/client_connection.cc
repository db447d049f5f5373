#include "source/http/h1/client_connection.h"

#include "source/base/check.h"
#include "source/base/strings.h"

namespace weir::http::h1 {

std::unique_ptr<ClientCodec> CreateClientCodec(ClientCodecHandler& handler, buffer::BlockPool& pool,
                                               const Options& options) {
  return std::make_unique<ClientConnection>(handler, pool, options);
}

ClientConnection::ClientConnection(ClientCodecHandler& handler, buffer::BlockPool& pool,
                                   const Options& options)
    : handler_(handler), options_(options), pool_(pool), output_(pool), content_(pool, options) {}

ClientStream& ClientConnection::NewStream(ClientStreamHandler& handler) {
  WEIR_CHECK(can_open_stream(), "the connection is busy or not reusable");
  stream_ = &handler;
  state_ = State::kHead;
  request_ = Request::kNone;
  asked_ = Asked::kAnswer;
  informational_ = 0;
  reusable_ = true;
  is_head_ = given_up_ = read_paused_ = told_blocked_ = false;
  return *this;
}

CodecState ClientConnection::Decode(buffer::Buffer& in) {
  Step step = Step::kGoOn;
  starved_ = false;
  while (step == Step::kGoOn) {
    if (stream_ != nullptr && MayClose()) {
      // Bytes behind the answer must never meet the next request.
      if (!in.empty()) reusable_ = false;
      CloseStream();
    }
    switch (state_) {
      case State::kIdle:
        if (in.empty()) {
          step = Starve();
        } else {
          Reject(kUnexpectedBytes);
        }
        break;
      case State::kHead:
        step = ReadHead(in);
        break;
      case State::kBody:
        step = ReadContent(in);
        break;
      case State::kAnswered:
        // Bytes now belong to no request.
        if (!in.empty()) reusable_ = false;
        in.Clear();
        step = Step::kWait;
        break;
      case State::kClosing:
      case State::kFailed:
        in.Clear();
        step = Step::kWait;
        break;
    }
  }
  input_left_ = !in.empty() && !starved_;
  return Result();
}

ClientConnection::Step ClientConnection::ReadHead(buffer::Buffer& in) {
  if (in.empty()) return Starve();
  if (request_ == Request::kNone) return Reject(kUnexpectedBytes), Step::kGoOn;
  StatusLine line;
  FieldTable table(pool_, options_.limits.max_header_count);
  const SectionScanner::Found found = scanner_.Read(
      in, options_.limits.max_header_bytes,
      [&](char* begin, char* end) {
        table.Clear();
        if (options_.preserve_case) spellings_.Remember(begin, end);
        const Parsed start = ParseStatusLine(begin, end, line);
        return start.next == nullptr ? start : ParseFields(start.next, end, table);
      },
      options_.preserve_case);
  if (found.why != nullptr) return Reject(*found.why), Step::kGoOn;
  if (found.size == 0) return Starve();
  const Rejection* why = MayGrant(line.status) ? TakeGrant(line, table, in, found.size)
                         : line.status < 200   ? TakeInformational(line, table, in, found.size)
                                               : TakeHead(line, table, in, found.size);
  if (why != nullptr) Reject(*why);
  return Step::kGoOn;
}

const Rejection* ClientConnection::TakeInformational(const StatusLine& line, FieldTable& table,
                                                     buffer::Buffer& in, size_t head_size) {
  if (line.status == 101) return &kSwitching;
  if (++informational_ > options_.max_informational) return &kManyInformational;
  HeadFacts facts;
  if (const Rejection* why = ReadHeadFacts(table, FramingFields::kIgnore, false, facts)) return why;
  FillHead(line, table, in, head_size);
  stream_->OnInformational();
  return nullptr;
}

bool ClientConnection::MayGrant(uint16_t status) const {
  switch (asked_) {
    case Asked::kAnswer:
      return false;
    case Asked::kUpgrade:
      return status == 101;
    case Asked::kConnect:
      return status >= 200 && status < 300;
  }
  return false;
}

// RFC 9110, 9.3.6 and 15.2.2: what frames a body means nothing here.
const Rejection* ClientConnection::TakeGrant(const StatusLine& line, FieldTable& table,
                                             buffer::Buffer& in, size_t head_size) {
  HeadFacts facts;
  if (table.byte_size() > options_.limits.max_header_bytes) return &kHeadTooLarge;
  if (const Rejection* why = ReadHeadFacts(table, FramingFields::kIgnore, false, facts)) return why;
  // Switched to something else than what was asked for, or nobody knows to what.
  const auto overlooks_none = [](std::string_view) { return false; };
  if (asked_ == Asked::kUpgrade &&
      !EqualsIgnoreCase(UpgradeOf(facts, overlooks_none), *protocol_)) {
    return &kSwitching;
  }
  FillHead(line, table, in, head_size);
  stream_->response_head().framing = BodyFraming{Framing::kTunnel, 0};
  content_.StartUntilClose();
  state_ = State::kBody;
  tunnel_ = true;
  stream_->OnHeaders(false);
  return nullptr;
}

const Rejection* ClientConnection::TakeHead(const StatusLine& line, FieldTable& table,
                                            buffer::Buffer& in, size_t head_size) {
  HeadFacts facts;
  if (table.byte_size() > options_.limits.max_header_bytes) return &kHeadTooLarge;
  const FramingFields framing = line.status == 204 ? FramingFields::kIgnore : FramingFields::kCount;
  if (const Rejection* why = ReadHeadFacts(table, framing, options_.allow_chunked_length, facts)) {
    return why;
  }
  if (facts.chunked && line.version == Protocol::kHttp10) return &kCodingInHttp10;
  FillHead(line, table, in, head_size);
  const bool end = FrameAnswer(line, facts, stream_->response_head());
  state_ = end ? State::kAnswered : State::kBody;
  if (end && request_ != Request::kDone) reusable_ = false;
  stream_->OnHeaders(end);
  return nullptr;
}

void ClientConnection::FillHead(const StatusLine& line, FieldTable& table, buffer::Buffer& in,
                                size_t head_size) {
  ResponseHead& head = stream_->response_head();
  head.Clear();
  head.headers.arena().Keep(in.FrontBlock());
  head.status = line.status;
  head.version = line.version;
  for (const HeaderField& field : table.fields()) {
    if (!field.name.empty()) head.headers.AddView(field.name, field.value, field.id);
  }
  if (options_.preserve_case) spellings_.Give(table, head.headers);
  in.Drain(head_size);
}

bool ClientConnection::FrameAnswer(const StatusLine& line, const HeadFacts& facts,
                                   ResponseHead& head) {
  reusable_ = !facts.close && (line.version == Protocol::kHttp11 || facts.keep_alive);
  if (is_head_ || line.status == 204 || line.status == 304) {
    head.represented_length = facts.content_length;
    return true;
  }
  if (facts.chunked) {
    head.framing = BodyFraming{Framing::kChunked, 0};
    content_.StartChunked();
    return false;
  }
  if (facts.content_length.has_value()) {
    head.framing = BodyFraming{Framing::kLength, *facts.content_length};
    content_.StartLength(*facts.content_length);
    return *facts.content_length == 0;
  }
  head.framing = BodyFraming{Framing::kChunked, 0};
  content_.StartUntilClose();
  reusable_ = false;
  return false;
}

ClientConnection::Step ClientConnection::ReadContent(buffer::Buffer& in) {
  if (read_paused_) return Step::kWait;
  HeaderMap trailers(stream_->response_head().headers.arena());
  const ContentReader::Piece piece = content_.Read(in, trailers);
  if (piece.why != nullptr) return Reject(*piece.why), Step::kGoOn;
  if (piece.empty()) return Starve();
  const bool ends_here = piece.end && trailers.empty();
  if (ends_here || !piece.data->empty()) Deliver(*piece.data, ends_here);
  if (trailers.empty() || StreamIsOver()) return Step::kGoOn;
  EndAnswer();
  stream_->OnTrailers(trailers);
  return Step::kGoOn;
}

void ClientConnection::Deliver(buffer::Buffer& body, bool end) {
  if (end) EndAnswer();
  stream_->OnBody(body, end);
  body.Clear();
}

void ClientConnection::EndAnswer() {
  state_ = State::kAnswered;
  if (request_ != Request::kDone) reusable_ = false;
}

ClientConnection::Step ClientConnection::Starve() {
  if (!input_ended_) {
    starved_ = true;
    return Step::kWait;
  }
  if (state_ == State::kBody && content_.until_close()) {
    buffer::Buffer nothing(pool_);
    Deliver(nothing, true);
    return Step::kGoOn;
  }
  const bool in_flight = stream_ != nullptr && state_ != State::kAnswered;
  state_ = State::kClosing;
  if (in_flight) {
    given_up_ = true;
    stream_->OnReset(StreamError{.kind = ErrorKind::kConnectionClosed,
                                 .side = Side::kUpstream,
                                 .unprocessed = request_ == Request::kNone,
                                 .detail = "upstream_remote_disconnect"});
  }
  return Step::kGoOn;
}

void ClientConnection::Reject(const Rejection& why) {
  const StreamError error{.kind = why.kind, .side = Side::kUpstream, .detail = why.detail};
  state_ = State::kFailed;
  if (stream_ == nullptr) {
    handler_.OnConnectionError(error);
    return;
  }
  given_up_ = true;
  stream_->OnReset(error);
}

CodecState ClientConnection::DecodeEnd() {
  input_ended_ = true;
  reusable_ = false;
  if (!input_left_) {
    buffer::Buffer nothing(pool_);
    return Decode(nothing);
  }
  return Result();
}

CodecState ClientConnection::Abort(const StreamError& error) {
  if (state_ != State::kFailed && !(stream_ != nullptr && StreamIsOver())) state_ = State::kClosing;
  if (stream_ != nullptr) {
    if (!StreamIsOver()) {
      given_up_ = true;
      StreamError told = error;
      told.unprocessed = told.unprocessed || request_ == Request::kNone;
      stream_->OnReset(told);
    }
    reusable_ = false;
    CloseStream();
  }
  const bool ends_with_connection = encoder_.framing() == WireFraming::kUntilClose;
  return ends_with_connection && !output_.empty() ? CodecState::kTorn : Result();
}

CodecState ClientConnection::FinishTurn() {
  if (stream_ != nullptr && MayClose()) {
    if (input_left_) reusable_ = false;
    CloseStream();
  }
  return Result();
}

void ClientConnection::StartDrain() {
  draining_ = true;
  if (state_ == State::kIdle) state_ = State::kClosing;
  handler_.OnOutput();
}

void ClientConnection::SetOutputBlocked(bool blocked) {
  output_blocked_ = blocked;
  if (stream_ == nullptr || told_blocked_ == blocked || StreamIsOver()) return;
  told_blocked_ = blocked;
  stream_->OnBackpressure(blocked);
}

void ClientConnection::CloseStream() {
  ClientStreamHandler* const stream = std::exchange(stream_, nullptr);
  const StreamError error = std::exchange(cut_off_, StreamError{});
  const bool complete = state_ == State::kAnswered && request_ == Request::kDone;
  torn_ = std::exchange(tunnel_, false) && given_up_;
  if (state_ != State::kFailed) {
    const bool goes_on =
        complete && reusable_ && !draining_ && !given_up_ && !error && asked_ == Asked::kAnswer;
    state_ = goes_on ? State::kIdle : State::kClosing;
  }
  scanner_.Reset();
  if (error) stream->OnReset(error);
  stream->OnStreamClosed();
}

CodecState ClientConnection::Result() const {
  if (state_ == State::kFailed) return CodecState::kFailed;
  if (state_ == State::kClosing) return torn_ ? CodecState::kTorn : CodecState::kClosing;
  if (!tunnel_) return CodecState::kOpen;
  return request_ == Request::kDone ? CodecState::kTunnelSent : CodecState::kTunnel;
}

}  // namespace weir::http::h1
