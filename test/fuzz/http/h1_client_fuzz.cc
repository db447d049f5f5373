// The HTTP/1.1 client codec must judge bytes the same whole and cut at any place. The first input
// byte is the size of the pieces; its highest bit asks with HEAD, the next for a tunnel.
#include <cstdint>
#include <string>

#include "source/base/check.h"
#include "source/http/h1/codec.h"
#include "test/http/recording_handler.h"

namespace weir::http::h1 {
namespace {

std::string Run(std::string_view bytes, size_t piece, bool head, bool tunnel) {
  buffer::BlockPool pool;
  Options options;
  options.enable_trailers = true;
  RecordingClient client;
  auto codec = CreateClientCodec(client, pool, options);
  RecordedResponse response(pool, client.events, "response");
  buffer::Arena arena(pool);
  RequestHead request(arena);
  request.method = head ? "HEAD" : "GET";
  request.authority = "a.example";
  request.path = "/";
  if (tunnel) {
    request.protocol = "websocket";
    request.framing.kind = Framing::kTunnel;
  }
  ClientStream& stream = codec->NewStream(response);
  stream.EncodeHeaders(request, !tunnel);
  buffer::Buffer in(pool);
  CodecState state = CodecState::kOpen;
  for (size_t at = 0; at < bytes.size() && !EndsConnection(state); at += piece) {
    in.Append(bytes.substr(at, piece));
    state = codec->Decode(in);
  }
  codec->DecodeEnd();
  if (tunnel && response.received.ended && response.status == 101) {
    buffer::Buffer nothing(pool);
    stream.EncodeBody(nothing, true);
  } else if (tunnel && response.received.ended) {
    stream.Reset(StreamError{.kind = ErrorKind::kLocalReset});
  }
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  WEIR_CHECK(response.received.closed, "the stream was not closed");
  WEIR_CHECK(response.received.ended != response.received.reset, "an answer ends in one way");
  if (!response.received.ended) return "";
  return StrCat(response.status, " ", response.received.body);
}

}  // namespace
}  // namespace weir::http::h1

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::http::h1;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool head = (data[0] & 0x80) != 0;
  const bool tunnel = (data[0] & 0x40) != 0;
  WEIR_CHECK(Run(bytes, bytes.size(), head, tunnel) == Run(bytes, data[0] % 32 + 1, head, tunnel),
             "the cut changed the answer");
  return 0;
}
