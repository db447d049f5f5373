// The client side of one HTTP/2 connection.
#include <algorithm>

#include "source/base/check.h"
#include "source/http/h2/codec.h"
#include "source/http/h2/connection.h"
#include "source/http/h2/side.h"

namespace weir::http::h2 {
namespace {

class ResponseStream final : public ClientStream {
 public:
  ResponseStream(Connection& connection, buffer::BlockPool& pool, ClientStreamHandler& handler)
      : state(pool), receiver(handler), connection_(connection) {
    state.handler = &handler;
  }

  void EncodeHeaders(const RequestHead& head, bool end) override;
  // An extended CONNECT waits until the server has said whether it knows such a thing.
  void SendWaitingHead();
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
  ClientStreamHandler& receiver;

 private:
  void EncodeAsking(const RequestHead& head);
  void Submit(bool end);

  Connection& connection_;
};

void ResponseStream::EncodeHeaders(const RequestHead& head, bool end) {
  if (state.given_up || state.error || state.closed) return;
  WEIR_DCHECK(!state.head_encoded, "one request a stream");
  if (head.framing.kind == Framing::kTunnel) return EncodeAsking(head);
  if (head.framing.kind == Framing::kLength) {
    if (end && head.framing.length != 0)
      return connection_.CutOff(state, "http2.content_length_mismatch");
    state.declared = head.framing.length;
  }
  state.is_head = head.method == "HEAD";
  connection_.list().SetRequest(head);
  Submit(end);
}

void ResponseStream::EncodeAsking(const RequestHead& head) {
  state.tunnel = Tunnel::kAsked;
  state.by_upgrade = !head.protocol.empty();
  connection_.list().SetRequest(head);
  if (!state.by_upgrade) return Submit(false);
  state.waiting_head = connection_.list().Copy();
  if (connection_.settings_received()) SendWaitingHead();
}

void ResponseStream::SendWaitingHead() {
  if (state.waiting_head.empty() || state.given_up || state.error) return;
  if (!connection_.peer_allows_connect()) {
    return connection_.CutOff(state, "http2.extended_connect_not_supported",
                              ErrorKind::kUnsupported);
  }
  connection_.list().Set(state.waiting_head);
  Submit(false);
  state.waiting_head.clear();
}

void ResponseStream::Submit(bool end) {
  if (connection_.SubmitRequest(state, end) > 0) return;
  state.id = 0;
  connection_.CutOff(state, "http2.stream_ids_exhausted");
}

class ClientSide final : public Side<PingingClientCodec, ClientCodecHandler, ResponseStream> {
 public:
  ClientSide(ClientCodecHandler& handler, buffer::BlockPool& pool, const Options& options,
             Stats& stats)
      : Side(Connection::Role::kClient, handler, pool, options, stats) {}

  ClientStream& NewStream(ClientStreamHandler& handler) override;
  bool can_open_stream() const override {
    return connection_.active_streams() < StreamLimit() && connection_.may_request();
  }

 private:
  void OnHead(int32_t stream_id, StreamState* stream, const HeaderBlock& block, bool end) override;
  void OnPeerLimits() override;

  uint32_t StreamLimit() const {
    if (connection_.goaway_received() || connection_.draining() || connection_.input_ended() ||
        connection_.failed()) {
      return 0;
    }
    return std::min(connection_.peer_max_streams(), options_.max_concurrent_streams);
  }
};

ClientStream& ClientSide::NewStream(ClientStreamHandler& handler) {
  WEIR_CHECK(can_open_stream(), "the connection takes no further stream");
  return Keep(std::make_unique<ResponseStream>(connection_, pool_, handler));
}

void ClientSide::OnPeerLimits() {
  if (connection_.settings_received()) {
    for (const auto& stream : streams_) stream->SendWaitingHead();
  }
  handler_.OnStreamLimit(StreamLimit());
}

void ClientSide::OnHead(int32_t, StreamState* stream, const HeaderBlock& block, bool end) {
  if (stream == nullptr || stream->given_up || stream->error) return;
  if (block.too_large()) {
    connection_.stats().header_overflow.Inc();
    return connection_.Refuse(*stream, "http2.headers_too_large", ErrorKind::kHeadersTooLarge);
  }
  const uint16_t status = block.status();
  if (status == 0)
    return connection_.Refuse(*stream, "http2.invalid_status", ErrorKind::kMalformed);
  ClientStreamHandler& receiver = streams_[stream->slot]->receiver;
  block.FillResponse(end, stream->is_head, receiver.response_head());
  if (status < 200) {
    if (++stream->informational > options_.max_informational) {
      return connection_.Refuse(*stream, "http2.too_many_1xx", ErrorKind::kFlood);
    }
    return receiver.OnInformational();
  }
  stream->arena = &receiver.response_head().headers.arena();
  stream->head_received = true;
  stream->end_received = end;
  const bool granted = stream->tunnel == Tunnel::kAsked && status < 300;
  if (stream->tunnel == Tunnel::kAsked) {
    stream->tunnel = granted ? Tunnel::kGranted : Tunnel::kNone;
  }
  stream->end_delivered = end && !granted;
  if (!granted) return receiver.OnHeaders(end);
  ResponseHead& head = receiver.response_head();
  if (stream->by_upgrade) head.status = 101;
  head.framing = BodyFraming{Framing::kTunnel, 0};
  receiver.OnHeaders(false);
  connection_.Deliver(*stream);
}

}  // namespace

std::unique_ptr<PingingClientCodec> CreateClientCodec(ClientCodecHandler& handler,
                                                      buffer::BlockPool& pool,
                                                      const Options& options, Stats& stats) {
  return std::make_unique<ClientSide>(handler, pool, options, stats);
}

}  // namespace weir::http::h2
