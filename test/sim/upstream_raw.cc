#include <utility>

#include "source/base/strings.h"
#include "test/sim/upstream.h"

namespace weir::sim {
namespace {

using CloseMode = net::ByteStream::CloseMode;

// A host behind CONNECT or a TCP proxy: a line that says whose bytes follow, and the bytes.
class UpstreamRaw final : public UpstreamProtocol {
 public:
  UpstreamRaw(Scene& scene, const UpstreamPlace& place, End& end)
      : scene_(scene), place_(place), end_(end) {}

  void Receive(std::string_view bytes) override {
    if (check_ == nullptr) {
      line_ += bytes;
      const size_t end = line_.find('\n');
      if (end == std::string::npos) return;
      Begin(line_.substr(0, end));
      bytes = std::string_view(line_).substr(end + 1);
    }
    if (check_ != nullptr && !bytes.empty()) check_->Body(bytes);
  }
  bool PeerEnded() override {
    if (check_ == nullptr) return false;
    check_->End({});
    CloseWhenBothEnded();
    return true;
  }
  void Over(std::string_view why) override {
    if (exchange_ == nullptr) return;
    scene_.journal.Note(StrCat("#", exchange_->id, " ends at its upstream: ", why));
  }

 private:
  void Begin(std::string_view line);
  void Speak();
  void CloseWhenBothEnded() {
    if (sent_all_ && check_->ended()) end_.Close(CloseMode::kNormal);
  }

  Scene& scene_;
  const UpstreamPlace& place_;
  End& end_;
  std::string line_;
  Exchange* exchange_ = nullptr;
  std::unique_ptr<RequestCheck> check_;
  bool sent_all_ = false;
};

void UpstreamRaw::Begin(std::string_view line) {
  exchange_ = scene_.FindExchange(ParseUint64(line.substr(line.find(' ') + 1)).value_or(0));
  if (exchange_ == nullptr) {
    scene_.journal.Fail(StrCat("an upstream got a tunnel that begins with ", line));
    return end_.Close(CloseMode::kReset);
  }
  check_ = std::make_unique<RequestCheck>(scene_, *exchange_, place_.cluster, place_.endpoint);
  check_->Accept();
  Speak();
}

void UpstreamRaw::Speak() {
  Exchange& exchange = *exchange_;
  const bool breaks_off = exchange.MisdeedOnTry(check_->number());
  const uint64_t size = breaks_off ? exchange.misdeed_at : exchange.answer.size;
  const std::string bytes = Mark(exchange.id, Direction::kAnswer).Bytes(0, size);
  const uint64_t piece = exchange.answer.piece == 0 ? size : exchange.answer.piece;
  end_.Send("", exchange.think);
  for (uint64_t at = 0; at < size; at += piece) {
    std::string part = bytes.substr(at, piece);
    const uint64_t count = part.size();
    end_.Send(std::move(part), exchange.answer.pace,
              [&exchange, count] { exchange.answer_bytes_sent += count; });
  }
  end_.Send("", {}, [this, breaks_off] {
    if (breaks_off) return end_.Close(CloseMode::kReset);
    end_.EndWrites();
    sent_all_ = true;
    CloseWhenBothEnded();
  });
}

}  // namespace

std::unique_ptr<UpstreamProtocol> MakeUpstreamRaw(Scene& scene, const UpstreamPlace& place,
                                                  End& end) {
  return std::make_unique<UpstreamRaw>(scene, place, end);
}

}  // namespace weir::sim
