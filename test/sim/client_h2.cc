#include <algorithm>
#include <map>
#include <utility>

#include "source/base/strings.h"
#include "test/sim/client.h"
#include "test/sim/h2_session.h"
#include "test/sim/script.h"

namespace weir::sim {
namespace {

// RFC 8441, 4, and RFC 9113, 8.5.
void AskForTunnel(const Exchange& exchange, Head& head) {
  head.method = "CONNECT";
  head.framing = Framing::kChunked;
  if (exchange.tunnel == Tunnel::kUpgrade) {
    head.protocol = "websocket";
    return;
  }
  head.authority = "sim.example:443";
  head.path.clear();
  head.fields.clear();
}

class ClientH2 final : public Client, public EndUser, public H2Receiver {
 public:
  ClientH2(Scene& scene, const ClientPlan& plan, uint64_t seed)
      : scene_(scene), plan_(plan), random_(seed), queue_(scene, plan), script_(scene.loop) {
    script_.Then(plan.start, [this] { Advance(); });
  }

  bool finished() const override {
    return streams_.empty() && (queue_.empty() || (scene_.ending && (end_ == nullptr || goaway_)));
  }
  void Stop() override {
    script_.Cancel();
    Drop();
  }

  void OnBytes(std::string_view bytes) override { session_->Receive(bytes); }
  void OnEnd() override { Break("the proxy ended the connection"); }
  void OnLost(std::string_view why) override { Break(why); }

  void OnHead(int32_t stream, Head& head, bool end) override;
  void OnBody(int32_t stream, std::string_view bytes) override;
  void OnMessageEnd(int32_t stream, const Fields& trailers) override;
  void OnStreamClosed(int32_t stream, uint32_t error) override;
  void OnGoaway(int32_t last, uint32_t error) override;
  void OnSettings() override { Later(); }
  void OnViolation(std::string_view what) override {
    scene_.journal.Fail(StrCat("a client was sent wrong HTTP/2: ", what));
  }

 private:
  struct Open {
    Open(Scene& scene, Exchange& its) : exchange(its), check(scene, its), script(scene.loop) {}
    // While its stream is open. The directions of a tunnel end by themselves.
    bool GoesOn() const {
      return exchange.outcome == Outcome::kSent ||
             (exchange.outcome == Outcome::kAnswered && check.granted());
    }
    Exchange& exchange;
    AnswerCheck check;
    Script script;
    bool answered = false;
  };

  void Advance();
  void Connect();
  void SendNext();
  void SendBody(int32_t stream, Open& open);
  void Leave(int32_t stream, Open& open);
  void ConsumeSoon(int32_t stream, size_t bytes);
  void Later();
  bool Lingers();
  void Break(std::string_view why);
  void Drop();

