#include <utility>

#include "source/base/strings.h"
#include "test/sim/client.h"
#include "test/sim/h1_reader.h"
#include "test/sim/script.h"

namespace weir::sim {
namespace {

// The example of RFC 6455, 1.3, and what a server has to make of it.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string RequestHead(const Exchange& exchange) {
  if (exchange.tunnel == Tunnel::kConnect) {
    return "CONNECT sim.example:443 HTTP/1.1\r\nHost: sim.example:443\r\n\r\n";
  }
  std::string head =
      StrCat(exchange.method, " ", exchange.Path(), " HTTP/1.1\r\nHost: sim.example\r\n");
  for (const auto& [name, value] : exchange.request_fields)
    StrAppend(head, name, ": ", value, "\r\n");
  if (exchange.tunnel == Tunnel::kUpgrade) {
    StrAppend(head, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ", kKey,
              "\r\n");
    return head + "\r\n";
  }
  if (exchange.request.framing == Framing::kLength) {
    StrAppend(head, "Content-Length: ", exchange.request.size, "\r\n");
  } else if (exchange.request.framing == Framing::kChunked) {
    head += "Transfer-Encoding: chunked\r\n";
  }
  if (exchange.expects_continue) head += "Expect: 100-continue\r\n";
  return head + "\r\n";
}

class ClientH1 final : public Client, public EndUser, public H1Receiver {
 public:
  ClientH1(Scene& scene, const ClientPlan& plan, uint64_t seed)
      : scene_(scene), plan_(plan), random_(seed), queue_(scene, plan), script_(scene.loop) {
    script_.Then(plan.start, [this] { Advance(); });
  }

  bool finished() const override {
    return under_way_.empty() && (queue_.empty() || (scene_.ending && end_ == nullptr));
  }
  void Stop() override {
    script_.Cancel();
    Drop(net::ByteStream::CloseMode::kNormal);
  }

  void OnBytes(std::string_view bytes) override {
    const std::string wrong = reader_->Feed(bytes);
    if (!wrong.empty()) {
      scene_.journal.Fail(StrCat("a client was sent ", wrong));
      Break("the answer is malformed", true);
    }
  }
  void OnEnd() override {
    reader_->FeedEnd();
    // Of a tunnel the other direction goes on.
    if (end_ != nullptr && !tunnel_heard_) Break("the proxy ended the connection", false);
  }
  void OnLost(std::string_view why) override { Break(why, end_->connected()); }

  void OnHead(const Head& head) override;
  void OnBody(std::string_view bytes) override;
  void OnMessageEnd(const Fields& trailers) override;
  bool BodyIsLeftOut(const Head& head) override {
    return !under_way_.empty() &&
           (under_way_.front()->method == "HEAD" || head.status == 204 || head.status == 304);
  }

 private:
  void Advance();
  void Connect();
  void SendNext();
  void SendBody(Exchange& exchange);
  void BeginTunnel(Exchange& exchange, const Head& head);
  void EndTunnel();
  void SendPiece(Exchange& exchange, std::string_view bytes, std::function<void()> then);
  void Leave(net::ByteStream::CloseMode mode);
  void Break(std::string_view why, bool reset);
  void Drop(net::ByteStream::CloseMode mode);

