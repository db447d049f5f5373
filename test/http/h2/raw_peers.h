// The codecs' ends as tests drive them: bytes of the peer in, what was sent and told out.
#pragma once

#include <memory>
#include <string>

#include "source/http/h2/codec.h"
#include "test/http/h2/raw_frames.h"
#include "test/http/recording_handler.h"

namespace weir::http::h2 {

inline constexpr int64_t kNoError = 0;
inline constexpr int64_t kProtocolError = 1;
inline constexpr int64_t kFlowControlError = 3;
inline constexpr int64_t kStreamClosed = 5;
inline constexpr int64_t kCompressionError = 9;
inline constexpr int64_t kCalm = 11;

inline std::string Repeat(const std::string& frame, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += frame;
  return out;
}

// The error code of the last frame of `type` in `output`; -1 when there is none.
inline int64_t CodeOf(std::string_view output, FrameType type) {
  int64_t code = -1;
  for (const SeenFrame& frame : ReadFrames(output)) {
    if (frame.type == type) code = frame.error_code();
  }
  return code;
}

// One turn of a connection: `bytes` come in, what goes out is added to `output`.
inline CodecState Turn(Codec& codec, buffer::Buffer& in, std::string_view bytes,
                       std::string& output) {
  in.Append(bytes);
  codec.Decode(in);
  const CodecState state = codec.FinishTurn();
  output += codec.output().ToString();
  codec.output().Clear();
  return state;
}

// A server codec and what it has sent.
class Server {
 public:
  explicit Server(Options given = {})
      : options(given),
        recorded(pool),
        codec(CreateServerCodec(recorded, pool, options, stats)),
        in_(pool) {}
  ~Server() { codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed}); }

  CodecState Send(std::string_view bytes) { return Turn(*codec, in_, bytes, output); }
  int64_t CodeOf(FrameType type) const { return h2::CodeOf(output, type); }

  buffer::BlockPool pool;
  Options options;
  Stats stats;
  RecordingServer recorded;
  std::unique_ptr<PingingServerCodec> codec;
  std::string output;

 private:
  buffer::Buffer in_;
};

// A client codec with one request on its way.
class Client {
 public:
  explicit Client(Options given = {})
      : options(given),
        codec(CreateClientCodec(recorded, pool, options, stats)),
        response(pool, recorded.events, "response"),
        arena_(pool),
        in_(pool) {
    RequestHead head(arena_);
    head.method = "GET";
    head.scheme = "http";
    head.authority = "a.example";
    head.path = "/";
    codec->NewStream(response).EncodeHeaders(head, true);
    Send(Frame(kSettings, 0, 0, ""));
  }
  ~Client() { codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed}); }

  CodecState Send(std::string_view bytes) { return Turn(*codec, in_, bytes, output); }
  int64_t CodeOf(FrameType type) const { return h2::CodeOf(output, type); }

  buffer::BlockPool pool;
  Options options;
  Stats stats;
  RecordingClient recorded;
  std::unique_ptr<PingingClientCodec> codec;
  RecordedResponse response;
  std::string output;

 private:
  buffer::Arena arena_;
  buffer::Buffer in_;
};

}  // namespace weir::http::h2
