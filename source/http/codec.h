// The contract of codecs: bytes in, events out; heads and bodies in, bytes out. No I/O.
//
// A connection (proxy's Session downstream, upstream's pool connection) owns the codec and the byte
// stream. It reads bytes, calls Decode, and at the end of the turn writes output(). Sequences of
// events on a server stream, each from inside Decode:
//
//   OnRequestStart  OnHeaders(end)                                   no body
//   OnRequestStart  OnHeaders  OnBody* OnBody(end)                   body
//   OnRequestStart  OnHeaders  OnBody* OnTrailers                    body with trailers
//   ... OnReset at any point after OnRequestStart: nothing follows it.
//
// On a client stream: OnInformational* (1xx), then OnHeaders and so on, or OnReset.
//
// Inside an event the receiver may call any method of its stream (answer at once, reset, pause).
// Encode calls never call back, but for OutputSignal, which only notes. A stream object is valid
// until the codec has seen both its ends or a reset; OnStreamClosed is its last event and comes for
// every stream, once, from Decode, DecodeEnd or the connection's Abort, never from inside an Encode
// call or Reset: after the last byte was encoded and the peer's end decoded, it comes from
// FinishTurn, which the connection calls before it flushes.
//
// Tunnels (Framing::kTunnel, RFC 9931). A request asks for one by Upgrade, by extended CONNECT
// (both: method and path of the request, `protocol` not empty) or by CONNECT (no path). The answer
// grants it: 101 to the first two, whatever the version of HTTP says in its place, or 2xx to
// CONNECT, with Framing::kTunnel; every other answer refuses.
//   server: OnRequestStart  OnHeaders, then nothing before EncodeHeaders has granted the tunnel;
//           then OnBody* OnBody(end). After a refusal the client's bytes are dropped, and an HTTP/1
//           connection ends with the answer: they are never read as a request.
//   client: nothing but the head may be encoded before OnHeaders with kTunnel.
// Both directions end by themselves; a stream is over when both have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/buffer/buffer.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"

namespace weir::http {

// Told when output() may have turned non-empty. Must only take a note (queue a turn-end task).
class OutputSignal {
 public:
  virtual void OnOutput() = 0;

 protected:
  ~OutputSignal() = default;
};

// Receives one direction's body and end. Both kinds of stream handler have these.
class StreamHandler {
 public:
  // Takes what it wants from `data`; what it leaves is dropped. `end` says that no more comes.
  virtual void OnBody(buffer::Buffer& data, bool end) = 0;
  virtual void OnTrailers(HeaderMap& trailers) = 0;
  virtual void OnReset(const StreamError& error) = 0;
  // The bytes that this side encoded and the connection has not taken yet went above the high
  // watermark (true) or fell below the low one (false). Strictly alternating, true first.
  virtual void OnBackpressure(bool blocked) = 0;
  // The codec has let the stream go; its Stream object must not be used any more.
  virtual void OnStreamClosed() = 0;

 protected:
  ~StreamHandler() = default;
};

// Server side: lives in the receiver of a request.
class ServerStreamHandler : public StreamHandler {
 public:
  // Where the codec puts the head; belongs to the handler and is empty when OnRequestStart returned
  // it.
  virtual RequestHead& request_head() = 0;
  virtual void OnHeaders(bool end) = 0;
  // Whether the request has only just begun: a reset of it before its answer is a premature one,
  // of which there may not be many.
  virtual bool is_young() const { return true; }
  // HTTP/1: the rest of the request is refused before its answer has begun, and the codec answers
  // with `head` and `body`. May change both; gives the body, which lives as long as the head's
  // arena. OnReset follows.
  virtual std::string_view OnRefused(const StreamError& /*error*/, ResponseHead& /*head*/,
                                     std::string_view body) {
    return body;
  }

 protected:
  ~ServerStreamHandler() = default;
};

// Client side: lives in the receiver of a response.
class ClientStreamHandler : public StreamHandler {
 public:
  // Where the codec puts the head (cleared by the codec before each use).
  virtual ResponseHead& response_head() = 0;
  // 1xx other than 101. response_head() holds it during the call only.
  virtual void OnInformational() = 0;
  virtual void OnHeaders(bool end) = 0;

