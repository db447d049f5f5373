#include <utility>

#include "source/base/strings.h"
#include "test/sim/client.h"
#include "test/sim/script.h"

namespace weir::sim {
namespace {

class ClientRaw final : public Client, public EndUser {
 public:
  ClientRaw(Scene& scene, const ClientPlan& plan, uint64_t seed)
      : scene_(scene), plan_(plan), random_(seed), queue_(scene, plan), script_(scene.loop) {
    script_.Then(plan.start, [this] { Advance(); });
  }

  bool finished() const override {
    return exchange_ == nullptr && (queue_.empty() || scene_.ending);
  }
  void Stop() override {
    script_.Cancel();
    Drop(net::ByteStream::CloseMode::kNormal);
  }

  void OnBytes(std::string_view bytes) override;
  void OnEnd() override {
    check_->End({});
    heard_ = true;
    Finish();
  }
  void OnLost(std::string_view why) override;

 private:
  void Advance();
  void Speak();
  void Finish();
  void Later();
  void Drop(net::ByteStream::CloseMode mode);

  Scene& scene_;
  const ClientPlan& plan_;
  event::Random random_;
  ExchangeQueue queue_;
  Script script_;
  std::unique_ptr<End> end_;
  std::unique_ptr<AnswerCheck> check_;
  Exchange* exchange_ = nullptr;  // Under way.
  bool sent_ = false;             // All of our direction.
  bool heard_ = false;            // All of the other.
};

void ClientRaw::Advance() {
  if (exchange_ != nullptr || queue_.empty() || scene_.ending) return;
  exchange_ = &queue_.Take(scene_);
  scene_.journal.Note(StrCat("#", exchange_->id, " sent by TCP: ", exchange_->Describe()));
  end_ =
      std::make_unique<End>(scene_.loop, scene_.blocks,
                            scene_.network.Connect(*net::Address::Parse(kRawListenerAddress), {}),
                            *this, plan_.habits, random_.Next());
  check_ = std::make_unique<AnswerCheck>(scene_, *exchange_);
  check_->BeginRaw();
  sent_ = heard_ = false;
  Speak();
}

void ClientRaw::Speak() {
  Exchange& exchange = *exchange_;
  const BodyPlan& body = exchange.request;
  const std::string bytes = Mark(exchange.id, Direction::kRequest).Bytes(0, body.size);
  end_->Send(TunnelPrefix(exchange));
  for (uint64_t at = 0; at < body.size; at += body.piece) {
    std::string part = bytes.substr(at, body.piece);
    const uint64_t count = part.size();
    end_->Send(std::move(part), body.pace,
               [&exchange, count] { exchange.request_bytes_sent += count; });
  }
  end_->Send("", {}, [this] {
    end_->EndWrites();
    sent_ = true;
    // Not from inside the call that sends.
    if (heard_) script_.Then({}, [this] { Finish(); });
  });
}

void ClientRaw::OnBytes(std::string_view bytes) {
  check_->Body(bytes);
  const bool leaves = exchange_->leave == Leave::kResetsMidAnswer;
  if (!leaves || exchange_->answer_bytes_seen < exchange_->leave_at) return;
  EndExchange(scene_, *exchange_, Outcome::kGone, "the client resets the connection");
  Drop(net::ByteStream::CloseMode::kReset);
  Later();
}

void ClientRaw::OnLost(std::string_view why) {
  if (scene_.ending && !end_->connected() && exchange_->tries == 0) {
    queue_.PutBack(scene_, *exchange_);
  } else {
    EndExchange(scene_, *exchange_, Outcome::kCut, why);
  }
  Drop(net::ByteStream::CloseMode::kNormal);
  Later();
}

void ClientRaw::Finish() {
  if (!sent_ || !heard_ || exchange_ == nullptr) return;
  exchange_->ended_at = scene_.loop.Now();
  Drop(net::ByteStream::CloseMode::kNormal);
  Later();
}

void ClientRaw::Later() {
  const auto longest = static_cast<uint64_t>(plan_.longest_gap.count());
  script_.Then(event::Duration(static_cast<int64_t>(random_.Below(longest))),
               [this] { Advance(); });
}

void ClientRaw::Drop(net::ByteStream::CloseMode mode) {
  exchange_ = nullptr;
  if (end_ == nullptr) return;
  end_->Close(mode);
  scene_.loop.DeferDelete(std::move(end_));
}

}  // namespace

std::unique_ptr<Client> MakeClientRaw(Scene& scene, const ClientPlan& plan, uint64_t seed) {
  return std::make_unique<ClientRaw>(scene, plan, seed);
}

}  // namespace weir::sim