  Scene& scene_;
  const ClientPlan& plan_;
  event::Random random_;
  ExchangeQueue queue_;
  Script script_;
  std::unique_ptr<End> end_;
  std::unique_ptr<H2Session> session_;
  std::map<int32_t, std::unique_ptr<Open>> streams_;
  // Closed streams, kept until nothing of theirs is running.
  std::vector<std::unique_ptr<Open>> closed_;
  std::unique_ptr<Script> windows_;  // Opens windows late.
  event::MonotonicTime connected_at_{};
  bool goaway_ = false;
};

void ClientH2::Advance() {
  closed_.clear();
  if (goaway_ && streams_.empty() && !Lingers()) Drop();
  while (!queue_.empty() && streams_.size() < plan_.depth && !goaway_) {
    if (end_ == nullptr) {
      if (scene_.ending) return;
      Connect();
    }
    if (!session_->may_request() || streams_.size() >= session_->peer_max_streams()) break;
    // OnSettings comes back to it.
    if (queue_.next().tunnel == Tunnel::kUpgrade && !session_->peer_allows_tunnels()) break;
    SendNext();
  }
  if (session_ != nullptr) session_->Flush();
}

// The ends of its last streams are to go out.
bool ClientH2::Lingers() {
  if (end_ == nullptr || end_->sent_all()) return false;
  script_.Then(std::chrono::milliseconds(1), [this] { Advance(); });
  return true;
}

void ClientH2::Connect() {
  connected_at_ = scene_.loop.Now();
  goaway_ = false;
  end_ = std::make_unique<End>(
      scene_.loop, scene_.blocks,
      scene_.network.Connect(*net::Address::Parse(ListenerAddress(plan_.listener)), {}), *this,
      plan_.habits, random_.Next());
  session_ = std::make_unique<H2Session>(H2Session::Role::kClient, plan_.window, 0, *end_, *this);
  windows_ = std::make_unique<Script>(scene_.loop);
}

void ClientH2::SendNext() {
  Exchange& exchange = queue_.Take(scene_);
  exchange.request_bytes_sent = 0;
  Head head{.http2 = true,
            .method = exchange.method,
            .path = exchange.Path(),
            .authority = "sim.example",
            .framing = exchange.request.framing,
            .length = exchange.request.size,
            .fields = exchange.request_fields};
  if (exchange.tunnel != Tunnel::kNone) AskForTunnel(exchange, head);
  if (exchange.expects_continue) head.fields.emplace_back("expect", "100-continue");
  const bool waits = exchange.tunnel != Tunnel::kNone || exchange.expects_continue;
  const bool end = exchange.tunnel == Tunnel::kNone && exchange.request.framing == Framing::kNone;
  const int32_t stream = session_->Request(head, end);
  scene_.journal.Note(
      StrCat("#", exchange.id, " sent by HTTP/2, stream ", stream, ": ", exchange.Describe()));
  auto open = std::make_unique<Open>(scene_, exchange);
  Open& made = *open;
  streams_.emplace(stream, std::move(open));
  if (!end && !waits) SendBody(stream, made);
}

void ClientH2::SendBody(int32_t stream, Open& open) {
  Exchange& exchange = open.exchange;
  const BodyPlan& body = exchange.request;
  const bool leaves =
      exchange.leave == Leave::kEndsMidRequest || exchange.leave == Leave::kResetsMidRequest;
  const uint64_t size = leaves ? exchange.leave_at : body.size;
  const uint64_t piece = body.piece == 0 ? size : body.piece;
  for (uint64_t at = 0; at < size; at += piece) {
    const uint64_t count = std::min(piece, size - at);
    open.script.Then(body.pace, [this, stream, &exchange, at, count] {
      session_->Append(stream, Mark(exchange.id, Direction::kRequest).Bytes(at, count));
      exchange.request_bytes_sent += count;
      session_->Flush();
    });
  }
  open.script.Then({}, [this, stream, leaves, &open] {
    if (leaves) return Leave(stream, open);
    const BodyPlan& sent = open.exchange.request;
    session_->Finish(stream, sent.trailers ? TrailersOf(open.exchange, false) : Fields{});
    session_->Flush();
  });
}

void ClientH2::OnHead(int32_t stream, Head& head, bool) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Open& open = *found->second;
  if (head.status >= 200) {
    if (!goaway_ && open.exchange.sent_at > scene_.ending_at) {
      scene_.journal.Fail(StrCat("#", open.exchange.id, " is not told that the server ends"));
    }
    open.check.Begin(head);
    if (open.exchange.tunnel == Tunnel::kNone) return;
    if (!open.check.granted()) return session_->Finish(stream, {});
    if (open.exchange.tunnel == Tunnel::kConnect) {
      session_->Append(stream, TunnelPrefix(open.exchange));
    }
    return SendBody(stream, open);
  }
  open.check.Informational(head);
  if (head.status == 100) SendBody(stream, open);
}

void ClientH2::OnBody(int32_t stream, std::string_view bytes) {
  ConsumeSoon(stream, bytes.size());
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Open& open = *found->second;
  open.check.Body(bytes);
  const bool leaves = open.exchange.leave == Leave::kEndsMidAnswer ||
                      open.exchange.leave == Leave::kResetsMidAnswer;
  if (leaves && open.exchange.answer_bytes_seen >= open.exchange.leave_at) Leave(stream, open);
}

// Windows stall now and then.
void ClientH2::ConsumeSoon(int32_t stream, size_t bytes) {
  event::Duration delay{0};
  if (plan_.habits.pauses_in_1000 > 0 && random_.Below(1000) < plan_.habits.pauses_in_1000) {
    const auto longest = static_cast<uint64_t>(plan_.habits.longest_pause.count());
    delay = event::Duration(static_cast<int64_t>(random_.Below(longest)));
  }
  windows_->Then(delay, [this, stream, bytes] {
    session_->Consume(stream, bytes);
    session_->Flush();
  });
}

void ClientH2::OnMessageEnd(int32_t stream, const Fields& trailers) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  if (found->second->exchange.outcome != Outcome::kSent) return;
  found->second->check.End(trailers);
  found->second->answered = true;
}

