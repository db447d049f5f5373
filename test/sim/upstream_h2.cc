#include <map>
#include <optional>
#include <utility>

#include "source/base/strings.h"
#include "test/sim/h2_session.h"
#include "test/sim/script.h"
#include "test/sim/upstream.h"

namespace weir::sim {
namespace {

class UpstreamH2 final : public UpstreamProtocol, public H2Receiver {
 public:
  UpstreamH2(Scene& scene, const UpstreamPlace& place, End& end)
      : scene_(scene),
        place_(place),
        session_(H2Session::Role::kServer, place.window, place.max_streams, end, *this) {}

  void Receive(std::string_view bytes) override {
    closed_.clear();
    session_.Receive(bytes);
  }
  void Over(std::string_view why) override {
    for (auto& [stream, open] : streams_) {
      open->script.Cancel();
      if (!open->done) {
        scene_.journal.Note(StrCat("#", open->exchange.id, " ends at its upstream: ", why));
      }
    }
  }

  void OnHead(int32_t stream, Head& head, bool end) override;
  void OnBody(int32_t stream, std::string_view bytes) override {
    session_.Consume(stream, bytes.size());
    const auto found = streams_.find(stream);
    if (found != streams_.end()) found->second->check.Body(bytes);
  }
  void OnMessageEnd(int32_t stream, const Fields& trailers) override {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return;
    found->second->check.End(trailers);
    const Exchange& exchange = found->second->exchange;
    if (exchange.tunnel == Tunnel::kNone && !exchange.early) Answer(stream, *found->second);
  }
  void OnStreamClosed(int32_t stream, uint32_t error) override;
  void OnGoaway(int32_t, uint32_t error) override {
    if (error != NGHTTP2_NO_ERROR) {
      scene_.journal.Fail(StrCat("an upstream was told GOAWAY with error ", error));
    }
  }
  void OnViolation(std::string_view what) override {
    scene_.journal.Fail(StrCat("an upstream was sent wrong HTTP/2: ", what));
  }

 private:
  struct Open {
    Open(Scene& scene, Exchange& its, const UpstreamPlace& place, const Head& head)
        : exchange(its),
          check(scene, its, place.cluster, place.endpoint, head),
          script(scene.loop),
          began(scene.loop.Now()) {}
    Exchange& exchange;
    RequestCheck check;
    Script script;
    event::MonotonicTime began;
    std::optional<event::MonotonicTime> said_all;
    bool done = false;
  };

  void Answer(int32_t stream, Open& open);
  void Reset(int32_t stream, Open& open, uint32_t error);
  void SendHead(int32_t stream, Open& open);
  void SendBody(int32_t stream, Open& open, uint64_t size);

