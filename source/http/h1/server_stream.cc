// The sending half of the server connection: answers as bytes.
#include "source/base/check.h"
#include "source/http/h1/head_writer.h"
#include "source/http/h1/server_connection.h"

namespace weir::http::h1 {
namespace {

// What the head says on the wire about the bytes after it. nullopt: its declared length is no empty
// body, and yet the head is to end the message.
std::optional<WireHead> FrameAnswer(const ResponseHead& head, bool is_head, bool end,
                                    Protocol version) {
  const bool has_length = head.framing.kind == Framing::kLength;
  if (head.status == 204) return WireHead{};
  if (is_head || head.status == 304) {
    WireHead wire;
    wire.content_length = head.represented_length;
    if (!wire.content_length.has_value() && has_length) wire.content_length = head.framing.length;
    return wire;
  }
  if (has_length || end) {
    const uint64_t length = has_length ? head.framing.length : 0;
    if (end && length != 0) return std::nullopt;
    return WireHead{.framing = WireFraming::kLength, .content_length = length};
  }
  return WireHead{.framing = version == Protocol::kHttp10 ? WireFraming::kUntilClose
                                                          : WireFraming::kChunked};
}

}  // namespace

void ServerConnection::EncodeInformational(const ResponseHead& head) {
  // RFC 9110, 15.2: none to an HTTP/1.0 client.
  if (StreamIsOver() || version_ == Protocol::kHttp10) return;
  WEIR_DCHECK(answer_ == Answer::kNone, "1xx comes before the answer");
  WriteResponseHead(head, WireHead{}, options_.proper_case, output_);
  handler_.OnOutput();
}

void ServerConnection::EncodeHeaders(const ResponseHead& head, bool end) {
  if (StreamIsOver()) return;
  WEIR_DCHECK(answer_ == Answer::kNone, "one answer a request");
  if (head.framing.kind == Framing::kTunnel) return GrantTunnel(head);
  std::optional<WireHead> wire = FrameAnswer(head, is_head_, end, version_);
  if (!wire.has_value()) return CutOff("http1.content_length_mismatch");
  const bool unread = end && state_ != State::kAnswering;
  if (draining_ || unread || wire->framing == WireFraming::kUntilClose) persistent_ = false;
  if (!persistent_) {
    wire->connection = ConnectionOption::kClose;
  } else if (version_ == Protocol::kHttp10) {
    wire->connection = ConnectionOption::kKeepAlive;
  }
  WriteResponseHead(head, *wire, options_.proper_case, output_);
  encoder_.Start(wire->framing, wire->content_length.value_or(0));
  answer_ = end ? Answer::kDone : Answer::kStarted;
  handler_.OnOutput();
}

void ServerConnection::AnswerRefused(uint16_t status, const StreamError& error) {
  buffer::Arena arena(pool_);
  ResponseHead head(arena);
  const std::string_view reason = ReasonPhrase(status);
  head.status = status;
  head.framing = BodyFraming{Framing::kLength, reason.size()};
  head.headers.Add(HeaderId::kContentType, "text/plain");
  const std::string_view body = stream_ == nullptr ? handler_.OnRefused(error, head, reason)
                                                   : stream_->OnRefused(error, head, reason);
  const bool is_head = stream_ != nullptr && is_head_;
  WireHead wire = FrameAnswer(head, is_head, body.empty(), Protocol::kHttp11).value_or(WireHead{});
  // A 426 must say what to upgrade to (RFC 9110, 15.5.22).
  wire.connection =
      head.status == 426 ? ConnectionOption::kUpgradeAndClose : ConnectionOption::kClose;
  WriteResponseHead(head, wire, options_.proper_case, output_);
  output_.Append(body);
}

void ServerConnection::GrantTunnel(const ResponseHead& head) {
  if (state_ != State::kOffered) return CutOff("http1.tunnel_nobody_asked_for");
  const WireHead wire{.framing = WireFraming::kUntilClose,
                      .upgrade = stream_->request_head().protocol};
  WriteResponseHead(head, wire, options_.proper_case, output_);
  encoder_.Start(wire.framing, 0);
  answer_ = Answer::kStarted;
  content_.StartUntilClose();
  state_ = State::kBody;
  tunnel_ = true;
  handler_.OnOutput();
}

void ServerConnection::EncodeBody(buffer::Buffer& data, bool end) {
  if (StreamIsOver()) return data.Clear();
  WEIR_DCHECK(answer_ == Answer::kStarted, "the head comes before the body");
  if (!encoder_.Encode(data, end, output_)) return CutOff("http1.content_length_mismatch");
  if (end) answer_ = Answer::kDone;
  handler_.OnOutput();
}

void ServerConnection::EncodeTrailers(const HeaderMap& trailers) {
  if (StreamIsOver()) return;
  WEIR_DCHECK(answer_ == Answer::kStarted, "the head comes before the trailers");
  if (!encoder_.EncodeTrailers(trailers, options_.enable_trailers, output_)) {
    return CutOff("http1.content_length_mismatch");
  }
  answer_ = Answer::kDone;
  handler_.OnOutput();
}

void ServerConnection::Reset(const StreamError&) {
  if (StreamIsOver()) return;
  given_up_ = true;
  handler_.OnOutput();
}

void ServerConnection::CutOff(std::string_view detail) {
  cut_off_ = detail;
  handler_.OnOutput();
}

}  // namespace weir::http::h1
