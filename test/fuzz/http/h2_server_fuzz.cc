// The HTTP/2 server codec under arbitrary frames: every stream ends once, and nothing that it lets
// through breaks the grammar. The input is what follows the client's preface; its first byte is the
// size of the pieces.
#include <cstdint>
#include <string>

#include "source/base/check.h"
#include "source/http/h2/codec.h"
#include "source/http/preface.h"
#include "source/http/syntax.h"
#include "test/http/recording_handler.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  using namespace weir::http;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t piece = data[0] == 0 ? bytes.size() : data[0];
  buffer::BlockPool pool;
  h2::Options options;
  options.allow_connect = true;
  h2::Stats stats;
  RecordingServer server(pool);
  server.on_headers = [](RecordedRequest& request) {
    if (request.asks_for_tunnel()) request.GrantTunnel();
    if (request.head.path.ends_with("pause")) request.stream->SetReadPaused(true);
    if (request.head.path.ends_with("reset")) {
      request.stream->Reset(StreamError{.kind = ErrorKind::kLocalReset});
    }
  };
  server.on_end = [](RecordedRequest& request) {
    if (request.asks_for_tunnel()) return request.EndTunnel();
    request.Answer(200, "ok");
  };
  auto codec = h2::CreateServerCodec(server, pool, options, stats);
  buffer::Buffer in(pool);
  in.Append(kHttp2Preface);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    in.Append(bytes.substr(at, piece));
    codec->Decode(in);
    codec->FinishTurn();
    codec->output().Clear();
  }
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  WEIR_CHECK(codec->active_streams() == 0, "a stream outlived its connection");
  for (auto& request : server.requests) {
    WEIR_CHECK(request->received.closed, "a stream was not closed");
    WEIR_CHECK(IsToken(request->head.method), "an invalid method came through");
    WEIR_CHECK(IsValidAuthority(request->head.authority), "an invalid authority came through");
    for (const HeaderField& field : request->head.headers) {
      WEIR_CHECK(HeaderMap::IsValidName(field.name), "an invalid name came through");
      WEIR_CHECK(field.id == HeaderId::kCookie || HeaderMap::IsValidValue(field.value),
                 "an invalid value came through");
    }
  }
  return 0;
}
