// The sending half of the client connection: requests as bytes.
#include "source/base/check.h"
#include "source/http/h1/client_connection.h"
#include "source/http/h1/head_writer.h"

namespace weir::http::h1 {

void ClientConnection::EncodeHeaders(const RequestHead& head, bool end) {
  if (StreamIsOver()) return;
  WEIR_DCHECK(request_ == Request::kNone, "one request a stream");
  if (head.framing.kind == Framing::kTunnel) return EncodeAsking(head);
  WireHead wire;
  if (head.framing.kind == Framing::kLength) {
    if (end && head.framing.length != 0) return CutOff("http1.content_length_mismatch");
    wire.framing = WireFraming::kLength;
    wire.content_length = head.framing.length;
  } else if (!end || head.framing.kind == Framing::kChunked) {
    wire.framing = WireFraming::kChunked;
  }
  if (draining_) wire.connection = ConnectionOption::kClose;
  wire.absolute_form = options_.absolute_form;
  is_head_ = head.method == "HEAD";
  WriteRequestHead(head, wire, options_.proper_case, output_);
  encoder_.Start(wire.framing, wire.content_length.value_or(0));
  request_ = Request::kStarted;
  // A body that was announced and is empty is still a body.
  buffer::Buffer nothing(pool_);
  if (end) EncodeBody(nothing, true);
  handler_.OnOutput();
}

void ClientConnection::EncodeAsking(const RequestHead& head) {
  asked_ = head.protocol.empty() ? Asked::kConnect : Asked::kUpgrade;
  protocol_ = std::make_unique<const std::string>(head.protocol);
  is_head_ = head.method == "HEAD";
  const WireHead wire{.framing = WireFraming::kUntilClose,
                      .absolute_form = options_.absolute_form,
                      .upgrade = *protocol_};
  WriteRequestHead(head, wire, options_.proper_case, output_);
  encoder_.Start(wire.framing, 0);
  request_ = Request::kStarted;
  handler_.OnOutput();
}

void ClientConnection::EncodeBody(buffer::Buffer& data, bool end) {
  if (StreamIsOver() || request_ == Request::kDone) return data.Clear();
  WEIR_DCHECK(request_ == Request::kStarted, "the head comes before the body");
  // RFC 9931: a server that refuses would read the bytes as a request.
  if (asked_ != Asked::kAnswer && !tunnel_) return CutOff("http1.tunnel_not_granted");
  if (!encoder_.Encode(data, end, output_)) return CutOff("http1.content_length_mismatch");
  if (end) request_ = Request::kDone;
  handler_.OnOutput();
}

void ClientConnection::EncodeTrailers(const HeaderMap& trailers) {
  if (StreamIsOver() || request_ == Request::kDone) return;
  WEIR_DCHECK(request_ == Request::kStarted, "the head comes before the trailers");
  if (!encoder_.EncodeTrailers(trailers, options_.enable_trailers, output_)) {
    return CutOff("http1.content_length_mismatch");
  }
  request_ = Request::kDone;
  handler_.OnOutput();
}

void ClientConnection::Reset(const StreamError&) {
  if (MayClose()) return;
  given_up_ = true;
  handler_.OnOutput();
}

void ClientConnection::CutOff(std::string_view detail) {
  cut_off_ =
      StreamError{.kind = ErrorKind::kLocalReset, .side = Side::kDownstream, .detail = detail};
  handler_.OnOutput();
}

}  // namespace weir::http::h1
