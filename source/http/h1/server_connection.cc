#include "source/http/h1/server_connection.h"

#include "source/base/check.h"
#include "source/http/h1/head_writer.h"
#include "source/http/syntax.h"

namespace weir::http::h1 {

std::unique_ptr<ServerCodec> CreateServerCodec(ServerCodecHandler& handler, buffer::BlockPool& pool,
                                               const Options& options) {
  return std::make_unique<ServerConnection>(handler, pool, options);
}

ServerConnection::ServerConnection(ServerCodecHandler& handler, buffer::BlockPool& pool,
                                   const Options& options)
    : handler_(handler), options_(options), pool_(pool), output_(pool), content_(pool, options) {}

CodecState ServerConnection::Decode(buffer::Buffer& in) {
  Step step = Step::kGoOn;
  starved_ = false;
  while (step == Step::kGoOn) {
    if (stream_ != nullptr && StreamIsOver()) CloseStream();
    switch (state_) {
      case State::kHead:
        step = ReadHead(in);
        break;
      case State::kBody:
        step = ReadContent(in);
        break;
      case State::kAnswering:
        if (answer_ != Answer::kDone) step = Step::kWait;
        break;
      case State::kOffered:
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
  head_begun_ = state_ == State::kHead && starved_ && !in.empty();
  return Result();
}

ServerConnection::Step ServerConnection::ReadHead(buffer::Buffer& in) {
  if (in.empty()) return Starve();
  // The next request of a client that does not read its answers waits.
  if (output_blocked_ || output_.size() > options_.limits.high_watermark) return Step::kWait;
  if (in.Front().front() == '\r') {
    // One empty line before a request line is forgiven (RFC 9112, 2.2).
    if (skipped_line_) return Reject(kEmptyLines), Step::kGoOn;
    if (in.size() < 2) return Starve();
    if (in.Linearize(2)[1] != '\n') return Reject(kBareCr), Step::kGoOn;
    skipped_line_ = true;
    in.Drain(2);
    return Step::kGoOn;
  }
  RequestLine line;
  FieldTable table(pool_, options_.limits.max_header_count);
  const SectionScanner::Found found = scanner_.Read(
      in, options_.limits.max_header_bytes,
      [&](char* begin, char* end) {
        table.Clear();
        if (options_.preserve_case) spellings_.Edit().Remember(begin, end);
        const Parsed start = ParseRequestLine(begin, end, line);
        return start.next == nullptr ? start : ParseFields(start.next, end, table);
      },
      options_.preserve_case);
  if (found.why != nullptr) return Reject(*found.why), Step::kGoOn;
  if (found.size == 0) return Starve();
  HeadFacts facts;
  Target target;
  if (const Rejection* why = CheckHead(line, table, facts, target))
    return Reject(*why), Step::kGoOn;
  StartRequest(line, table, facts, target, in, found.size);
  return Step::kGoOn;
}

const Rejection* ServerConnection::CheckHead(const RequestLine& line, FieldTable& table,
                                             HeadFacts& facts, Target& target) const {
  const bool is_10 = line.version == Protocol::kHttp10;
  if (is_10 && !options_.accept_http_10) return &kHttp10;
  if (table.byte_size() + line.target.size() > options_.limits.max_header_bytes)
    return &kHeadTooLarge;
  if (const Rejection* why = ParseTarget(line, options_.allow_absolute_url, target)) return why;
  if (const Rejection* why =
          ReadHeadFacts(table, FramingFields::kCount, options_.allow_chunked_length, facts)) {
    return why;
  }
  if (facts.host_count > 1) return &kManyHosts;
  if (facts.host_count == 1) {
    if (!IsValidAuthority(facts.host)) return &kBadHost;
    // The target's authority wins over the host field (RFC 9112, 3.2.2).
    if (target.authority.empty()) target.authority = facts.host;
  } else if (!is_10) {
    return &kNoHost;
  } else if (target.authority.empty()) {
    if (options_.default_host_for_http_10.empty()) return &kNoHost;
    target.authority = options_.default_host_for_http_10;
  }
  if (is_10 && facts.chunked) return &kCodingInHttp10;
  if (line.method == "TRACE" && (facts.chunked || facts.content_length.value_or(0) > 0)) {
    return &kTraceContent;
  }
  if (line.method == "CONNECT" && (facts.chunked || facts.content_length.value_or(0) > 0)) {
    return &kConnectContent;
  }
  return nullptr;
}

void ServerConnection::StartRequest(const RequestLine& line, FieldTable& table,
                                    const HeadFacts& facts, const Target& target,
                                    buffer::Buffer& in, size_t head_size) {
  version_ = line.version;
  is_head_ = line.method == "HEAD";
  persistent_ = !facts.close && (version_ == Protocol::kHttp11 || facts.keep_alive);
  answer_ = Answer::kNone;
  given_up_ = read_paused_ = skipped_line_ = told_blocked_ = false;

  stream_ = &handler_.OnRequestStart(*this);
  RequestHead& head = stream_->request_head();
  head.headers.arena().Keep(in.FrontBlock());
  head.method = line.method;
  head.scheme = options_.scheme;
  head.authority =
      facts.host_count == 0 ? head.headers.arena().Copy(target.authority) : target.authority;
  head.path = target.path;
  head.version = version_;
  head.expects_continue = facts.expects_continue && version_ == Protocol::kHttp11;
  for (const HeaderField& field : table.fields()) {
    if (!field.name.empty()) head.headers.AddView(field.name, field.value, field.id);
  }
  if (options_.preserve_case) spellings_->Give(table, head.headers);
  state_ = FrameRequest(facts, head);
  in.Drain(head_size);
  stream_->OnHeaders(state_ == State::kAnswering);
}

ServerConnection::State ServerConnection::FrameRequest(const HeadFacts& facts, RequestHead& head) {
  if (facts.chunked) {
    head.framing = BodyFraming{Framing::kChunked, 0};
    content_.StartChunked();
    return State::kBody;
  }
  if (facts.content_length.has_value()) {
    head.framing = BodyFraming{Framing::kLength, *facts.content_length};
    content_.StartLength(*facts.content_length);
    if (*facts.content_length > 0) return State::kBody;
  }
  const bool connect = head.path.empty();
  // Asking is ignored where there is a body, and in HTTP/1.0 (RFC 9110, 7.8).
  if (!facts.upgrade.empty() && version_ == Protocol::kHttp11 && !connect) {
    head.protocol = UpgradeOf(
        facts, [this](std::string_view protocol) { return handler_.OverlooksUpgrade(protocol); });
  }
  if (head.protocol.empty() && !connect) return State::kAnswering;
  head.framing = BodyFraming{Framing::kTunnel, 0};
  head.expects_continue = false;
  persistent_ = false;
  return State::kOffered;
}

ServerConnection::Step ServerConnection::ReadContent(buffer::Buffer& in) {
  if (read_paused_) return Step::kWait;
  HeaderMap trailers(stream_->request_head().headers.arena());
  const ContentReader::Piece piece = content_.Read(in, trailers);
  if (piece.why != nullptr) return Reject(*piece.why), Step::kGoOn;
  if (piece.empty()) return Starve();
  const bool ends_here = piece.end && trailers.empty();
  if (ends_here || !piece.data->empty()) Deliver(*piece.data, ends_here);
  if (trailers.empty() || StreamIsOver()) return Step::kGoOn;
  state_ = State::kAnswering;
  stream_->OnTrailers(trailers);
  return Step::kGoOn;
}

void ServerConnection::Deliver(buffer::Buffer& body, bool end) {
  if (end) state_ = State::kAnswering;
  stream_->OnBody(body, end);
  body.Clear();
}

ServerConnection::Step ServerConnection::Starve() {
  if (!input_ended_) {
    starved_ = true;
    return Step::kWait;
  }
  if (tunnel_) {
    buffer::Buffer nothing(pool_);
    Deliver(nothing, true);
    return Step::kGoOn;
  }
  if (stream_ != nullptr) {
    state_ = State::kClosing;
    given_up_ = true;
    stream_->OnReset(StreamError{.kind = ErrorKind::kConnectionClosed,
                                 .side = Side::kDownstream,
                                 .detail = "downstream_remote_disconnect"});
    return Step::kGoOn;
  }
  if (scanner_.scanned() > 0) {
    Reject(kCutHead);
  } else {
    state_ = State::kClosing;
  }
  return Step::kGoOn;
}

void ServerConnection::Reject(const Rejection& why) {
  const StreamError error{.kind = why.kind, .side = Side::kDownstream, .detail = why.detail};
  state_ = State::kFailed;
  if (stream_ == nullptr || answer_ == Answer::kNone) AnswerRefused(why.status, error);
  handler_.OnOutput();
  if (stream_ == nullptr) {
    handler_.OnConnectionError(error);
    return;
  }
  given_up_ = true;
  stream_->OnReset(error);
}

CodecState ServerConnection::DecodeEnd() {
  input_ended_ = true;
  if (!input_left_ && state_ != State::kAnswering) {
    buffer::Buffer nothing(pool_);
    return Decode(nothing);
  }
  return Result();
}

CodecState ServerConnection::Abort(const StreamError& error) {
  if (state_ != State::kFailed) state_ = State::kClosing;
  if (stream_ != nullptr) {
    if (!StreamIsOver()) {
      given_up_ = true;
      stream_->OnReset(error);
    }
    CloseStream();
  }
  return AnswerEndsWithConnection() && !output_.empty() ? CodecState::kTorn : Result();
}

CodecState ServerConnection::FinishTurn() {
  if (stream_ != nullptr && StreamIsOver()) CloseStream();
  if (state_ == State::kHead && input_ended_ && !input_left_) state_ = State::kClosing;
  return Result();
}

void ServerConnection::StartDrain() {
  draining_ = true;
  if (state_ == State::kHead && scanner_.scanned() == 0 && !input_left_) {
    state_ = State::kClosing;
    handler_.OnOutput();
  }
}

void ServerConnection::SetOutputBlocked(bool blocked) {
  output_blocked_ = blocked;
  if (stream_ == nullptr || told_blocked_ == blocked || StreamIsOver()) return;
  told_blocked_ = blocked;
  stream_->OnBackpressure(blocked);
}

bool ServerConnection::StreamIsOver() const {
  return given_up_ || !cut_off_.empty() ||
         (answer_ == Answer::kDone && !(tunnel_ && state_ == State::kBody));
}

void ServerConnection::CloseStream() {
  ServerStreamHandler* const stream = std::exchange(stream_, nullptr);
  const std::string_view cut_off = std::exchange(cut_off_, {});
  const bool request_read = state_ == State::kAnswering;
  tunnel_ = false;
  torn_ = given_up_ && AnswerEndsWithConnection();
  if (state_ != State::kFailed) {
    const bool goes_on = request_read && persistent_ && !draining_ && !given_up_ && cut_off.empty();
    state_ = goes_on ? State::kHead : State::kClosing;
  }
  scanner_.Reset();
  if (!cut_off.empty()) {
    stream->OnReset({.kind = ErrorKind::kLocalReset, .side = Side::kUpstream, .detail = cut_off});
  }
  stream->OnStreamClosed();
}

CodecState ServerConnection::Result() const {
  if (state_ == State::kFailed) return CodecState::kFailed;
  if (state_ == State::kClosing) return torn_ ? CodecState::kTorn : CodecState::kClosing;
  if (!tunnel_) return CodecState::kOpen;
  return answer_ == Answer::kDone ? CodecState::kTunnelSent : CodecState::kTunnel;
}

}  // namespace weir::http::h1