  Scene& scene_;
  const ClientPlan& plan_;
  event::Random random_;
  ExchangeQueue queue_;
  Script script_;
  std::unique_ptr<End> end_;
  std::unique_ptr<H1Reader> reader_;
  std::unique_ptr<AnswerCheck> check_;  // Of the first one under way.
  std::deque<Exchange*> under_way_;
  size_t unfinished_bodies_ = 0;  // Of those under way, not handed to the network whole.
  bool holds_body_ = false;       // The last one under way waits for 100 before its body.
  bool told_to_close_ = false;    // By an answer on this connection.
  bool may_close_ = false;        // Without a word: an answer overtook its request.
  event::MonotonicTime connected_at_{};
  bool half_closed_ = false;
  bool tunnel_asked_ = false;  // By the last request: nothing may follow it.
  bool tunnel_sent_ = false;   // All of our direction.
  bool tunnel_heard_ = false;  // All of the other.
  bool gap_ = false;
};

void ClientH1::Advance() {
  while (!queue_.empty() && !gap_ && under_way_.size() < plan_.depth && !holds_body_ &&
         !told_to_close_ && !may_close_ && !half_closed_ && !tunnel_asked_) {
    if (end_ == nullptr) {
      if (scene_.ending) return;
      Connect();
    }
    SendNext();
  }
}

void ClientH1::Connect() {
  end_ = std::make_unique<End>(
      scene_.loop, scene_.blocks,
      scene_.network.Connect(*net::Address::Parse(ListenerAddress(plan_.listener)), {}), *this,
      plan_.habits, random_.Next());
  reader_ = std::make_unique<H1Reader>(H1Reader::Reads::kAnswers, *this);
  connected_at_ = scene_.loop.Now();
  unfinished_bodies_ = 0;
}

void ClientH1::SendNext() {
  Exchange& exchange = queue_.Take(scene_);
  scene_.journal.Note(StrCat("#", exchange.id, " sent by HTTP/1: ", exchange.Describe()));
  under_way_.push_back(&exchange);
  exchange.request_bytes_sent = 0;
  end_->Send(RequestHead(exchange));
  ++unfinished_bodies_;
  holds_body_ = exchange.expects_continue;
  tunnel_asked_ = exchange.tunnel != Tunnel::kNone;
  if (!holds_body_ && !tunnel_asked_) SendBody(exchange);
}

// The connection belongs to another protocol now; each direction ends by itself.
void ClientH1::BeginTunnel(Exchange& exchange, const Head& head) {
  if (exchange.tunnel == Tunnel::kUpgrade && Find(head.fields, "sec-websocket-accept") != kAccept) {
    scene_.journal.Fail(StrCat("#", exchange.id, " is granted without the proof of its key"));
  }
  if (exchange.tunnel == Tunnel::kConnect) end_->Send(TunnelPrefix(exchange));
  const BodyPlan& body = exchange.request;
  const std::string bytes = Mark(exchange.id, Direction::kRequest).Bytes(0, body.size);
  const uint64_t piece = body.piece == 0 ? body.size : body.piece;
  for (uint64_t at = 0; at < body.size; at += piece) {
    SendPiece(exchange, std::string_view(bytes).substr(at, piece), {});
  }
  end_->Send("", {}, [this] {
    end_->EndWrites();
    tunnel_sent_ = true;
    // Not from inside the call that sends.
    if (tunnel_heard_) script_.Then({}, [this] { EndTunnel(); });
  });
}

void ClientH1::EndTunnel() {
  if (!tunnel_sent_ || !tunnel_heard_ || under_way_.empty()) return;
  under_way_.front()->ended_at = scene_.loop.Now();
  under_way_.pop_front();
  reader_->Stop();
  Drop(net::ByteStream::CloseMode::kNormal);
  script_.Then({}, [this] { Advance(); });
}

void ClientH1::SendPiece(Exchange& exchange, std::string_view bytes, std::function<void()> then) {
  std::string out;
  if (exchange.request.framing == Framing::kChunked) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string size;
    for (size_t n = bytes.size(); n > 0; n /= 16) size.insert(size.begin(), kHex[n % 16]);
    out = StrCat(size, "\r\n", bytes, "\r\n");
  } else {
    out = std::string(bytes);
  }
  const uint64_t count = bytes.size();
  end_->Send(std::move(out), exchange.request.pace, [&exchange, count, then = std::move(then)] {
    exchange.request_bytes_sent += count;
    if (then) then();
  });
}

void ClientH1::SendBody(Exchange& exchange) {
  holds_body_ = false;
  const BodyPlan& body = exchange.request;
  const bool leaves =
      exchange.leave == Leave::kEndsMidRequest || exchange.leave == Leave::kResetsMidRequest;
  const uint64_t size = leaves ? exchange.leave_at : body.size;
  const std::string bytes = Mark(exchange.id, Direction::kRequest).Bytes(0, size);
  const uint64_t piece = body.piece == 0 ? size : body.piece;
  for (uint64_t at = 0; at < size; at += piece) {
    SendPiece(exchange, std::string_view(bytes).substr(at, piece), {});
  }
  if (leaves) {
    const auto mode = exchange.leave == Leave::kResetsMidRequest
                          ? net::ByteStream::CloseMode::kReset
                          : net::ByteStream::CloseMode::kNormal;
    end_->Send("", body.pace + std::chrono::milliseconds(1), [this, mode] { Leave(mode); });
    return;
  }
  std::string last;
  if (body.framing == Framing::kChunked) {
    last = "0\r\n";
    if (body.trailers) {
      for (const auto& [name, value] : TrailersOf(exchange, false)) {
        StrAppend(last, name, ": ", value, "\r\n");
      }
    }
    last += "\r\n";
  }
  const bool half_closes = exchange.leave == Leave::kHalfCloses;
  half_closed_ = half_closed_ || half_closes;
  end_->Send(std::move(last), {}, [this, half_closes] {
    if (unfinished_bodies_ > 0) --unfinished_bodies_;
    if (half_closes) end_->EndWrites();
  });
}

void ClientH1::OnHead(const Head& head) {
  if (under_way_.empty()) {
    scene_.journal.Fail(StrCat("a client got ", head.status, " without having asked"));
    reader_->Stop();
    return;
  }
  Exchange& exchange = *under_way_.front();
  if (check_ == nullptr) check_ = std::make_unique<AnswerCheck>(scene_, exchange);
  if (head.status < 200 && !exchange.is_granted_tunnel()) {
    check_->Informational(head);
    if (head.status == 100 && holds_body_) SendBody(exchange);
    return;
  }
  if (told_to_close_)
    scene_.journal.Fail("an answer came behind the one that said it was the last");
  check_->Begin(head);
  if (check_->granted()) return BeginTunnel(exchange, head);
  const bool last = Find(head.fields, "connection") == "close";
  if (!last && exchange.sent_at > scene_.ending_at) {
    scene_.journal.Fail(StrCat("#", exchange.id, " is not told that the server ends"));
  }
  if (last) told_to_close_ = true;
}

