// The server side of one HTTP/2 connection.
#include "source/http/h2/codec.h"
#include "source/http/h2/connection.h"

#include "source/base/check.h"

namespace weir::http::h2 {
namespace {

class ServerSide;

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

class ServerSide final : public PingingServerCodec, private Endpoint {
 public:
  ServerSide(ServerCodecHandler& handler, buffer::BlockPool& pool, const Options& options,
             Stats& stats)
      : handler_(handler),
        pool_(pool),
        options_(options),
        connection_(Connection::Role::kServer, *this, pool, options, stats) {}

  CodecState Decode(buffer::Buffer& in) override { return connection_.Decode(in); }
  CodecState DecodeEnd() override { return connection_.DecodeEnd(); }
  void Abort(const StreamError& error) override { connection_.Abort(error); }
  CodecState FinishTurn() override { return connection_.FinishTurn(); }
  void StartDrain() override { connection_.StartDrain(); }
  buffer::Buffer& output() override { return connection_.output(); }
  void SetOutputBlocked(bool blocked) override { connection_.SetOutputBlocked(blocked); }
  size_t active_streams() const override { return connection_.active_streams(); }
  Protocol protocol() const override { return Protocol::kHttp2; }
  bool backpressure_due() const override { return connection_.backpressure_due(); }
  bool head_begun() const override { return connection_.in_header_block(); }
  Pings& pings() override { return connection_; }

 private:
  void OnHead(int32_t stream_id, StreamState* stream, const HeaderBlock& block, bool end) override;
  void OnPeerLimits() override {}
  void OnOutput() override { handler_.OnOutput(); }
  void OnConnectionError(const StreamError& error) override { handler_.OnConnectionError(error); }
  bool IsYoung(const StreamState& stream) const override {
    return static_cast<const ServerStreamHandler*>(stream.handler)->is_young();
  }
  void DestroyStream(StreamState& stream) override;

  ServerCodecHandler& handler_;
  buffer::BlockPool& pool_;
  const Options& options_;
  Connection connection_;
  // Aligned with the connection's table: the stream of slot i stands at i.
  std::vector<std::unique_ptr<RequestStream>> streams_;
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

  streams_.push_back(std::make_unique<RequestStream>(connection_, pool_));
  RequestStream& stream = *streams_.back();
  connection_.Add(stream.state);
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

void ServerSide::DestroyStream(StreamState& stream) {
  // The connection has put its last stream into the slot of this one.
  std::swap(streams_[stream.slot], streams_.back());
  streams_.pop_back();
}

}  // namespace

std::unique_ptr<PingingServerCodec> CreateServerCodec(ServerCodecHandler& handler,
                                                      buffer::BlockPool& pool,
                                                      const Options& options, Stats& stats) {
  return std::make_unique<ServerSide>(handler, pool, options, stats);
}

}  // namespace weir::http::h2
