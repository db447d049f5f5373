// The HTTP/2 client codec under arbitrary frames from an upstream: every stream ends once, an
// answer is whole or reset, and nothing that it lets through breaks the grammar. The input is what
// the upstream sends; its first byte is the size of the pieces.
#include <cstdint>
#include <string>

#include "source/base/check.h"
#include "source/http/h2/codec.h"
#include "test/http/recording_handler.h"

namespace {

using namespace weir;
using namespace weir::http;

void Ask(buffer::BlockPool& pool, ClientStream& stream, std::string_view method) {
  buffer::Arena arena(pool);
  RequestHead head(arena);
  head.method = method;
  head.scheme = "http";
  head.authority = "a.example";
  head.path = "/";
  const bool post = method == "POST";
  if (post) head.framing = {Framing::kChunked, 0};
  stream.EncodeHeaders(head, !post);
  if (!post) return;
  buffer::Buffer body(pool);
  body.Append("body");
  stream.EncodeBody(body, true);
}

void CheckAnswer(const RecordedResponse& response) {
  WEIR_CHECK(response.received.closed, "a stream was not closed");
  WEIR_CHECK(!(response.received.ended && response.received.reset), "an answer ended twice");
  if (response.status == 0) return;
  WEIR_CHECK(response.status >= 200 && response.status <= 599, "an invalid status came through");
  for (const HeaderField& field : response.head.headers) {
    WEIR_CHECK(HeaderMap::IsValidName(field.name), "an invalid name came through");
    WEIR_CHECK(field.id == HeaderId::kCookie || HeaderMap::IsValidValue(field.value),
               "an invalid value came through");
  }
  const BodyFraming& framing = response.head.framing;
  if (response.received.ended && framing.kind == Framing::kLength) {
    WEIR_CHECK(response.received.body.size() == framing.length, "a body of another length");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t piece = data[0] == 0 ? bytes.size() : data[0];
  buffer::BlockPool pool;
  h2::Options options;
  h2::Stats stats;
  RecordingClient client;
  auto codec = h2::CreateClientCodec(client, pool, options, stats);
  std::vector<std::unique_ptr<RecordedResponse>> responses;
  for (const char* method : {"GET", "HEAD", "POST"}) {
    responses.push_back(std::make_unique<RecordedResponse>(pool, client.events, method));
    Ask(pool, codec->NewStream(*responses.back()), method);
  }
  codec->FinishTurn();
  codec->output().Clear();
  buffer::Buffer in(pool);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    in.Append(bytes.substr(at, piece));
    codec->Decode(in);
    codec->FinishTurn();
    codec->output().Clear();
  }
  codec->DecodeEnd();
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  WEIR_CHECK(codec->active_streams() == 0, "a stream outlived its connection");
  WEIR_CHECK(stats.streams_active.value() == 0, "a stream is still counted");
  for (const auto& response : responses) CheckAnswer(*response);
  return 0;
}
