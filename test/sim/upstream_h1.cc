#include <utility>

#include "source/base/strings.h"
#include "source/proxy/websocket.h"
#include "test/sim/h1_reader.h"
#include "test/sim/upstream.h"

namespace weir::sim {
namespace {

using CloseMode = net::ByteStream::CloseMode;

std::string_view ReasonFor(int status) { return status == 200 ? "OK" : "Whatever"; }

std::string WriteHead(const Head& head, bool close) {
  std::string out = StrCat("HTTP/1.1 ", head.status, " ", ReasonFor(head.status), "\r\n");
  for (const auto& [name, value] : head.fields) StrAppend(out, name, ": ", value, "\r\n");
  if (head.framing == Framing::kLength) StrAppend(out, "content-length: ", head.length, "\r\n");
  if (head.framing == Framing::kChunked) out += "transfer-encoding: chunked\r\n";
  if (close) out += "connection: close\r\n";
  return out + "\r\n";
}

std::string Chunk(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string size;
  for (size_t n = bytes.size(); n > 0; n /= 16) size.insert(size.begin(), kHex[n % 16]);
  return StrCat(size, "\r\n", bytes, "\r\n");
}

class UpstreamH1 final : public UpstreamProtocol, public H1Receiver {
 public:
  UpstreamH1(Scene& scene, const UpstreamPlace& place, End& end)
      : scene_(scene), place_(place), end_(end), reader_(H1Reader::Reads::kRequests, *this) {}

  void Receive(std::string_view bytes) override {
    const std::string wrong = reader_.Feed(bytes);
    if (wrong.empty()) return;
    scene_.journal.Fail(StrCat("an upstream was sent ", wrong));
    end_.Close(CloseMode::kReset);
  }
  void Over(std::string_view why) override {
    reader_.Stop();
    if (exchange_ == nullptr) return;
    scene_.journal.Note(StrCat("#", exchange_->id, " ends at its upstream: ", why));
  }

  void OnHead(const Head& head) override;
  void OnBody(std::string_view bytes) override {
    if (check_ != nullptr) check_->Body(bytes);
  }
  void OnMessageEnd(const Fields& trailers) override {
    if (check_ == nullptr) return;
    check_->End(trailers);
    if (exchange_ == nullptr) return;
    if (exchange_->tunnel != Tunnel::kNone) return CloseWhenBothEnded();
    if (!exchange_->early) Answer();
  }
  bool BodyIsLeftOut(const Head&) override { return false; }
  bool PeerEnded() override {
    if (exchange_ == nullptr || exchange_->tunnel == Tunnel::kNone) return false;
    reader_.FeedEnd();
    return exchange_->is_granted_tunnel();
  }

 private:
  void Answer();
  void Grant();
  void CloseWhenBothEnded();
  void AnswerWith503();
  void Spoil();
  void SendBody(uint64_t size);
  void Finish();
  void CloseBehind(CloseMode mode) {
    end_.Send("", std::chrono::microseconds(100), [this, mode] { end_.Close(mode); });
  }

