// One nghttp2 session and its streams: what the server and the client codec have in common.
//
// nghttp2's callbacks run inside Decode (mem_recv) and inside Pump (mem_send). Heads and bodies are
// delivered from the first; ends of streams are only noted there, and told by SettleStreams, which
// Decode, FinishTurn and Abort call last. So no stream object dies while nghttp2 or a receiver is
// on the stack. Encode calls hand frames to nghttp2's queue; Pump makes bytes of them while the
// output has room.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <span>
#include <vector>

#include "source/http/h2/closed_streams.h"
#include "source/http/h2/codec.h"
#include "source/http/h2/flood_guard.h"
#include "source/http/h2/frame_scanner.h"
#include "source/http/h2/header_block.h"
#include "source/http/h2/header_list.h"
#include "source/http/h2/outbound_frames.h"
#include "source/http/h2/stream_state.h"

namespace weir::http::h2 {

// The half of a codec that differs between server and client.
class Endpoint {
 public:
  // A header block that opens a message is complete: the first of a stream, or one after 1xx
  // answers. `stream` is null for a request that has no stream object yet.
  virtual void OnHead(int32_t stream_id, StreamState* stream, const HeaderBlock& block,
                      bool end) = 0;
  // SETTINGS or GOAWAY came from the peer.
  virtual void OnPeerLimits() = 0;
  virtual void OnOutput() = 0;
  virtual void OnConnectionError(const StreamError& error) = 0;
  // Server only: see ServerStreamHandler.
  virtual bool IsYoung(const StreamState&) const { return false; }
  // Destroys the stream's object, after its OnStreamClosed.
  virtual void DestroyStream(StreamState& stream) = 0;

 protected:
  ~Endpoint() = default;
};

class Connection final : public Pings {
 public:
  enum class Role : uint8_t { kServer, kClient };

  Connection(Role role, Endpoint& endpoint, buffer::BlockPool& pool, const Options& options,
             Stats& stats);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The contract of Codec.
  CodecState Decode(buffer::Buffer& in);
  CodecState DecodeEnd();
  CodecState Abort(const StreamError& error);
  CodecState FinishTurn();
  void StartDrain();
  void SetOutputBlocked(bool blocked);
  buffer::Buffer& output() { return output_; }
  size_t active_streams() const { return streams_.size(); }
  bool backpressure_due() const { return !watched_.empty(); }
  bool in_header_block() const { return scanner_.in_header_block(); }

  // Streams. Add makes `stream` known here; Bind to nghttp2, once it has an id.
  void Add(StreamState& stream);
  void Bind(StreamState& stream, int32_t id);
  // A request or response head as nghttp2 queues it. `list()` must be filled.
  HeaderList& list() { return list_; }
  int SubmitResponse(StreamState& stream, bool end);
  int32_t SubmitRequest(StreamState& stream, bool end);
  void SubmitInformational(StreamState& stream);
  // An answer of the codec itself to a request that is refused: a head without body.
  void SubmitRefusal(int32_t stream_id, uint16_t status);
  void RefuseStream(int32_t stream_id, uint32_t error_code);
  // The contract of Stream.
  void EncodeBody(StreamState& stream, buffer::Buffer& data, bool end);
  void EncodeTrailers(StreamState& stream, const HeaderMap& trailers);
  void Reset(StreamState& stream, const StreamError& error);
  void SetReadPaused(StreamState& stream, bool paused);
  // What was encoded contradicts itself, or cannot be sent: RST_STREAM now, OnReset with the next
  // settling.
  void CutOff(StreamState& stream, std::string_view detail,
              ErrorKind kind = ErrorKind::kLocalReset);
  // Gives what the stream holds; the peer gets window for it.
  void Deliver(StreamState& stream);
  // The same with the next Decode.
  void DeliverSoon(StreamState& stream);
  // The peer's message is malformed: RST_STREAM now, OnReset likewise.
  void Refuse(StreamState& stream, std::string_view detail, ErrorKind kind);

  bool draining() const { return draining_; }
  bool goaway_received() const { return goaway_received_; }
  bool input_ended() const { return input_ended_; }
  // The answer grants no tunnel: what the client has sent, and still sends, is dropped.
  void RefuseTunnel(StreamState& stream);