 protected:
  ~ClientStreamHandler() = default;
};

// The sending half of a stream, and control over its receiving half.
class Stream {
 public:
  virtual ~Stream() = default;
  // Moves `data` out. After `end` nothing may be encoded. More than the declared length, or an end
  // short of it, resets the stream: the peer never sees a message that looks whole and is not.
  virtual void EncodeBody(buffer::Buffer& data, bool end) = 0;
  virtual void EncodeTrailers(const HeaderMap& trailers) = 0;
  // Gives the stream up: RST_STREAM, or for HTTP/1 the connection. OnReset does not follow.
  virtual void Reset(const StreamError& error) = 0;
  // While paused no further OnBody comes (HTTP/2: no window is given; HTTP/1: Decode stops), but
  // for what came of a whole message before its connection ended. Not counted: who has several
  // reasons counts them. Resuming delivers from the next Decode, which the connection makes at the
  // end of the turn: OnOutput asks for that.
  virtual void SetReadPaused(bool paused) = 0;
  // Bytes encoded that the stream holds, as the connection's output does not take them yet.
  virtual size_t buffered() const = 0;
  // Bytes received that the stream holds: its receiver has paused it, or its tunnel is not granted.
  virtual size_t undelivered() const = 0;
};

class ServerStream : public Stream {
 public:
  virtual void EncodeInformational(const ResponseHead& head) = 0;
  virtual void EncodeHeaders(const ResponseHead& head, bool end) = 0;
};

class ClientStream : public Stream {
 public:
  virtual void EncodeHeaders(const RequestHead& head, bool end) = 0;
};

enum class CodecState : uint8_t {
  kOpen,
  kTunnel,  // HTTP/1: the connection has become a tunnel, each direction of which ends by itself:
            // the end of the input is not the end.
  kTunnelSent,  // The same, and nothing more is encoded: flush output(), then shut the write side.
  kClosing,     // No further stream: flush output(), then close (HTTP/1: after the last answer;
                // HTTP/2: GOAWAY sent or received and no stream left).
  kTorn,    // HTTP/1: bytes that end with the connection (those of a tunnel, and of an answer to
            // HTTP/1.0) broke off. Flush output(), then reset the connection when the peer has
            // had time to read: an end in order would look like theirs.
  kFailed,  // The peer broke the protocol: flush output() (an error answer, GOAWAY) and close.
};

inline bool IsTunnel(CodecState state) {
  return state == CodecState::kTunnel || state == CodecState::kTunnelSent;
}

// Whether the connection ends with what is under way: nothing new is decoded.
inline bool EndsConnection(CodecState state) {
  return state == CodecState::kClosing || state == CodecState::kTorn ||
         state == CodecState::kFailed;
}

// What both sides of a codec share. The connection owns it.
class Codec {
 public:
  virtual ~Codec() = default;
  // Consumes from `in` and gives events. What stays in `in` waits for more bytes or for a resume.
  virtual CodecState Decode(buffer::Buffer& in) = 0;
  // The peer ended its side. Open streams that still wait for bytes are reset (a response that ends
  // with the connection ends well).
  virtual CodecState DecodeEnd() = 0;
  // The connection is gone: every open stream gets OnReset(error) and OnStreamClosed. kTorn says
  // that it is to be reset, as for a stream or for what is left of output() its end would look like
  // another one.
  virtual CodecState Abort(const StreamError& error) = 0;
  // Lets finished streams go; before each flush.
  virtual CodecState FinishTurn() = 0;
  // Begins to end: HTTP/1 answers the request in flight (or none) and closes, HTTP/2 sends GOAWAY
  // with the last stream id (twice: first 2^31-1, so that requests on their way are not lost; the
  // second when the client is known to have seen the first). Asked again it changes nothing.
  virtual void StartDrain() = 0;
  // Bytes to send; the connection drains it.
  virtual buffer::Buffer& output() = 0;
  // The output buffer crossed the connection's watermarks: tells the streams that encode.
  virtual void SetOutputBlocked(bool blocked) = 0;
  virtual size_t active_streams() const = 0;
};

class ServerCodecHandler : public OutputSignal {
 public:
  // A request's head is there. The handler for it, valid until OnStreamClosed.
  virtual ServerStreamHandler& OnRequestStart(ServerStream& stream) = 0;
  // A client offers to switch to it (RFC 9110, 7.8; HTTP/1 only): whether that is overlooked.
  virtual bool OverlooksUpgrade(std::string_view /*protocol*/) { return false; }
  // The peer broke the protocol outside of any stream; the counters want to know. Decode returns
  // kFailed.
  virtual void OnConnectionError(const StreamError& error) = 0;
  // The same, where no request could be made of the bytes. OnConnectionError follows.
  virtual std::string_view OnRefused(const StreamError& /*error*/, ResponseHead& /*head*/,
                                     std::string_view body) {
    return body;
  }

 protected:
  ~ServerCodecHandler() = default;
};

class ServerCodec : public Codec {
 public:
  virtual Protocol protocol() const = 0;
  // A stream may have come to hold too much, or little again: FinishTurn tells its receiver, also
  // when nothing can be written.
  virtual bool backpressure_due() const = 0;
  // Bytes of a head have come, and it is not whole.
  virtual bool head_begun() const = 0;
};

class ClientCodecHandler : public OutputSignal {
 public:
  // How many streams may be open at once has changed (HTTP/2 SETTINGS), or the peer said GOAWAY (0
  // new).
  virtual void OnStreamLimit(uint32_t max_concurrent) = 0;
  virtual void OnConnectionError(const StreamError& error) = 0;

 protected:
  ~ClientCodecHandler() = default;
};

class ClientCodec : public Codec {
 public:
  virtual Protocol protocol() const = 0;
  // A new stream; the caller has seen that can_open_stream().
  virtual ClientStream& NewStream(ClientStreamHandler& handler) = 0;
  // HTTP/1: no request in flight and the connection is reusable. HTTP/2: below the limit and no
  // GOAWAY.
  virtual bool can_open_stream() const = 0;
};

// Limits that both codecs keep. Defaults are Envoy's (HttpConnectionManager, HttpProtocolOptions).
struct CodecLimits {
  uint32_t max_header_bytes =
      60 * 1024;  // max_request_headers_kb; names and values and 32 a field.
  uint32_t max_header_count = 100;
  uint32_t high_watermark = 1024 * 1024;  // per_connection_buffer_limit_bytes
  // HTTP/2 pauses a stream above this; low watermarks are half of the high ones.
  uint32_t stream_high_watermark = 256 * 1024;

  friend bool operator==(const CodecLimits&, const CodecLimits&) = default;
};

}  // namespace weir::http
