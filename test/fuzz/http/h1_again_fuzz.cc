// What the HTTP/1.1 server codec accepted, written by the client codec and parsed again, is the
// same message. The first input byte chooses the options.
#include <cstdint>
#include <string>
#include <vector>

#include "source/base/check.h"
#include "source/http/h1/codec.h"
#include "test/http/recording_handler.h"

namespace weir::http::h1 {
namespace {

Options OptionsOf(uint8_t bits) {
  Options options;
  options.accept_http_10 = (bits & 1) != 0;
  options.default_host_for_http_10 = "default.example";
  options.enable_trailers = (bits & 2) != 0;
  options.allow_chunked_length = (bits & 4) != 0;
  options.proper_case = (bits & 8) != 0;
  options.preserve_case = (bits & 16) != 0;
  return options;
}

// Everything that a message consists of; its version is of the connection.
std::string Describe(const RecordedRequest& request) {
  const RequestHead& head = request.head;
  std::string text =
      StrCat(head.method, " ", head.authority, " ", head.path, " ", head.protocol, " ",
             http::Describe(head.framing), head.expects_continue ? " expects" : "");
  for (const HeaderField& field : head.headers)
    StrAppend(text, "\n", field.name, ": ", field.value);
  StrAppend(text, "\n\n", request.received.body);
  for (const auto& [name, value] : request.received.trailers) {
    StrAppend(text, "\n", name, ": ", value);
  }
  return text;
}

std::string Write(RecordedRequest& request, buffer::BlockPool& pool, const Options& options) {
  RecordingClient handler;
  auto codec = CreateClientCodec(handler, pool, options);
  RecordedResponse response(pool, handler.events, "response");
  ClientStream& stream = codec->NewStream(response);
  const bool chunked = request.head.framing.kind == Framing::kChunked;
  const bool trailers = !request.received.trailers.empty();
  const bool tunnel = request.head.framing.kind == Framing::kTunnel;
  stream.EncodeHeaders(request.head, request.received.body.empty() && !chunked && !tunnel);
  if (chunked || !request.received.body.empty()) {
    buffer::Buffer body(pool);
    body.Append(request.received.body);
    stream.EncodeBody(body, !trailers);
    if (trailers) {
      HeaderMap fields(request.arena);
      for (const auto& [name, value] : request.received.trailers) fields.Add(name, value);
      stream.EncodeTrailers(fields);
    }
  }
  std::string bytes = codec->output().ToString();
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  return bytes;
}

// Parses `bytes`; each complete request is described and, where asked for, written again.
std::vector<std::string> Parse(std::string_view bytes, const Options& options,
                               std::vector<std::string>* written) {
  buffer::BlockPool pool;
  std::vector<std::string> messages;
  RecordingServer server(pool);
  server.on_end = [](RecordedRequest& request) { request.Answer(200, "ok"); };
  auto codec = CreateServerCodec(server, pool, options);
  buffer::Buffer in(pool);
  in.Append(bytes);
  for (size_t before = 0; before != in.size();) {
    before = in.size();
    codec->Decode(in);
    codec->output().Clear();
  }
  for (auto& request : server.requests) {
    // A request for a tunnel is complete with its head.
    if (!request->received.ended && request->head.framing.kind != Framing::kTunnel) continue;
    messages.push_back(Describe(*request));
    if (written != nullptr) written->push_back(Write(*request, pool, options));
  }
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  return messages;
}

}  // namespace
}  // namespace weir::http::h1

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::http::h1;
  if (size < 2) return 0;
  const Options options = OptionsOf(data[0]);
  std::vector<std::string> written;
  const auto accepted =
      Parse({reinterpret_cast<const char*>(data) + 1, size - 1}, options, &written);
  // The codec adds a field or two of its own ("connection: te").
  Options roomy = options;
  roomy.limits.max_header_count *= 2;
  roomy.limits.max_header_bytes *= 2;
  for (size_t i = 0; i < accepted.size(); ++i) {
    const auto again = Parse(written[i], roomy, nullptr);
    WEIR_CHECK(again.size() == 1, "one message became another number of them");
    WEIR_CHECK(again[0] == accepted[i], "the message changed on its way");
  }
  return 0;
}
