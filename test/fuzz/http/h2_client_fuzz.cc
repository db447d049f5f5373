// The HTTP/2 client codec under arbitrary frames from an upstream, while it is made to ask in every
// way: every stream ends once, an answer is whole or reset, and nothing that it lets through breaks
// the grammar. The first byte is the size of the pieces; up to the end of the line a script
// (h2_script.h); then what the upstream sends. Without a script there are GET, HEAD and POST.
//
//   G GET  H HEAD  P POST with a body to come  L the same with a length  X a length and no body
//   W a WebSocket  C CONNECT  N a stream without its head, each on a new stream
#include <algorithm>
#include <cstdint>
#include <string>

#include "source/base/check.h"
#include "test/fuzz/http/h2_script.h"

namespace weir::http {
namespace {

Sent Ask(char letter, ClientStream& stream, buffer::BlockPool& pool) {
  if (letter == 'N') return Sent::kNothing;
  buffer::Arena arena(pool);
  RequestHead head(arena);
  head.scheme = "http";
  head.authority = "a.example:80";
  head.path = "/";
  head.method = letter == 'H' ? "HEAD" : letter == 'C' ? "CONNECT" : "GET";
  head.headers.Add("authorization", "Basic YTpi");
  const bool tunnel = letter == 'W' || letter == 'C';
  if (tunnel) head.framing.kind = Framing::kTunnel;
  if (letter == 'W') head.protocol = "websocket";
  if (letter == 'P' || letter == 'L' || letter == 'X') {
    head.method = "POST";
    head.framing =
        letter == 'P' ? BodyFraming{Framing::kChunked, 0} : BodyFraming{Framing::kLength, 8};
    head.expects_continue = letter == 'L';
  }
  const bool end = letter == 'G' || letter == 'H' || letter == 'X';
  stream.EncodeHeaders(head, end);
  return end ? Sent::kEnd : tunnel ? Sent::kTunnel : Sent::kHead;
}

class Client {
 public:
  Client(buffer::BlockPool& pool, std::string_view script) : pool_(pool), script_(script) {
    if (script_.empty()) script_ = "GHPE";
    codec_ = h2::CreateClientCodec(handler_, pool, options_, stats_);
    Turn();
  }

  void Receive(std::string_view bytes) {
    in_.Append(bytes);
    codec_->Decode(in_);
    Turn();
  }
  // What the script has left, and the end of the connection.
  void Finish() {
    while (!script_.empty()) Receive("");
    codec_->DecodeEnd();
    codec_->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
    WEIR_CHECK(codec_->active_streams() == 0, "a stream outlived its connection");
    WEIR_CHECK(stats_.streams_active.value() == 0, "a stream is still counted");
    for (const auto& exchange : exchanges_) Check(*exchange);
  }

 private:
  struct Exchange {
    Exchange(buffer::BlockPool& pool, EventList& events, char asked)
        : letter(asked), response(pool, events, std::string(1, asked)) {}
    char letter;
    RecordedResponse response;
    ClientStream* stream = nullptr;
    Sent sent = Sent::kNothing;
  };

  void Turn() {
    const std::string_view word = TakeWord(script_);
    for (const char letter : word) {
      if (letter == 'j') {
        ++at_;
      } else if (std::string_view("GHPLXWCN").find(letter) != std::string_view::npos) {
        Open(letter);
      } else if (!ActOnConnection(letter, *codec_)) {
        Act(letter);
      }
    }
    codec_->FinishTurn();
    if (word.find('k') == std::string_view::npos) codec_->output().Clear();
  }
  void Open(char letter) {
    if (!codec_->can_open_stream()) return;
    exchanges_.push_back(std::make_unique<Exchange>(pool_, handler_.events, letter));
    Exchange& exchange = *exchanges_.back();
    exchange.stream = &codec_->NewStream(exchange.response);
    exchange.sent = Ask(letter, *exchange.stream, pool_);
    at_ = exchanges_.size() - 1;
  }
  void Act(char letter) {
    if (exchanges_.empty()) return;
    Exchange& exchange = *exchanges_[at_ % exchanges_.size()];
    const Received& received = exchange.response.received;
    if (received.closed || received.reset) return;
    const bool asking = exchange.sent == Sent::kTunnel && exchange.response.status == 0;
    // Nothing but the head before the tunnel is there: the codec refuses it, once.
    ActOnStream(letter, *exchange.stream, pool_, exchange.sent);
    if (asking && exchange.sent == Sent::kTunnel && letter == 'b') exchange.sent = Sent::kEnd;
  }
  static void Check(const Exchange& exchange) {
    const RecordedResponse& response = exchange.response;
    WEIR_CHECK(response.received.closed, "a stream was not closed");
    // Behind a whole answer only a request that goes on can be reset.
    const bool asked_at_once =
        std::string_view("GHX").find(exchange.letter) != std::string_view::npos;
    WEIR_CHECK(!(asked_at_once && response.received.ended && response.received.reset),
               "an answer ended twice");
    if (response.status == 0) return;
    const BodyFraming& framing = response.head.framing;
    const bool granted = response.status == 101 && framing.kind == Framing::kTunnel;
    WEIR_CHECK(granted || (response.status >= 200 && response.status <= 599),
               "an invalid status came through");
    CheckFields(response.head.headers);
    if (response.received.ended && framing.kind == Framing::kLength) {
      WEIR_CHECK(response.received.body.size() == framing.length, "a body of another length");
    }
  }

  buffer::BlockPool& pool_;
  std::string_view script_;
  h2::Options options_ = ScriptOptions();
  h2::Stats stats_;
  RecordingClient handler_;
  buffer::Buffer in_{pool_};
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  size_t at_ = 0;
  std::unique_ptr<h2::PingingClientCodec> codec_;
};

}  // namespace
}  // namespace weir::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::http::RunScript<weir::http::Client>(data, size);
  return 0;
}