  Scene& scene_;
  const UpstreamPlace& place_;
  H2Session session_;
  std::map<int32_t, std::unique_ptr<Open>> streams_;
  std::vector<std::unique_ptr<Open>> closed_;
};

void UpstreamH2::OnHead(int32_t stream, Head& head, bool) {
  Exchange* const exchange = scene_.FindExchange(IdOfPath(head.path));
  if (exchange == nullptr) {
    scene_.journal.Fail(StrCat("an upstream was asked for ", head.path));
    return;
  }
  if (streams_.size() >= place_.max_streams) {
    scene_.journal.Fail("an upstream got more streams than it allows");
  }
  auto open = std::make_unique<Open>(scene_, *exchange, place_, head);
  Open& made = *open;
  streams_.emplace(stream, std::move(open));
  if (exchange->early || exchange->tunnel != Tunnel::kNone) Answer(stream, made);
}

void UpstreamH2::Answer(int32_t stream, Open& open) {
  Exchange& exchange = open.exchange;
  const Misdeed misdeed =
      exchange.MisdeedOnTry(open.check.number()) ? exchange.misdeed : Misdeed::kNone;
  switch (misdeed) {
    case Misdeed::kResetsBeforeAnswer:
    case Misdeed::kEndsBeforeAnswer:
    case Misdeed::kSpoilsHead:
      return Reset(stream, open, NGHTTP2_INTERNAL_ERROR);
    case Misdeed::kRefuses:
      return Reset(stream, open, NGHTTP2_REFUSED_STREAM);
    case Misdeed::kAnswers503:
      open.script.Then(exchange.think, [this, stream, &open] {
        const bool bodiless = open.exchange.method == "HEAD";
        session_.Answer(stream, Head{.status = 503, .framing = Framing::kLength, .length = 4},
                        bodiless);
        session_.Append(stream, "busy");
        session_.Finish(stream, {});
        session_.Flush();
      });
      return;
    default:
      break;
  }
  if (exchange.early_hints) {
    open.script.Then(exchange.think / 2, [this, stream] {
      session_.Inform(stream, 103);
      session_.Flush();
    });
  }
  SendHead(stream, open);
  if (misdeed == Misdeed::kResetsMidAnswer || misdeed == Misdeed::kEndsMidAnswer) {
    SendBody(stream, open, exchange.misdeed_at);
    return Reset(stream, open, NGHTTP2_CANCEL);
  }
  if (!exchange.bodiless_answer()) SendBody(stream, open, exchange.answer.size);
  open.script.Then({}, [this, stream, &open] {
    const bool trailers = open.exchange.answer.trailers && !open.exchange.bodiless_answer();
    session_.Finish(stream, trailers ? TrailersOf(open.exchange, true) : Fields{});
    session_.Flush();
    open.said_all = scene_.loop.Now();
  });
}

void UpstreamH2::SendHead(int32_t stream, Open& open) {
  open.script.Then(open.exchange.think, [this, stream, &open] {
    const Exchange& exchange = open.exchange;
    Head head = AnswerHead(exchange, place_);
    if (exchange.is_granted_tunnel()) {
      head.status = 200;
      open.check.Accept();
    }
    const bool end = !exchange.is_granted_tunnel() &&
                     (exchange.bodiless_answer() || head.framing == Framing::kNone);
    session_.Answer(stream, head, end);
    session_.Flush();
  });
}

void UpstreamH2::SendBody(int32_t stream, Open& open, uint64_t size) {
  Exchange& exchange = open.exchange;
  const uint64_t piece = exchange.answer.piece == 0 ? size : exchange.answer.piece;
  for (uint64_t at = 0; at < size; at += piece) {
    const uint64_t count = std::min(piece, size - at);
    open.script.Then(exchange.answer.pace, [this, stream, &exchange, at, count] {
      session_.Append(stream, Mark(exchange.id, Direction::kAnswer).Bytes(at, count));
      exchange.answer_bytes_sent += count;
      session_.Flush();
    });
  }
}

void UpstreamH2::Reset(int32_t stream, Open& open, uint32_t error) {
  open.script.Then(open.exchange.think, [this, stream, error] {
    session_.Reset(stream, error);
    session_.Flush();
  });
}

void UpstreamH2::OnStreamClosed(int32_t stream, uint32_t error) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Open& open = *found->second;
  open.script.Cancel();
  open.done = true;
  if (error == NGHTTP2_NO_ERROR) {
    // An answer that overtakes its request ends the stream at the proxy before it does here, and
    // so may a tunnel's: its end may wait long behind other bytes.
    const bool tunnel = open.exchange.is_granted_tunnel();
    const auto until = tunnel ? open.said_all.value_or(open.began) : scene_.loop.Now();
    if (!open.exchange.early) NoteHeld(scene_, place_, false, open.began, until);
  } else {
    scene_.journal.Note(StrCat("#", open.exchange.id, " is reset at its upstream with ", error));
  }
  closed_.push_back(std::move(found->second));
  streams_.erase(found);
}

}  // namespace

std::unique_ptr<UpstreamProtocol> MakeUpstreamH2(Scene& scene, const UpstreamPlace& place,
                                                 End& end) {
  return std::make_unique<UpstreamH2>(scene, place, end);
}

}  // namespace weir::sim