  Scene& scene_;
  const UpstreamPlace& place_;
  End& end_;
  H1Reader reader_;
  Exchange* exchange_ = nullptr;  // Under way.
  std::unique_ptr<RequestCheck> check_;
  event::MonotonicTime began_{};
  // Of a tunnel.
  std::string protocol_asked_;
  std::string key_;
  bool sent_all_ = false;
};

void UpstreamH1::OnHead(const Head& head) {
  if (exchange_ != nullptr) {
    scene_.journal.Fail(
        StrCat("a request came before the answer to #", exchange_->id, " was whole"));
  }
  exchange_ = scene_.FindExchange(IdOfPath(head.path));
  if (exchange_ == nullptr) {
    scene_.journal.Fail(StrCat("an upstream was asked for ", head.path));
    check_.reset();
    return;
  }
  began_ = scene_.loop.Now();
  check_ =
      std::make_unique<RequestCheck>(scene_, *exchange_, place_.cluster, place_.endpoint, head);
  protocol_asked_ = head.protocol;
  key_ = Find(head.fields, proxy::kWebSocketKey).value_or("");
  if (exchange_->early || exchange_->tunnel != Tunnel::kNone) Answer();
}

void UpstreamH1::CloseWhenBothEnded() {
  if (sent_all_ && check_->ended()) end_.Close(CloseMode::kNormal);
}

// The head goes with the first bytes of the tunnel behind it.
void UpstreamH1::Grant() {
  Head head = AnswerHead(*exchange_, place_);
  head.framing = Framing::kNone;
  head.fields.emplace_back("connection", "upgrade");
  head.fields.emplace_back("upgrade", protocol_asked_);
  buffer::Arena arena(scene_.blocks);
  head.fields.emplace_back(proxy::kWebSocketAccept, proxy::WebSocketAccept(key_, arena));
  end_.Send(WriteHead(head, false), exchange_->think, [this] { check_->Accept(); });
}

void UpstreamH1::Answer() {
  Exchange& exchange = *exchange_;
  const Misdeed misdeed =
      exchange.MisdeedOnTry(check_->number()) ? exchange.misdeed : Misdeed::kNone;
  switch (misdeed) {
    case Misdeed::kResetsBeforeAnswer:
    case Misdeed::kRefuses:
      end_.Send("", exchange.think, [this] { end_.Close(CloseMode::kReset); });
      return;
    case Misdeed::kEndsBeforeAnswer:
      end_.Send("", exchange.think, [this] { end_.Close(CloseMode::kNormal); });
      return;
    case Misdeed::kAnswers503:
      return AnswerWith503();
    case Misdeed::kSpoilsHead:
      return Spoil();
    default:
      break;
  }
  if (exchange.early_hints)
    end_.Send("HTTP/1.1 103 Early Hints\r\nx-hint: 1\r\n\r\n", exchange.think / 2);
  if (exchange.is_granted_tunnel()) {
    Grant();
    SendBody(misdeed == Misdeed::kNone ? exchange.answer.size : exchange.misdeed_at);
    if (misdeed != Misdeed::kNone) return CloseBehind(CloseMode::kReset);
    return end_.Send("", {}, [this] {
      end_.EndWrites();
      sent_all_ = true;
      CloseWhenBothEnded();
    });
  }
  const Head head = AnswerHead(exchange, place_);
  const bool closes = exchange.closes || head.framing == Framing::kUntilClose;
  end_.Send(WriteHead(head, closes), exchange.think);
  if (misdeed == Misdeed::kResetsMidAnswer || misdeed == Misdeed::kEndsMidAnswer) {
    SendBody(exchange.misdeed_at);
    return CloseBehind(misdeed == Misdeed::kResetsMidAnswer ? CloseMode::kReset
                                                            : CloseMode::kNormal);
  }
  if (!exchange.bodiless_answer()) SendBody(exchange.answer.size);
  Finish();
}

void UpstreamH1::AnswerWith503() {
  const Head head{.status = 503, .framing = Framing::kLength, .length = 4};
  const std::string_view body = exchange_->method == "HEAD" ? "" : "busy";
  end_.Send(StrCat(WriteHead(head, false), body), exchange_->think,
            [this] { exchange_ = nullptr; });
}

void UpstreamH1::Spoil() {
  // Two framings; what a lenient parser makes of it is another message than what a strict one does.
  end_.Send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            exchange_->think);
}

void UpstreamH1::SendBody(uint64_t size) {
  Exchange& exchange = *exchange_;
  const BodyPlan& body = exchange.answer;
  const std::string bytes = Mark(exchange.id, Direction::kAnswer).Bytes(0, size);
  const uint64_t piece = body.piece == 0 ? size : body.piece;
  for (uint64_t at = 0; at < size; at += piece) {
    const std::string_view part = std::string_view(bytes).substr(at, piece);
    const uint64_t count = part.size();
    end_.Send(body.framing == Framing::kChunked ? Chunk(part) : std::string(part), body.pace,
              [&exchange, count] { exchange.answer_bytes_sent += count; });
  }
}

void UpstreamH1::Finish() {
  const BodyPlan& body = exchange_->answer;
  std::string last;
  if (body.framing == Framing::kChunked && !exchange_->bodiless_answer()) {
    last = "0\r\n";
    if (body.trailers) {
      for (const auto& [name, value] : TrailersOf(*exchange_, true)) {
        StrAppend(last, name, ": ", value, "\r\n");
      }
    }
    last += "\r\n";
  }
  const bool closes = exchange_->closes || body.framing == Framing::kUntilClose;
  end_.Send(std::move(last), {}, [this, closes] {
    NoteHeld(scene_, place_, false, began_, scene_.loop.Now());
    if (closes) return end_.Close(CloseMode::kNormal);
    exchange_ = nullptr;
  });
}

}  // namespace

std::unique_ptr<UpstreamProtocol> MakeUpstreamH1(Scene& scene, const UpstreamPlace& place,
                                                 End& end) {
  return std::make_unique<UpstreamH1>(scene, place, end);
}

}  // namespace weir::sim
