// The HTTP/1.1 server codec must judge bytes the same whole and cut at any place. The first input
// byte is the size of the pieces.
#include <cstdint>
#include <string>

#include "source/base/check.h"
#include "source/http/h1/codec.h"
#include "test/http/recording_handler.h"

namespace weir::http::h1 {
namespace {

struct Outcome {
  CodecState state = CodecState::kOpen;
  std::string messages;  // Of the complete requests.
};

Outcome Run(std::string_view bytes, size_t piece) {
  buffer::BlockPool pool;
  Options options;
  options.accept_http_10 = true;
  options.default_host_for_http_10 = "default.example";
  options.enable_trailers = true;
  Outcome outcome;
  RecordingServer server(pool);
  server.on_headers = [](RecordedRequest& request) {
    if (request.asks_for_tunnel()) request.GrantTunnel();
  };
  server.on_end = [](RecordedRequest& request) {
    if (request.asks_for_tunnel()) return request.EndTunnel();
    request.Answer(200, "ok");
  };
  auto codec = CreateServerCodec(server, pool, options);
  buffer::Buffer in(pool);
  for (size_t at = 0; at < bytes.size() && !EndsConnection(outcome.state); at += piece) {
    in.Append(bytes.substr(at, piece));
    outcome.state = codec->Decode(in);
    codec->output().Clear();
  }
  codec->DecodeEnd();
  codec->FinishTurn();
  for (auto& request : server.requests) {
    if (!request->received.ended) continue;
    outcome.messages += StrCat(request->head.method, " ", request->head.authority,
                               request->head.path, "\n", request->received.body, "\n");
    for (const HeaderField& field : request->head.headers) {
      WEIR_CHECK(HeaderMap::IsValidName(field.name), "an invalid name came through");
      WEIR_CHECK(HeaderMap::IsValidValue(field.value), "an invalid value came through");
      outcome.messages += StrCat(field.name, ": ", field.value, "\n");
    }
  }
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  for (auto& request : server.requests)
    WEIR_CHECK(request->received.closed, "a stream was not closed");
  return outcome;
}

}  // namespace
}  // namespace weir::http::h1

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::http::h1;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = Run(bytes, bytes.size());
  const Outcome cut = Run(bytes, data[0] % 32 + 1);
  WEIR_CHECK(whole.messages == cut.messages, "the cut changed the requests");
  return 0;
}