void ClientH1::OnBody(std::string_view bytes) {
  check_->Body(bytes);
  Exchange& exchange = *under_way_.front();
  const bool leaves =
      exchange.leave == Leave::kEndsMidAnswer || exchange.leave == Leave::kResetsMidAnswer;
  if (!leaves || exchange.answer_bytes_seen < exchange.leave_at) return;
  Leave(exchange.leave == Leave::kResetsMidAnswer ? net::ByteStream::CloseMode::kReset
                                                  : net::ByteStream::CloseMode::kNormal);
}

void ClientH1::OnMessageEnd(const Fields& trailers) {
  check_->End(trailers);
  if (check_->granted()) {
    tunnel_heard_ = true;
    return EndTunnel();
  }
  check_.reset();
  const Exchange& exchange = *under_way_.front();
  if (exchange.tunnel != Tunnel::kNone) --unfinished_bodies_;
  under_way_.pop_front();
  // Where an answer overtakes its request the connection may end behind it.
  const bool overtook = unfinished_bodies_ > under_way_.size();
  const bool early = exchange.early || exchange.outcome == Outcome::kLocal;
  if (holds_body_ || overtook || (early && exchange.request.framing != Framing::kNone)) {
    may_close_ = true;
  }
  if (under_way_.empty() && (told_to_close_ || may_close_ || half_closed_ || tunnel_asked_)) {
    reader_->Stop();
    Drop(net::ByteStream::CloseMode::kNormal);
  }
  if (plan_.longest_gap > event::Duration::zero() && !gap_) {
    gap_ = true;
    const auto longest = static_cast<uint64_t>(plan_.longest_gap.count());
    script_.Then(event::Duration(static_cast<int64_t>(random_.Below(longest))), [this] {
      gap_ = false;
      Advance();
    });
    return;
  }
  script_.Then({}, [this] { Advance(); });
}

// The client goes away by itself.
void ClientH1::Leave(net::ByteStream::CloseMode mode) {
  reader_->Stop();
  for (Exchange* exchange : std::exchange(under_way_, {})) {
    EndExchange(scene_, *exchange, Outcome::kGone, "the client closes");
  }
  Drop(mode);
  script_.Then({}, [this] { Advance(); });
}

// The connection is over. After an end in order the request in front is cut; the ones behind it,
// and all when an answer had said that it would be the last, were not looked at. After a reset, or
// with a fault, nobody knows.
void ClientH1::Break(std::string_view why, bool reset) {
  const std::string reason(why);
  const bool faulty = half_closed_ || scene_.faults.Touches(true, connected_at_, scene_.loop.Now());
  std::deque<Exchange*> under_way = std::exchange(under_way_, {});
  // A server that ends closes idle connections: what was on its way must not have gone on.
  const bool excused = told_to_close_ || may_close_ || scene_.ending;
  const bool front_is_cut = check_ != nullptr || !excused;
  const bool late = reset && end_->WasLateFor(kDelayedClose, scene_.loop.Now());
  while (!under_way.empty()) {
    Exchange& exchange = *under_way.back();
    under_way.pop_back();
    const bool front = under_way.empty();
    if (late) {
      EndExchange(scene_, exchange, Outcome::kGone, "the client read too slowly to hear the end");
    } else if (faulty || reset || (front && front_is_cut)) {
      exchange.connection_faulty = faulty;
      EndExchange(scene_, exchange, Outcome::kCut, reason);
    } else {
      queue_.PutBack(scene_, exchange);
    }
  }
  Drop(net::ByteStream::CloseMode::kNormal);
  script_.Then(std::chrono::milliseconds(1), [this] { Advance(); });
}

void ClientH1::Drop(net::ByteStream::CloseMode mode) {
  check_.reset();
  told_to_close_ = may_close_ = half_closed_ = holds_body_ = false;
  tunnel_asked_ = tunnel_sent_ = tunnel_heard_ = false;
  if (end_ == nullptr) return;
  end_->Close(mode);
  scene_.loop.DeferDelete(std::move(end_));
}

}  // namespace

void ExchangeQueue::PutBack(Scene& scene, Exchange& exchange) {
  scene.journal.Note(StrCat("#", exchange.id, " is to be sent again"));
  if (exchange.tries > 0) {
    scene.journal.Fail(
        StrCat("#", exchange.id, " was forwarded, but the client was told otherwise"));
  }
  exchange.outcome = Outcome::kWaiting;
  waiting_.push_front(&exchange);
}

std::unique_ptr<Client> MakeClientH1(Scene& scene, const ClientPlan& plan, uint64_t seed) {
  return std::make_unique<ClientH1>(scene, plan, seed);
}

}  // namespace weir::sim
