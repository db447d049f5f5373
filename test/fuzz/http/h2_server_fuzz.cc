// The HTTP/2 server codec under arbitrary frames, while it is made to answer in every way: each
// stream ends once, and nothing that it lets through breaks the grammar. The first byte is the size
// of the pieces; up to the end of the line a script (h2_script.h); then what follows the client's
// preface. Without a script each whole request is answered.
//
//   h head, a body follows  l the same with a length  x a length and no body  e head alone
//   z 204  m 304  i 103  T the tunnel is granted
#include <cstdint>
#include <map>
#include <string>

#include "source/base/check.h"
#include "source/http/preface.h"
#include "source/http/syntax.h"
#include "test/fuzz/http/h2_script.h"

namespace weir::http {
namespace {

void SendHead(char letter, ServerStream& stream, buffer::BlockPool& pool, Sent& sent) {
  buffer::Arena arena(pool);
  ResponseHead head(arena);
  head.status = letter == 'z' ? 204 : letter == 'm' ? 304 : 200;
  head.headers.Add("x-script", std::string_view(&letter, 1));
  if (letter == 'h') head.framing.kind = Framing::kChunked;
  if (letter == 'l' || letter == 'x') head.framing = {Framing::kLength, 8};
  if (letter == 'm') head.represented_length = 9;
  const bool end = letter == 'e' || letter == 'z' || letter == 'x';
  sent = end ? Sent::kEnd : Sent::kHead;
  stream.EncodeHeaders(head, end);
}

void SendInformational(ServerStream& stream, buffer::BlockPool& pool) {
  buffer::Arena arena(pool);
  ResponseHead head(arena);
  head.status = 103;
  head.headers.Add("link", "</style.css>");
  stream.EncodeInformational(head);
}

class Server {
 public:
  Server(buffer::BlockPool& pool, std::string_view script)
      : pool_(pool), script_(script), handler_(pool) {
    options_.allow_connect = true;
    if (script.empty()) {
      AnswerAll();
    } else {
      handler_.on_headers = [this](RecordedRequest&) { Turn(true); };
    }
    codec_ = h2::CreateServerCodec(handler_, pool, options_, stats_);
    Receive(kHttp2Preface);
  }

  void Receive(std::string_view bytes) {
    in_.Append(bytes);
    codec_->Decode(in_);
    Turn(false);
  }
  // What the script has left, and the end of the connection.
  void Finish() {
    while (!script_.empty()) {
      codec_->Decode(in_);
      Turn(false);
    }
    codec_->DecodeEnd();
    codec_->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
    WEIR_CHECK(codec_->active_streams() == 0, "a stream outlived its connection");
    WEIR_CHECK(stats_.streams_active.value() == 0, "a stream is still counted");
    for (auto& request : handler_.requests) Check(*request);
  }

 private:
  void AnswerAll() {
    handler_.on_headers = [](RecordedRequest& request) {
      if (request.asks_for_tunnel()) request.GrantTunnel();
    };
    handler_.on_end = [](RecordedRequest& request) {
      if (request.asks_for_tunnel()) return request.EndTunnel();
      request.Answer(200, "ok");
    };
  }
  // Receivers may call back, but the output is the connection's.
  void Turn(bool inside_decode) {
    const std::string_view word = TakeWord(script_);
    for (const char letter : word) {
      const bool of_output = letter == 'o' || letter == 'O';
      if (inside_decode && of_output) continue;
      if (letter == 'g' && !inside_decode) ++pings_;
      if (letter == 'j') {
        ++at_;
      } else if (inside_decode || !ActOnConnection(letter, *codec_)) {
        Act(letter);
      }
    }
    if (inside_decode) return;
    codec_->FinishTurn();
    WEIR_CHECK(codec_->pings().answered() <= pings_, "more PINGs were answered than sent");
    if (word.find('k') == std::string_view::npos) codec_->output().Clear();
  }
  void Act(char letter) {
    if (handler_.requests.empty()) return;
    RecordedRequest& request = *handler_.requests[at_ % handler_.requests.size()];
    if (request.stream == nullptr || request.received.reset) return;
    Sent& sent = sent_[&request];
    if (sent != Sent::kNothing) return ActOnStream(letter, *request.stream, pool_, sent);
    if (std::string_view("hlxezm").find(letter) != std::string_view::npos) {
      SendHead(letter, *request.stream, pool_, sent);
    } else if (letter == 'i') {
      SendInformational(*request.stream, pool_);
    } else if (letter == 'T') {
      sent = request.asks_for_tunnel() ? Sent::kTunnel : Sent::kEnd;
      request.GrantTunnel();
    } else {
      ActOnStream(letter, *request.stream, pool_, sent);
    }
  }
  static void Check(const RecordedRequest& request) {
    WEIR_CHECK(request.received.closed, "a stream was not closed");
    WEIR_CHECK(IsToken(request.head.method), "an invalid method came through");
    WEIR_CHECK(IsValidAuthority(request.head.authority), "an invalid authority came through");
    CheckFields(request.head.headers);
  }

  buffer::BlockPool& pool_;
  std::string_view script_;
  h2::Options options_ = ScriptOptions();
  h2::Stats stats_;
  RecordingServer handler_;
  buffer::Buffer in_{pool_};
  std::map<RecordedRequest*, Sent> sent_;
  size_t at_ = 0;
  uint64_t pings_ = 0;
  std::unique_ptr<h2::PingingServerCodec> codec_;
};

}  // namespace
}  // namespace weir::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::http::RunScript<weir::http::Server>(data, size);
  return 0;
}
