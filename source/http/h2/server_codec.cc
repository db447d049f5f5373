// The server side of one HTTP/2 connection.
#include "source/http/h2/codec.h"
#include "source/http/h2/connection.h"
#include "source/http/h2/side.h"

#include "source/base/check.h"

namespace weir::http::h2 {
namespace {

class RequestStream final : public ServerStream {
 public:
  RequestStream(Connection& connection, buffer::BlockPool& pool)
      : state(pool), connection_(connection) {}

  void EncodeInformational(const ResponseHead& head) override;
  void EncodeHeaders(const ResponseHead& head, bool end) override;
  void EncodeBody(buffer::Buffer& data, bool end) override {
    connection_.EncodeBody(state, data, end);
  }
  void EncodeTrailers(const HeaderMap& trailers) override {
    connection_.EncodeTrailers(state, trailers);
  }
  void Reset(const StreamError& error) override { connection_.Reset(state, error); }
  void SetReadPaused(bool paused) override { connection_.SetReadPaused(state, paused); }
  size_t buffered() const override { return state.pending.size(); }
  size_t undelivered() const override { return state.received.size(); }

  StreamState state;

 private:
  void GrantTunnel(const ResponseHead& head);
  bool IsOver() const { return state.given_up || state.error || state.closed; }

  Connection& connection_;
};

void RequestStream::EncodeInformational(const ResponseHead& head) {
  if (IsOver()) return;
  connection_.list().SetResponse(head, state.is_head);
  connection_.SubmitInformational(state);
}

void RequestStream::EncodeHeaders(const ResponseHead& head, bool end) {
  if (IsOver()) return;
  WEIR_DCHECK(!state.head_encoded, "one answer a request");
  if (head.framing.kind == Framing::kTunnel) return GrantTunnel(head);
  if (state.tunnel == Tunnel::kAsked) connection_.RefuseTunnel(state);
  state.no_body = state.is_head || head.status == 204 || head.status == 304;
  if (!state.no_body && head.framing.kind == Framing::kLength) {
    if (end && head.framing.length != 0)
      return connection_.CutOff(state, "http2.content_length_mismatch");
    state.declared = head.framing.length;
  }
  connection_.list().SetResponse(head, state.is_head);
  connection_.SubmitResponse(state, end);
}

void RequestStream::GrantTunnel(const ResponseHead& head) {
  if (state.tunnel != Tunnel::kAsked) {
    return connection_.CutOff(state, "http2.tunnel_nobody_asked_for");
  }
  state.tunnel = Tunnel::kGranted;
  connection_.list().SetResponse(head, false);
  connection_.SubmitResponse(state, false);
  connection_.DeliverSoon(state);
}

class ServerSide final : public Side<PingingServerCodec, ServerCodecHandler, RequestStream> {
 public:
  ServerSide(ServerCodecHandler& handler, buffer::BlockPool& pool, const Options& options,
             Stats& stats)
      : Side(Connection::Role::kServer, handler, pool, options, stats) {}

  bool backpressure_due() const override { return connection_.backpressure_due(); }
  bool head_begun() const override { return connection_.in_header_block(); }

 private:
  void OnHead(int32_t stream_id, StreamState* stream, const HeaderBlock& block, bool end) override;
  void OnPeerLimits() override {}
  bool IsYoung(const StreamState& stream) const override {
    return static_cast<const ServerStreamHandler*>(stream.handler)->is_young();
  }
};

void ServerSide::OnHead(int32_t stream_id, StreamState*, const HeaderBlock& block, bool end) {
  connection_.floods().OnStreamOpened();
  const std::string_view why = block.too_large() ? "" : block.CheckRequest();
  if (block.too_large() || !why.empty()) {
    connection_.CheckFlood(connection_.floods().OnStreamEnd(true));
    (block.too_large() ? connection_.stats().header_overflow
                       : connection_.stats().rx_messaging_error)
        .Inc();
  }
  if (block.too_large()) return connection_.SubmitRefusal(stream_id, 431);
  if (!why.empty()) return connection_.RefuseStream(stream_id, NGHTTP2_PROTOCOL_ERROR);

  RequestStream& stream = Keep(std::make_unique<RequestStream>(connection_, pool_));
  connection_.Bind(stream.state, stream_id);
  ServerStreamHandler& receiver = handler_.OnRequestStart(stream);
  RequestHead& head = receiver.request_head();
  block.FillRequest(options_.scheme, end, head);
  stream.state.handler = &receiver;
  stream.state.arena = &head.headers.arena();
  stream.state.is_head = block.IsHead();
  stream.state.head_received = true;
  stream.state.end_received = end;
  if (block.IsConnect()) stream.state.tunnel = Tunnel::kAsked;
  stream.state.by_upgrade = block.HasProtocol();
  stream.state.end_delivered = end && !block.IsConnect();
  receiver.OnHeaders(stream.state.end_delivered);
}

}  // namespace

std::unique_ptr<PingingServerCodec> CreateServerCodec(ServerCodecHandler& handler,
                                                      buffer::BlockPool& pool,
                                                      const Options& options, Stats& stats) {
  return std::make_unique<ServerSide>(handler, pool, options, stats);
}

}  // namespace weir::http::h2