void ClientH2::OnStreamClosed(int32_t stream, uint32_t error) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Open& open = *found->second;
  open.script.Cancel();
  if (open.check.granted()) open.exchange.ended_at = scene_.loop.Now();
  const bool whole = open.answered && error == NGHTTP2_NO_ERROR;
  if (open.GoesOn() && !whole) {
    if (error == NGHTTP2_REFUSED_STREAM) {
      queue_.PutBack(scene_, open.exchange);
    } else {
      open.exchange.connection_faulty = false;
      EndExchange(scene_, open.exchange, Outcome::kCut, StrCat("reset with ", error));
    }
  }
  closed_.push_back(std::move(found->second));
  streams_.erase(found);
  Later();
}

void ClientH2::OnGoaway(int32_t last, uint32_t error) {
  scene_.journal.Note(StrCat("a client got GOAWAY, last stream ", last, ", error ", error));
  goaway_ = true;
  if (error != NGHTTP2_NO_ERROR) {
    scene_.journal.Fail(StrCat("a client was told GOAWAY with error ", error));
  }
  Later();
}

void ClientH2::Later() {
  event::Duration gap{0};
  if (plan_.longest_gap > event::Duration::zero()) {
    const auto longest = static_cast<uint64_t>(plan_.longest_gap.count());
    gap = event::Duration(static_cast<int64_t>(random_.Below(longest)));
  }
  script_.Then(gap, [this] { Advance(); });
}

void ClientH2::Leave(int32_t stream, Open& open) {
  EndExchange(scene_, open.exchange, Outcome::kGone, "the client resets the stream");
  session_->Reset(stream, NGHTTP2_CANCEL);
  session_->Flush();
}

void ClientH2::Break(std::string_view why) {
  const bool faulty = scene_.faults.Touches(true, connected_at_, scene_.loop.Now());
  const bool refused = scene_.ending && !end_->connected();
  const bool late = end_->closed() && end_->WasLateFor(kDelayedClose, scene_.loop.Now());
  for (auto& [stream, open] : std::exchange(streams_, {})) {
    open->script.Cancel();
    if (!open->GoesOn()) {
      // It has its end.
    } else if (refused) {
      queue_.PutBack(scene_, open->exchange);
    } else if (late) {
      EndExchange(scene_, open->exchange, Outcome::kGone,
                  "the client read too slowly to hear the end");
    } else {
      open->exchange.connection_faulty = faulty;
      EndExchange(scene_, open->exchange, Outcome::kCut, why);
    }
    closed_.push_back(std::move(open));
  }
  Drop();
  script_.Then(std::chrono::milliseconds(1), [this] { Advance(); });
}

void ClientH2::Drop() {
  if (end_ == nullptr) return;
  end_->Close(net::ByteStream::CloseMode::kNormal);
  struct Dead final : event::DeferredDeletable {
    std::unique_ptr<H2Session> session;
    std::unique_ptr<Script> windows;
    std::unique_ptr<End> end;
  };
  auto dead = std::make_unique<Dead>();
  windows_->Cancel();
  dead->session = std::move(session_);
  dead->windows = std::move(windows_);
  dead->end = std::move(end_);
  scene_.loop.DeferDelete(std::move(dead));
  goaway_ = false;
}

}  // namespace

std::unique_ptr<Client> MakeClientH2(Scene& scene, const ClientPlan& plan, uint64_t seed) {
  return std::make_unique<ClientH2>(scene, plan, seed);
}

}  // namespace weir::sim