  bool failed() const { return failed_; }
  bool settings_received() const { return settings_received_; }
  // The peer takes extended CONNECT (RFC 8441, 3).
  bool peer_allows_connect() const;
  // Of the peer's SETTINGS; the assumed one before they come.
  uint32_t peer_max_streams() const;
  bool may_request() const { return nghttp2_session_check_request_allowed(session_) != 0; }
  FloodGuard& floods() { return floods_; }
  Stats& stats() { return stats_; }
  // A limit was exceeded when there is a `flood`: the connection fails at the end of Decode.
  void CheckFlood(const Flood* flood);

  // Pings
  void SendPing() override;
  uint64_t answered() const override { return pings_answered_; }

 private:
  friend struct CallbackBodies;

  void SendPreface();
  void Receive(buffer::Buffer& in);
  void Pump();
  void DeliverResumed();
  // Nothing else says that the peer has read the end of our side of a tunnel: the end of its own
  // may have crossed it. When the connection ends before, what the peer sends meanwhile resets it,
  // and takes what was not read. The stream is kept until a PING behind that end is answered.
  void AwaitReading(StreamState& stream);
  void OnEndRead(int32_t stream_id);
  void Consume(int32_t stream_id, size_t bytes);
  void Watch(StreamState& stream);
  void UpdateBackpressure(StreamState& stream);
  void SettleStreams();
  void TellEnd(StreamState& stream);
  void FinalGoaway();
  CodecState Settle();
  void NoteFailure(ErrorKind kind, std::string_view detail, uint32_t code);
  void CheckOutbound();
  void Fail();
  // With `error`, but for those that are whole.
  void EndAll(const StreamError& error);
  void GiveWhole(StreamState& stream);
  CodecState Result() const;
  Side side() const { return role_ == Role::kServer ? Side::kDownstream : Side::kUpstream; }
  bool OutputIsFull() const {
    return output_blocked_ || output_.size() >= options_.limits.high_watermark;
  }

  // Before nghttp2 sees the frame.
  void OnFrameHeader(const FrameHeader& header);
  void CheckStreamOf(const FrameHeader& header);
  // From the callbacks.
  void OnHopelessBlock(int32_t stream_id);
  void OnStreamWithoutObject();
  void OnInvalidHeaders(const nghttp2_frame_hd& header, int error);
  // A head or trailers with what the options forbid; `stream` may be null.
  void OnForbiddenText(int32_t stream_id, StreamState* stream);
  void OnFrame(const nghttp2_frame& frame);
  void OnHeadersFrame(const nghttp2_frame& frame);
  void OnPingAnswered(const nghttp2_ping& ping);
  void OnFrameSent(const nghttp2_frame& frame);
  void OnEndSent(int32_t stream_id);
  void OnGoawaySent(uint32_t error_code);
  void OnFrameNotSent(const nghttp2_frame& frame);
  void OnData(int32_t stream_id, std::string_view bytes);
  void OnStreamClose(int32_t stream_id, uint32_t error_code);
  ssize_t ReadPending(int32_t stream_id, size_t length, uint32_t* flags);
  // False when the output is full and nghttp2 shall stop after this frame.
  bool SendData(int32_t stream_id, std::string_view frame_header, size_t length);
  StreamState* Find(int32_t stream_id) const;
  void End(StreamState& stream) { ended_.push_back(&stream); }

  const Role role_;
  Endpoint& endpoint_;
  buffer::BlockPool& pool_;
  const Options& options_;
  Stats& stats_;
  nghttp2_session* session_ = nullptr;
  buffer::Buffer output_;
  buffer::Buffer* input_ = nullptr;  // During Decode.
  HeaderBlock block_;
  HeaderList list_;
  FrameScanner scanner_;
  FloodGuard floods_;
  OutboundFrames outbound_;
  ClosedStreams closed_;
  std::vector<StreamState*> streams_;
  std::vector<StreamState*> ended_;       // To be told and let go.
  std::vector<StreamState*> resumed_;     // To be delivered what they hold.
  std::vector<StreamState*> resuming_;    // During their delivery; keeps its room.
  std::vector<StreamState*> watched_;     // Back-pressure may have changed.
  ErrorKind failure_ = ErrorKind::kNone;  // Noted; Fail acts on it.
  std::string_view failure_detail_;
  uint32_t failure_code_ = 0;
  int32_t goaway_last_stream_ = 0;  // With final_goaway_: later ones are not served.
  uint64_t pings_sent_ = 0;
  uint64_t pings_answered_ = 0;
  bool failed_ = false;
  bool draining_ = false;
  bool final_goaway_ = false;
  bool goaway_received_ = false;
  bool settings_received_ = false;
  bool input_ended_ = false;
  bool output_blocked_ = false;
};

}  // namespace weir::http::h2
